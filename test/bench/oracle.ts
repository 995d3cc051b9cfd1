import { hashFraction } from './seededRandom.ts';
import { tokenize } from './tokenizer.ts';

/** A text that somebody types: what stands before and below the typed region, and the region itself. */
export interface TargetDocument {
  readonly name: string;
  readonly text: string;
  readonly regionStart: number;
  /** Equal to the text's length when nothing stands below. */
  readonly regionEnd: number;
}

export interface OracleSettings {
  readonly seed: string;
  readonly wrongShare: number;
  /** Share of right answers that end with the line although the block goes on. */
  readonly tooShortShare: number;
  /** Chance, at each further line of a right answer, that it leaves the right path there. */
  readonly driftPerLine: number;
  /** Share of answers that do not stop where the block is complete. */
  readonly runsOnShare: number;
}

export const DEFAULT_ORACLE: OracleSettings = {
  seed: 'minnow',
  wrongShare: 0.35,
  tooShortShare: 0.1,
  driftPerLine: 0.15,
  runsOnShare: 0.3,
};

export interface OracleAnswer {
  readonly text: string;
  /** Where in which document the prompt's cursor is; undefined where no document has such a text. */
  readonly place: { readonly document: string; readonly offset: number } | undefined;
  readonly right: boolean;
  /** What the model thinks of its own answer, as the mean log-probability of its tokens. */
  readonly meanLogprob: number;
}

/** Longer than any client asks for. */
const MAX_ANSWER_CHARS = 2000;
/** What a prompt must hold for the full share of right answers; see `wrongShareFor`. */
const ENOUGH_PREFIX_CHARS = 800;
const ENOUGH_SUFFIX_CHARS = 200;
const STARVED_WRONG_SHARE = 0.7;
const TAIL_CHARS = [400, 200, 100, 50, 24];

export interface Oracle {
  answer(prompt: string): OracleAnswer;
}

/**
 * Plays the model: finds the cursor of the prompt in one of the documents and answers with what really comes there, or,
 * at a set share of positions, with something else. Right or wrong depends on the position alone.
 */
export function createOracle(documents: readonly TargetDocument[], settings: OracleSettings = DEFAULT_ORACLE): Oracle {
  return {
    answer(prompt) {
      const { prefix, suffix } = readPrompt(prompt);
      const found = locate(documents, prefix);
      if (!found) return { text: babble(prompt, settings), place: undefined, right: false, meanLogprob: -0.3 };
      const { document, offset } = found;
      const luck = (what: string) => hashFraction(settings.seed, document.name, offset, what);
      const wrongShare = wrongShareFor(document, offset, { prefix, suffix }, settings.wrongShare);
      const right = luck('right') >= wrongShare;
      const text = right
        ? rightAnswer(document, offset, { luck, settings, knowsBelow: suffix.trim() !== '' })
        : wrongAnswer(document, offset, luck);
      const place = { document: document.name, offset };
      return { text: text.slice(0, MAX_ANSWER_CHARS), place, right, meanLogprob: meanLogprobOf(right, luck) };
    },
  };
}

const MARKER = /<\|(fim_prefix|fim_suffix|fim_middle|file_sep|repo_name|endoftext|fim_pad)\|>/g;

/**
 * Takes a prompt in Qwen2.5-Coder's notation apart, whichever order it has. Text after the middle marker is the beginning
 * of the middle, so it continues the prefix. Without markers the whole prompt is the prefix.
 */
export function readPrompt(prompt: string): { prefix: string; suffix: string } {
  const parts = { fim_prefix: '', fim_suffix: '', fim_middle: '' };
  const marks = [...prompt.matchAll(MARKER)];
  if (!marks.some(mark => mark[1] === 'fim_middle')) return { prefix: prompt, suffix: '' };
  for (const [index, mark] of marks.entries()) {
    const name = mark[1] ?? '';
    if (!(name in parts)) continue;
    const from = mark.index + mark[0].length;
    parts[name as keyof typeof parts] = prompt.slice(from, marks[index + 1]?.index ?? prompt.length);
  }
  return { prefix: parts.fim_prefix + parts.fim_middle, suffix: parts.fim_suffix };
}

/** Where the prompt's cursor is. */
export function placeOf(documents: readonly TargetDocument[], prompt: string): OracleAnswer['place'] {
  const found = locate(documents, readPrompt(prompt).prefix);
  return found && { document: found.document.name, offset: found.offset };
}

function locate(documents: readonly TargetDocument[], prefix: string) {
  for (const chars of TAIL_CHARS) {
    const tail = prefix.slice(-chars);
    if (tail.trim() === '') return undefined;
    for (const document of documents) {
      const inRegion = document.text.lastIndexOf(tail, document.regionEnd - tail.length);
      if (inRegion >= 0) return { document, offset: inRegion + tail.length };
    }
    if (prefix.length <= chars && chars <= 24) return undefined;
  }
  return undefined;
}

/**
 * A client that sends next to no context would get its answers for nothing here, as it would not from a model. So the
 * share of wrong answers rises where a prompt holds less than about 20 lines above or 5 below, though more exist.
 */
function wrongShareFor(
  document: TargetDocument,
  offset: number,
  given: { prefix: string; suffix: string },
  wrongShare: number,
): number {
  const belowChars = document.text.length - document.regionEnd;
  const lackAbove = 1 - given.prefix.length / Math.max(1, Math.min(ENOUGH_PREFIX_CHARS, offset));
  const lackBelow = belowChars > 0 ? 1 - given.suffix.length / Math.min(ENOUGH_SUFFIX_CHARS, belowChars) : 0;
  const lack = Math.min(1, Math.max(0, lackAbove, lackBelow));
  return wrongShare + (STARVED_WRONG_SHARE - wrongShare) * lack;
}

interface Luck {
  readonly luck: (what: string) => number;
  readonly settings: OracleSettings;
  readonly knowsBelow: boolean;
}

function rightAnswer(document: TargetDocument, offset: number, { luck, settings, knowsBelow }: Luck): string {
  const end = knowsBelow || document.regionEnd === document.text.length ? document.regionEnd : document.text.length;
  const truth = document.text.slice(offset, end);
  const firstLineEnd = endOfFirstLine(truth);
  if (luck('tooShort') < settings.tooShortShare) return truth.slice(0, firstLineEnd);
  let at = firstLineEnd;
  for (let line = 1; at < truth.length && at < MAX_ANSWER_CHARS; line++) {
    if (luck(`drift${line}`) < settings.driftPerLine) {
      const indent = /^\s*/.exec(truth.slice(at))?.[0] ?? '\n';
      return truth.slice(0, at) + indent + otherLines(document, offset + at + indent.length, luck);
    }
    const next = truth.indexOf('\n', at + 1);
    at = next < 0 ? truth.length : next;
  }
  if (luck('runsOn') >= settings.runsOnShare) return truth;
  // Small models that miss the end repeat what stands below, or go round in what they have just written.
  const below = document.text.slice(document.regionEnd);
  return truth + (below || `\n${document.text.slice(document.regionStart, offset)}`);
}

/**
 * A model is surer of right lines than of wrong ones, but not by much: a small model on 837 places separated them with an
 * area under the ROC curve of 0.74 (confidence.ts). Log-normal with the medians and spreads found there.
 */
function meanLogprobOf(right: boolean, luck: (what: string) => number): number {
  const { median, sigma } = right ? { median: 0.048, sigma: 1.4 } : { median: 0.146, sigma: 1.2 };
  const radius = Math.sqrt(-2 * Math.log(1 - luck('sure')));
  return -median * Math.exp(sigma * radius * Math.cos(2 * Math.PI * luck('surely')));
}

function wrongAnswer(document: TargetDocument, offset: number, luck: (what: string) => number): string {
  const truth = document.text.slice(offset);
  const line = truth.slice(0, endOfFirstLine(truth));
  const lead = /^\s*/.exec(line)?.[0] ?? '';
  const pieces = tokenize(line.slice(lead.length));
  // Half of the wrong answers begin rightly; none gets the whole line right.
  const wanted = luck('deviates') < 0.5 ? 0 : luck('deviates') < 0.75 ? 1 : 2;
  const rightPieces = Math.max(0, Math.min(wanted, pieces.length - 1));
  const kept = lead + pieces.slice(0, rightPieces).join('');
  return kept + otherLines(document, offset + kept.length, luck);
}

/** Lines from elsewhere in the document, never beginning as the truth goes on at `offset`. */
function otherLines(document: TargetDocument, offset: number, luck: (what: string) => number): string {
  const lines = document.text.split('\n').filter(line => line.trim().length > 8);
  const start = Math.floor(luck('other') * lines.length);
  const count = 1 + Math.floor(luck('otherCount') * 5);
  const trueNext = document.text.slice(offset).trimStart()[0];
  const turned = [...lines.slice(start), ...lines.slice(0, start)];
  const first = turned.findIndex(line => line.trimStart()[0] !== trueNext);
  if (first < 0) return ' ~~~';
  return [turned[first]?.trimStart(), ...turned.slice(first + 1, first + count)].join('\n');
}

function babble(prompt: string, settings: OracleSettings): string {
  return hashFraction(settings.seed, prompt.slice(-40)) < 0.5 ? '' : 'value = value + 1\nreturn value';
}

/** The first line that holds anything: at the end of a line the answer begins with the line break. */
export function endOfFirstLine(text: string): number {
  const lead = /^\s*/.exec(text)?.[0].length ?? 0;
  const end = text.indexOf('\n', lead);
  return end < 0 ? text.length : end;
}
