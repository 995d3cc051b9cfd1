import type { Conversation } from './conversation.ts';

/** Older conversations go first; a person who wants to keep one exports it. */
const CONVERSATIONS_MAX = 200;
/** Of one conversation on disk. Beyond, its oldest attachments are let go. */
const CONVERSATION_CHARS_MAX = 2_000_000;

/** Where conversations are kept: one file each, in the extension's own folder for this workspace. */
export interface TranscriptFiles {
  names(): Promise<readonly string[]>;
  /** Undefined where there is no such file. */
  read(name: string): Promise<string | undefined>;
  /** Whole or not at all: writes beside and renames. */
  write(name: string, text: string): Promise<void>;
  remove(name: string): Promise<void>;
}

export interface TranscriptHeading {
  readonly id: string;
  readonly title: string;
  readonly updatedAtMs: number;
  readonly turns: number;
}

/** The format's version; a file of another one is left alone and not listed. */
const FORMAT = 1;

export class TranscriptStore {
  readonly #files: TranscriptFiles;
  /** Read once, then kept: at most CONVERSATIONS_MAX conversations of bounded size. */
  #known: Map<string, Conversation> | undefined;

  constructor(files: TranscriptFiles) {
    this.#files = files;
  }

  /** Newest first; with words, those that hold all of them in their title, questions or answers. */
  async list(words = ''): Promise<readonly TranscriptHeading[]> {
    const wanted = words.toLowerCase().split(/\s+/).filter(Boolean);
    const all = [...(await this.#all()).values()];
    return all
      .filter(
        conversation => conversation.turns.length > 0 && wanted.every(word => textOf(conversation).includes(word)),
      )
      .sort((a, b) => b.updatedAtMs - a.updatedAtMs)
      .map(({ id, title, updatedAtMs, turns }) => ({ id, title, updatedAtMs, turns: turns.length }));
  }

  async get(id: string): Promise<Conversation | undefined> {
    return (await this.#all()).get(id);
  }

  async newest(): Promise<Conversation | undefined> {
    return [...(await this.#all()).values()].sort((a, b) => b.updatedAtMs - a.updatedAtMs)[0];
  }

  async save(conversation: Conversation): Promise<void> {
    const all = await this.#all();
    all.set(conversation.id, conversation);
    await this.#files.write(fileOf(conversation.id), serialize(conversation));
    const surplus = [...all.values()].sort((a, b) => b.updatedAtMs - a.updatedAtMs).slice(CONVERSATIONS_MAX);
    for (const { id } of surplus) await this.remove(id);
  }

  async rename(id: string, title: string): Promise<void> {
    const conversation = await this.get(id);
    if (conversation && title.trim()) await this.save({ ...conversation, title: title.trim() });
  }

  async remove(id: string): Promise<void> {
    (await this.#all()).delete(id);
    await this.#files.remove(fileOf(id));
  }

  async removeAll(): Promise<void> {
    for (const name of await this.#files.names()) await this.#files.remove(name);
    this.#known = new Map();
  }

  async #all(): Promise<Map<string, Conversation>> {
    if (this.#known) return this.#known;
    const known = new Map<string, Conversation>();
    for (const name of await this.#files.names()) {
      const conversation = parse(await this.#files.read(name));
      if (conversation) known.set(conversation.id, conversation);
    }
    this.#known = known;
    return known;
  }
}

function fileOf(id: string): string {
  return `${id.replace(/[^\w-]/g, '')}.json`;
}

function textOf({ title, turns }: Conversation): string {
  const parts = turns.flatMap(turn => [turn.question.text, ...turn.answers.map(answer => answer.text)]);
  return [title, ...parts].join('\n').toLowerCase();
}

function serialize(conversation: Conversation): string {
  // An answer that was under way when the window closed was stopped, as far as anybody can tell later.
  const turns = conversation.turns.map(turn => ({
    ...turn,
    answers: turn.answers.map(answer =>
      answer.state.kind === 'streaming' ? { ...answer, state: { kind: 'stopped' as const } } : answer,
    ),
  }));
  const text = JSON.stringify({ format: FORMAT, conversation: { ...conversation, turns } });
  if (text.length <= CONVERSATION_CHARS_MAX) return text;
  const bare = turns.map(turn => ({ ...turn, question: { ...turn.question, attachments: [] } }));
  return JSON.stringify({ format: FORMAT, conversation: { ...conversation, turns: bare } });
}

/** A file that is damaged or of another format is not a conversation; it is left where it is. */
function parse(text: string | undefined): Conversation | undefined {
  if (text === undefined) return undefined;
  try {
    const { format, conversation } = JSON.parse(text) as { format: unknown; conversation: Conversation };
    const isWhole = format === FORMAT && typeof conversation.id === 'string' && Array.isArray(conversation.turns);
    return isWhole ? conversation : undefined;
  } catch {
    return undefined;
  }
}
