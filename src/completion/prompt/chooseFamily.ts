import type { FimMarkers, ModelFacts } from '../../backends/backend.ts';
import { FAMILIES, type FimFamily, familyOfMarkers, WITHOUT_FIM } from './families.ts';

/** How a model is asked to fill in the middle: by our own prompt, by the server's means, or not at all. */
export type FimChoice =
  | { readonly kind: 'family'; readonly family: FimFamily }
  | { readonly kind: 'server' }
  | { readonly kind: 'none' };

/**
 * Evidence in the order of its worth: the markers in the model's own vocabulary, told apart by architecture and by the
 * names in its metadata where families share them; those names alone; the served name, if it begins with a family's name.
 * A name that merely contains one is no evidence: users call models what they like.
 */
export function chooseFamily(facts: ModelFacts): FimChoice {
  const names = namesOf(facts);
  if (names.some(name => WITHOUT_FIM.some(pattern => pattern.test(name)))) return { kind: 'none' };
  const named = FAMILIES.find(family => family.names.some(pattern => names.some(name => pattern.test(name))));
  if (facts.fimMarkers) return { kind: 'family', family: byMarkers(facts.fimMarkers, facts.architecture, named) };
  if (named) return { kind: 'family', family: named };
  return facts.capabilities.serverFim ? { kind: 'server' } : { kind: 'none' };
}

function byMarkers(markers: FimMarkers, architecture: string | undefined, named: FimFamily | undefined): FimFamily {
  const same = FAMILIES.filter(family => hasMarkers(family, markers));
  if (named && same.includes(named)) return named;
  const ofArchitecture = same.find(family => architecture !== undefined && family.architectures.includes(architecture));
  // With the markers alone the order is not known; the rows that share markers with others are all prefix-first but one.
  return ofArchitecture ?? (same.length === 1 && same[0] ? same[0] : familyOfMarkers(markers));
}

/** Vocabularies write a leading space as U+2581 and a family's row may hold spaces that belong to its format. */
function hasMarkers(family: FimFamily, markers: FimMarkers): boolean {
  const bare = (text: string) => text.replace(/^[\u2581\s]+/, '').trim();
  return (
    bare(family.markers.prefix) === bare(markers.prefix) &&
    bare(family.markers.suffix) === bare(markers.suffix) &&
    bare(family.markers.middle) === bare(markers.middle ?? '')
  );
}

/** Without the folder of a path or repository, the file's ending and the tag: "Qwen/Qwen2.5-Coder-1.5B" and the like. */
function namesOf(facts: ModelFacts): readonly string[] {
  return [...facts.aliases, facts.name].map(name =>
    name
      .toLowerCase()
      .replace(/\.gguf$/, '')
      .replace(/^.*[/\\]/, '')
      .replace(/[\s:]+/g, '-'),
  );
}
