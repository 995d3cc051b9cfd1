// Places in real code at which the embedded engine is asked: cursors at the beginning of a line, and in the middle of a word.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { tinyFimPrompt } from '../support/tinyPrompts.ts';
import type { Random } from './seededRandom.ts';

const FOLDER = join(import.meta.dirname, '../fixtures/typing');
const BEFORE_CHARS = 1_500;
const AFTER_CHARS = 400;
const TRUTH_CHARS = 400;
/** A word must have letters on both sides of the cursor to be a word in the making. */
const WORD = /[A-Za-z_]\w{4,}/g;

export interface CodePlace {
  readonly prompt: string;
  readonly before: string;
  /** What really comes. */
  readonly truth: string;
  /** The prompt after `inserted` was typed at the cursor. */
  fim(inserted: string): string;
}

export interface WordPlace {
  readonly typed: string;
  /** The rest of the word, and of the line with it. */
  readonly word: string;
  readonly line: string;
  fim(inserted: string): string;
}

export function codePlaces(count: number, random: Random): CodePlace[] {
  const texts = allTexts();
  return Array.from({ length: count }, (_, index) => {
    const text = texts[index % texts.length] ?? '';
    const from = text.indexOf('\n', Math.floor((0.1 + 0.7 * random()) * text.length)) + 1;
    return placeAt(text, from, from + TRUTH_CHARS);
  });
}

export function wordPlaces(count: number, random: Random): WordPlace[] {
  const texts = allTexts();
  return Array.from({ length: count }, (_, index) => {
    const text = texts[index % texts.length] ?? '';
    const words = [...text.matchAll(WORD)];
    const match = words[Math.floor((0.1 + 0.8 * random()) * words.length)];
    const start = match?.index ?? 0;
    const whole = match?.[0] ?? '';
    const typed = whole.slice(0, 2 + Math.floor(random() * (whole.length - 3)));
    const lineEnd = text.indexOf('\n', start);
    const { fim } = placeAt(text, start, lineEnd);
    return { typed, word: whole.slice(typed.length), line: text.slice(start + typed.length, lineEnd), fim };
  });
}

function placeAt(text: string, from: number, to: number): CodePlace {
  const before = text.slice(Math.max(0, from - BEFORE_CHARS), from);
  const after = text.slice(to, to + AFTER_CHARS);
  const fim = (inserted: string) => tinyFimPrompt(`${before}${inserted}‸${after}`);
  return { prompt: fim(''), before, truth: text.slice(from, to), fim };
}

function allTexts(): string[] {
  return ['practice', 'heldOut'].flatMap(set =>
    readdirSync(join(FOLDER, set)).map(name => readFileSync(join(FOLDER, set, name), 'utf8')),
  );
}
