import type { PromptPart } from '../../metering/promptRecording.ts';
import type { ContextPart, ContextSnapshot } from '../context/contextSource.ts';
import type { PromptPlan } from './promptPlanner.ts';

const SECTIONS = {
  prefix: {
    label: 'before the cursor',
    why: 'The text up to the anchor: it stays the same while you type, so the server has it cached.',
  },
  suffix: { label: 'after the cursor', why: 'The answer must lead to this.' },
  middle: { label: 'typed since', why: 'Typed since the anchor; the answer goes on from here.' },
  context: { label: 'context', why: 'Names the repository or a file, as this family of models expects.' },
} as const;

const CONTEXT_REASONS: Record<ContextPart['kind'], string> = {
  neighbour: 'Resembles the text around the cursor.',
  recentEdit: 'You changed this a moment ago.',
  recentlyViewed: 'You looked at this a moment ago.',
  definition: 'Defines a name that is used around the cursor.',
  outline: 'What this file declares elsewhere.',
  diagnostic: 'A problem that is reported here.',
  notebookCell: 'Another cell of this notebook.',
};

/**
 * Cuts a prompt at its markers. Text from files cannot hold one (invariant 17), so each that is found is a real one, and
 * says what follows it.
 */
export function planParts(
  { prompt, markers }: PromptPlan,
  context: ContextSnapshot | undefined,
): readonly PromptPart[] {
  if (prompt.kind !== 'raw') return [];
  const [prefix = '', suffix = '', middle = ''] = markers;
  const sections = new Map<string, keyof typeof SECTIONS>([
    [prefix, 'prefix'],
    [suffix, 'suffix'],
    [middle, 'middle'],
  ]);
  const parts: PromptPart[] = [];
  let section: keyof typeof SECTIONS = 'context';
  for (const piece of cut(prompt.text + (prompt.typedStart ?? ''), markers)) {
    if (markers.includes(piece)) {
      section = sections.get(piece) ?? 'context';
      parts.push({ kind: 'marker', label: 'marker', text: piece, why: 'Tells the model what follows.' });
    } else {
      parts.push(...partsOfPiece(piece, section, context));
    }
  }
  return parts;
}

function cut(text: string, markers: readonly string[]): readonly string[] {
  const escaped = markers.map(marker => marker.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return text.split(new RegExp(`(${escaped.join('|')})`)).filter(piece => piece !== '');
}

function partsOfPiece(
  text: string,
  section: keyof typeof SECTIONS,
  context: ContextSnapshot | undefined,
): readonly PromptPart[] {
  const source = section === 'context' ? context?.parts.find(part => text.includes(part.text.trimEnd())) : undefined;
  if (source) return [{ kind: 'context', label: source.path, text, why: CONTEXT_REASONS[source.kind] }];
  return [{ kind: section, text, ...SECTIONS[section] }];
}
