import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RequestRecord } from '../../src/metering/requestRecord.ts';
import { startServer } from '../editor/server.ts';
import { type EditorWindow, openWindow } from '../editor/window.ts';
import { OUT, REPOSITORY } from '../setup/paths.ts';
import {
  describeOutcomes,
  packageRecordsExtension,
  RECORDS_FILE_VARIABLE,
  readRecords,
  requestOfLastShown,
} from './records.ts';
import { describeSuggestion } from './suggestionText.ts';

const TOUR = join(OUT, 'tour');

/** Something that a person would type at the end of a file. */
interface Stop {
  readonly file: string;
  readonly typed: string;
}

const STOPS: readonly Stop[] = [
  {
    file: 'src/cart.ts',
    typed: '\n/** Returns the total price of all items. */\nexport function totalPrice(items: CartItem[]): number {\n',
  },
  {
    file: 'src/users.ts',
    typed:
      '\n/** Finds the user with the given id. */\nexport function findUserById(users: User[], id: number): User | undefined {\n',
  },
  {
    file: 'python/inventory.py',
    typed: '\n\ndef total_price(products):\n"""Return the total price of the products."""\n',
  },
];

/** What is done with a suggestion: with the first the first, and so on. */
const ACTIONS = [
  { key: 'Tab', outcome: 'accepted' },
  { key: 'Control+ArrowRight', outcome: 'acceptedPartly' },
] as const;

/** The tour types what a person would see at the end, so the editor adds no closing quotes or comments. */
const STEADY_SETTINGS = { 'editor.autoClosingComments': 'never', 'editor.autoClosingQuotes': 'never' };

const RECORD_LIMIT_MS = 10_000;

export interface TourSuggestion extends Pick<RequestRecord, 'spans' | 'usage' | 'costMicroUsd' | 'costSource'> {
  readonly text: string;
  readonly at: string;
  readonly outcome: (typeof ACTIONS)[number]['outcome'];
}

/**
 * Drives the editor as a person would, and leaves pictures and report.json under out/tour. A model may have nothing to say at
 * one place; it throws when fewer suggestions came than there are ways to take one.
 */
export async function takeTour(vsix: string, folder: string): Promise<void> {
  rmSync(TOUR, { recursive: true, force: true });
  mkdirSync(TOUR, { recursive: true });
  const recordsFile = join(folder, '..', `${process.pid}-minnow-records.json`);
  process.once('exit', () => rmSync(recordsFile, { force: true }));
  const server = await startServer({
    vsix: [vsix, await packageRecordsExtension()],
    settings: STEADY_SETTINGS,
    env: { [RECORDS_FILE_VARIABLE]: recordsFile },
  });
  try {
    const window = await openWindow(server, { folder });
    try {
      await window.waitUntilActivated();
      const suggestions = await visitAll(window, recordsFile);
      await showHoverCard(window);
      report(suggestions, recordsFile);
    } finally {
      await window.close();
    }
  } finally {
    await server.stop();
  }
}

async function visitAll(window: EditorWindow, recordsFile: string): Promise<TourSuggestion[]> {
  const suggestions: TourSuggestion[] = [];
  for (const stop of STOPS) {
    const picture = join(TOUR, `${STOPS.indexOf(stop) + 1}`);
    const text = await typeAndWait(window, stop);
    await window.screenshot(`${picture}a-${text === undefined ? 'nothing-shown' : 'shown'}.png`);
    if (text === undefined) {
      console.log(`\nno suggestion in ${stop.file}\n${describeOutcomes(readRecords(recordsFile))}`);
      continue;
    }
    const { spans, usage, costMicroUsd, costSource } = await requestOf(recordsFile);
    const { key, outcome } = ACTIONS[suggestions.length % ACTIONS.length] ?? ACTIONS[0];
    await window.press(key);
    await window.waitForGhostText(shown => shown !== text);
    await window.screenshot(`${picture}b-${outcome}.png`);
    const suggestion = { text, at: stop.file, spans, usage, costMicroUsd, costSource, outcome };
    suggestions.push(suggestion);
    console.log(describeSuggestion(suggestion, suggestions.length));
  }
  if (suggestions.length < ACTIONS.length) throw new Error(`only ${suggestions.length} suggestions were shown`);
  return suggestions;
}

async function typeAndWait(window: EditorWindow, { file, typed }: Stop): Promise<string | undefined> {
  await window.openFile(file);
  await window.press('Control+End');
  await window.type(typed);
  return window.waitForGhostText().catch(() => undefined);
}

/** The request behind what is shown. Its record is whole only at its end, which may come after the first line is shown. */
async function requestOf(recordsFile: string): Promise<RequestRecord> {
  const deadline = performance.now() + RECORD_LIMIT_MS;
  for (;;) {
    const records = readRecords(recordsFile);
    const request = records && requestOfLastShown(records);
    if (request) return request;
    if (performance.now() > deadline)
      throw new Error('ghost text is shown, but the meter has no record of its request');
    await sleep(50);
  }
}

async function showHoverCard(window: EditorWindow): Promise<void> {
  await window.hoverStatus();
  await window.screenshot(join(TOUR, 'hover-card.png'));
}

function report(suggestions: readonly TourSuggestion[], recordsFile: string): void {
  const { endpoint, model } = readRecords(recordsFile)?.engine ?? {};
  const engine = `${endpoint}/${model}`;
  const file = join(TOUR, 'report.json');
  writeFileSync(file, `${JSON.stringify({ engine, suggestions }, undefined, 2)}\n`);
  console.log(`\nengine ${engine}; pictures and report.json are under ${relative(REPOSITORY, TOUR)}/`);
}
