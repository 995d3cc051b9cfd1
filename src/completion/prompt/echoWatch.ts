/** Shorter beginnings are alike by chance. */
const MIN_ECHO_CHARS = 8;
const COMPARED_ANSWER_CHARS = 16;
/** So much in a row, and a server counts as one that does not read what stands behind the middle marker. */
const ENOUGH_EVIDENCE = 8;
/** A model that is out of its depth says the same thing again too; saying what was just typed is worse. */
const BEGINS_WEIGHT = 4;
const MAX_MODELS = 16;

export interface AnchoredAnswer {
  readonly beforeMiddle: string;
  readonly middle: string;
  readonly answer: string;
}

/**
 * Watches whether answers really go on from the text behind the middle marker. A proxy that takes a prompt apart and puts
 * it together anew may drop that text; the answer then begins with it once more, or is the same whatever was typed.
 */
export class EchoWatch {
  readonly #evidence = new Map<string, number>();
  readonly #last = new Map<string, AnchoredAnswer>();

  /** The model's server is not to be given a beginning of the middle. */
  repeatsMiddle(modelKey: string): boolean {
    return (this.#evidence.get(modelKey) ?? 0) >= ENOUGH_EVIDENCE;
  }

  note(modelKey: string, now: AnchoredAnswer): void {
    const last = this.#last.get(modelKey);
    this.#keep(this.#last, modelKey, now);
    if (now.middle === '' || now.answer === '' || this.repeatsMiddle(modelKey)) return;
    const before = this.#evidence.get(modelKey) ?? 0;
    if (beginsWithMiddle(now)) this.#keep(this.#evidence, modelKey, before + BEGINS_WEIGHT);
    else if (last && isSameAnswer(last, now)) this.#keep(this.#evidence, modelKey, before + 1);
    else this.#keep(this.#evidence, modelKey, 0);
  }

  #keep<V>(map: Map<string, V>, key: string, value: V): void {
    map.delete(key);
    map.set(key, value);
    const [oldest] = map.keys();
    if (map.size > MAX_MODELS && oldest !== undefined) map.delete(oldest);
  }
}

function beginsWithMiddle({ middle, answer }: AnchoredAnswer): boolean {
  const begins = answer.startsWith(middle.slice(0, answer.length));
  return begins && Math.min(middle.trim().length, answer.trim().length) >= MIN_ECHO_CHARS;
}

/** More was typed since, and the answer is as if it had not been. Indentation is the same in many places. */
function isSameAnswer(last: AnchoredAnswer, now: AnchoredAnswer): boolean {
  const said = now.answer.trimStart().slice(0, COMPARED_ANSWER_CHARS);
  return (
    now.beforeMiddle === last.beforeMiddle &&
    now.middle.length > last.middle.length &&
    said.length === COMPARED_ANSWER_CHARS &&
    last.answer.trimStart().startsWith(said)
  );
}
