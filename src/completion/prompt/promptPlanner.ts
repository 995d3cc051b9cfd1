import type { FimPrompt, RawPrompt } from '../../backends/backend.ts';
import { neutralise } from '../../base/neutralise.ts';
import type { Candidate } from '../../routing/endpoint.ts';
import type { ContextSnapshot } from '../context/contextSource.ts';
import type { CursorSnapshot } from '../snapshot.ts';
import { chooseFamily } from './chooseFamily.ts';
import { type ContextText, contextText } from './contextText.ts';
import { EchoWatch } from './echoWatch.ts';
import { type FimFamily, markersOf } from './families.ts';
import { type WindowStart, windowOf } from './promptWindow.ts';
import { TokenCalibrator } from './tokenCalibrator.ts';

export interface PromptWish {
  readonly snapshot: CursorSnapshot;
  readonly candidate: Candidate;
  readonly context: ContextSnapshot | undefined;
  readonly maxPromptTokens: number;
  readonly maxAnswerTokens: number;
  /** Put behind the cursor by force; the answer goes on from there. */
  readonly forced: string;
}

export interface PromptPlan {
  readonly modelKey: string;
  readonly prompt: RawPrompt | FimPrompt;
  readonly promptChars: number;
  readonly markers: readonly string[];
  readonly plannedReuseTokens: number;
  readonly plannedNewTokens: number;
  /** What stands behind the middle marker: typed since the anchor, or forced. */
  readonly middle: string;
}

/** A server that does not say how much it can take is not trusted with more. */
const DEFAULT_CONTEXT_TOKENS = 2048;
/** For markers and for what the estimate of tokens is off by. */
const RESERVE_TOKENS = 64;
/** Shares of the prompt's room. What context does not use goes to the prefix only at the next window. */
const SUFFIX_SHARE = 0.2;
const CONTEXT_SHARE = 0.3;
/** Read once an anchor (see below), so a prefix-first family need not be starved of what stands below. */
const MAX_SUFFIX_TOKENS = 512;
/** Beyond this the middle is long enough to pay for reading the suffix again in its proper place. */
const MAX_MIDDLE_CHARS = 2400;
const MAX_EPISODES = 8;
const MAX_MODELS = 4;

/** How many prompts an episode sends at least before newer context is worth having the server read everything again. */
const PROMPTS_PER_CONTEXT = 40;

/** A stretch of work at one place of one file, during which everything before the cursor's anchor stays byte for byte. */
interface Episode {
  readonly start: WindowStart;
  readonly context: ContextText;
  readonly contextVersion: number | undefined;
  /** The files that the context is made from. */
  readonly contextPaths: readonly string[];
  /** Prompts sent with this context. */
  readonly prompts: number;
  /** The window's text up to where the middle began. */
  readonly anchor: string;
  readonly suffix: string;
}

/**
 * Plans prompts so that the server finds most of each one in its cache, which holds for an exact beginning only.
 *
 * The middle is anchored: what was typed since the anchor stands behind the middle marker, as the beginning of the answer
 * that the model goes on with. The usual way, a prefix that grows, would put each new character in front of the suffix and
 * have the whole suffix read again at every keystroke; so anchored, a keystroke costs its own tokens alone, and text that
 * the model itself wrote and the user took is in the cache where it stands.
 */
export class PromptPlanner {
  readonly #episodes = new Map<string, Episode>();
  /** What each model's server was sent last, with its answer: the most that its cache can hold of ours. */
  readonly #lastSent = new Map<string, string>();
  readonly calibrator = new TokenCalibrator();
  readonly #echo = new EchoWatch();

  /** Undefined: the model cannot fill in the middle, neither by our markers nor by its server. */
  plan(wish: PromptWish): PromptPlan | undefined {
    const choice = chooseFamily(wish.candidate.model);
    const modelKey = modelKeyOf(wish.candidate);
    if (choice.kind === 'none') return undefined;
    const charsPerToken = this.calibrator.charsPerToken(modelKey);
    const roomChars = Math.max(256, promptTokens(wish) * charsPerToken);
    if (choice.kind === 'server') return serverPlan(wish, modelKey, roomChars);
    const { text: whole, middle } = this.#anchoredPrompt(wish, choice.family, roomChars);
    const typedStart = wish.candidate.model.capabilities.healsWords ? wordAtEnd(middle) : '';
    const text = whole.slice(0, whole.length - typedStart.length);
    const reusedChars = sharedLength(this.#lastSent.get(modelKey) ?? '', text);
    return {
      modelKey,
      prompt: { kind: 'raw', text, plannedReuseChars: reusedChars, ...(typedStart && { typedStart }) },
      promptChars: text.length,
      markers: markersOf(choice.family),
      plannedReuseTokens: Math.floor(reusedChars / charsPerToken),
      plannedNewTokens: Math.ceil((text.length - reusedChars) / charsPerToken),
      middle,
    };
  }

  /** The files that prompts about a document are made from besides itself: context is kept longer than it is given. */
  pathsHeldFor(uri: string): readonly string[] {
    return [...this.#episodes].flatMap(([key, { contextPaths }]) => (key.startsWith(`${uri}\n`) ? contextPaths : []));
  }

  /** Tells what became of a plan that was sent; `answer` as far as it came. */
  sent(plan: PromptPlan, answer: string, inputTokens: number | undefined): void {
    this.calibrator.learn(plan.modelKey, plan.promptChars, inputTokens);
    if (plan.prompt.kind !== 'raw') return;
    const text = plan.prompt.text + (plan.prompt.typedStart ?? '');
    const beforeMiddle = text.slice(0, text.length - plan.middle.length);
    this.#echo.note(plan.modelKey, { beforeMiddle, middle: plan.middle, answer });
    keepLatest(this.#lastSent, plan.modelKey, text + answer, MAX_MODELS);
  }

  #anchoredPrompt(wish: PromptWish, family: FimFamily, roomChars: number): { text: string; middle: string } {
    const { snapshot, context } = wish;
    const modelKey = modelKeyOf(wish.candidate);
    const key = `${snapshot.uri}\n${modelKey}`;
    const held = this.#episodes.get(key);
    const contextRoom = context && context.parts.length > 0 ? roomChars * CONTEXT_SHARE : 0;
    const suffixRoom = Math.min(roomChars * SUFFIX_SHARE, MAX_SUFFIX_TOKENS * 4);
    const window = windowOf(snapshot, roomChars - contextRoom - suffixRoom, held?.start);
    const same = held && sameWindow(held.start, window.start) ? held : undefined;
    const typed =
      same && !this.#echo.repeatsMiddle(modelKey) ? typedSince(same, window.text, snapshot.suffix) : undefined;
    const keeps = same && (typed !== undefined || !this.#isContextWorthwhile(same, context, modelKey));
    const word = wish.candidate.model.capabilities.healsWords ? wordAtEnd(window.text) : '';
    const fresh = window.text.slice(0, window.text.length - word.length);
    const episode: Episode = {
      start: window.start,
      context: keeps ? same.context : contextText(context, snapshot, family, contextRoom),
      contextVersion: keeps ? same.contextVersion : context?.version,
      contextPaths: keeps ? same.contextPaths : (context?.parts ?? []).map(part => part.path),
      prompts: keeps ? same.prompts + 1 : 1,
      anchor: typed !== undefined && same ? same.anchor : fresh,
      suffix: typed !== undefined && same ? same.suffix : suffixOf(snapshot.suffix, suffixRoom),
    };
    keepLatest(this.#episodes, key, episode, MAX_EPISODES);
    const middle = neutralise((typed ?? word) + wish.forced, markersOf(family));
    return { text: render(episode, family) + middle, middle };
  }

  /** Newer context changes the head of the prompt: for nothing where the server holds another file's prompt anyway. */
  #isContextWorthwhile(held: Episode, context: ContextSnapshot | undefined, modelKey: string): boolean {
    if (context === undefined || context.version === held.contextVersion) return false;
    const lastSent = this.#lastSent.get(modelKey) ?? '';
    return held.prompts >= PROMPTS_PER_CONTEXT || !lastSent.includes(held.anchor.slice(0, 200));
  }
}

export function modelKeyOf({ endpoint, model }: Candidate): string {
  return `${endpoint.name}/${model.name}`;
}

function promptTokens({ candidate, maxPromptTokens, maxAnswerTokens }: PromptWish): number {
  const window = candidate.model.contextTokens ?? DEFAULT_CONTEXT_TOKENS;
  return Math.min(maxPromptTokens, window - maxAnswerTokens - RESERVE_TOKENS);
}

/** Everything before the middle. */
function render({ context, anchor, suffix }: Episode, family: FimFamily): string {
  const { prefix, suffix: suffixMarker, middle: middleMarker } = family.markers;
  const markers = markersOf(family);
  const before = `${prefix}${context.inside}${neutralise(anchor, markers)}`;
  const after = `${suffixMarker}${neutralise(suffix, markers)}`;
  const ordered = family.order === 'prefixFirst' ? before + after : after + before;
  return `${context.outside}${ordered}${middleMarker}`;
}

/** A word in the making, of letters that every vocabulary can spell one by one. */
const WORD_AT_END = /(?<![\p{L}\p{N}_$])[A-Za-z_$][\w$]{0,63}$/u;

function wordAtEnd(text: string): string {
  return WORD_AT_END.exec(text.slice(-LONGEST_WORD_CHARS))?.[0] ?? '';
}

/** One more than a word may have, so that a longer one is seen to be longer. */
const LONGEST_WORD_CHARS = 65;

/** What was typed since the anchor; undefined where the anchor no longer fits. */
function typedSince(held: Episode, windowText: string, suffix: string): string | undefined {
  if (!windowText.startsWith(held.anchor) || !continuesSuffix(held.suffix, suffix)) return undefined;
  const middle = windowText.slice(held.anchor.length);
  return middle.length <= MAX_MIDDLE_CHARS ? middle : undefined;
}

const COMPARED_SUFFIX_CHARS = 400;

/** The editor's own closing brackets come and go on the cursor's line; the text below must be the same. */
function continuesSuffix(held: string, now: string): boolean {
  const compared = Math.min(held.length, COMPARED_SUFFIX_CHARS);
  if (held.slice(0, compared) === now.slice(0, compared) && (compared > 0 || now === '')) return true;
  const closers = /^[)\]}>"'`;]+/.exec(now)?.[0].length ?? 0;
  for (let cut = 1; cut <= closers; cut++) {
    const rest = now.slice(cut);
    if (held === '' ? rest.trim() === '' : rest.startsWith(held.slice(0, compared))) return true;
  }
  return false;
}

function suffixOf(suffix: string, roomChars: number): string {
  if (suffix.length <= roomChars) return suffix;
  const cut = suffix.lastIndexOf('\n', roomChars);
  return suffix.slice(0, cut > 0 ? cut : roomChars);
}

/** For models that we know no markers of, on servers that place a suffix themselves. */
function serverPlan({ snapshot, context, forced }: PromptWish, modelKey: string, roomChars: number): PromptPlan {
  const safe = (text: string) => neutralise(text, []);
  const suffix = suffixOf(snapshot.suffix, roomChars * SUFFIX_SHARE);
  const { text } = windowOf(snapshot, roomChars - suffix.length, undefined);
  const extra = (context?.parts ?? []).map(part => ({ path: safe(part.path), text: safe(part.text) }));
  const prompt: FimPrompt = { kind: 'fim', prefix: safe(text) + forced, suffix: safe(suffix), extra };
  const promptChars = prompt.prefix.length + prompt.suffix.length;
  return {
    modelKey,
    prompt,
    promptChars,
    markers: [],
    plannedReuseTokens: 0,
    plannedNewTokens: promptChars / 4,
    middle: '',
  };
}

function sameWindow(a: WindowStart, b: WindowStart): boolean {
  return a.line === b.line && a.column === b.column;
}

function sharedLength(left: string, right: string): number {
  const most = Math.min(left.length, right.length);
  let shared = 0;
  while (shared < most && left[shared] === right[shared]) shared++;
  return shared;
}

function keepLatest<V>(map: Map<string, V>, key: string, value: V, max: number): void {
  map.delete(key);
  map.set(key, value);
  const [oldest] = map.keys();
  if (map.size > max && oldest !== undefined) map.delete(oldest);
}
