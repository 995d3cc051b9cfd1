import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
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

/** One thing that a person would type, and what they do with the suggestion. */
interface Stop {
  readonly name: string;
  readonly file: string;
  /** Typed at the end of the file. */
  readonly typed: string;
  readonly action: 'accept' | 'acceptWord' | 'dismiss';
}

const STOPS: readonly Stop[] = [
  {
    name: 'accepted-by-tab',
    file: 'src/cart.ts',
    typed: '\n/** Returns the total price of all items. */\nexport function totalPrice(items: CartItem[]): number {\n',
    action: 'accept',
  },
  {
    name: 'accepted-by-word',
    file: 'src/users.ts',
    typed:
      '\n/** Finds the user with the given id. */\nexport function findUserById(users: User[], id: number): User | undefined {\n',
    action: 'acceptWord',
  },
  {
    name: 'python',
    file: 'python/inventory.py',
    typed: '\n\ndef total_price(products):\n"""Return the total price of the products."""\n',
    action: 'accept',
  },
];

/** The tour types what a person would see at the end, so the editor adds no closing quotes or comments. */
const STEADY_SETTINGS = { 'editor.autoClosingComments': 'never', 'editor.autoClosingQuotes': 'never' };

const KEY_OF_ACTION = { accept: 'Tab', acceptWord: 'Control+ArrowRight', dismiss: 'Escape' } as const;

export interface TourSuggestion extends Pick<RequestRecord, 'spans' | 'usage' | 'costMicroUsd' | 'costSource'> {
  readonly text: string;
  readonly at: string;
  readonly outcome: 'accepted' | 'acceptedPartly' | 'dismissed';
}

/** Drives the editor as a person would, and leaves pictures and report.json under out/tour. Throws when no ghost text comes. */
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
    const [first] = STOPS;
    const window = await openWindow(server, {
      folder,
      ...(first && { file: join(folder, first.file) }),
    });
    try {
      await window.waitUntilActivated();
      const suggestions: TourSuggestion[] = [];
      for (const stop of STOPS) suggestions.push(await visit(window, stop, recordsFile, suggestions.length + 1));
      await showHoverCard(window);
      report(suggestions, recordsFile);
    } finally {
      await window.close();
    }
  } finally {
    await server.stop();
  }
}

async function visit(window: EditorWindow, stop: Stop, recordsFile: string, number: number): Promise<TourSuggestion> {
  await window.openFile(stop.file);
  await window.press('Control+End');
  await window.type(stop.typed);
  const text = await window.waitForGhostText().catch(async error => {
    await window.screenshot(join(TOUR, `${number}-nothing-shown.png`));
    throw new Error(`${error.message}\n${describeOutcomes(readRecords(recordsFile))}`);
  });
  await window.screenshot(join(TOUR, `${number}a-${stop.name}-shown.png`));
  const records = readRecords(recordsFile);
  const request = records && requestOfLastShown(records);
  if (!request) throw new Error('ghost text is shown, but the meter has no record of its request');
  await window.press(KEY_OF_ACTION[stop.action]);
  await window.waitForGhostText(shown => shown !== text).catch(() => '');
  await window.screenshot(join(TOUR, `${number}b-${stop.name}.png`));
  const { spans, usage, costMicroUsd, costSource } = request;
  const outcome = ({ accept: 'accepted', acceptWord: 'acceptedPartly', dismiss: 'dismissed' } as const)[stop.action];
  const suggestion = { text, at: stop.file, spans, usage, costMicroUsd, costSource, outcome };
  console.log(describeSuggestion(suggestion, number));
  return suggestion;
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
