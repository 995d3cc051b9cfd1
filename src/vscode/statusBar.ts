import * as vscode from 'vscode';
import type { Clock } from '../base/clock.ts';
import { type Disposable, DisposableSlot, DisposableStore } from '../base/disposable.ts';
import type { Event } from '../base/emitter.ts';
import { HOVER_COMMANDS, type HoverFacts, renderHover } from './hoverCard.ts';
import { renderStatus, type StatusFacts } from './statusText.ts';

export interface StatusBarNeeds {
  readonly clock: Clock;
  readonly facts: () => StatusFacts;
  readonly hover: () => HoverFacts;
  /** Anything that may change what is said. */
  readonly changes: readonly Event<unknown>[];
}

/** At most twice a second: an item that flickers with every key is noise. */
const MIN_INTERVAL_MS = 500;

/** One short item. What it says is decided in statusText.ts and hoverCard.ts. */
export function createStatusBar({ clock, facts, hover, changes }: StatusBarNeeds): Disposable {
  const store = new DisposableStore();
  const item = store.add(vscode.window.createStatusBarItem('status', vscode.StatusBarAlignment.Right, 100));
  const later = store.add(new DisposableSlot());
  let drawnMs = Number.NEGATIVE_INFINITY;
  let tooltip: string | undefined;
  item.name = 'Minnow';
  item.command = 'minnow.showMenu';

  function draw(): void {
    later.value = undefined;
    drawnMs = clock.monotonicMs();
    const { text, label, isWarning } = renderStatus(facts());
    item.text = text;
    item.accessibilityInformation = { label: `Minnow: ${label}`, role: 'button' };
    item.backgroundColor = isWarning ? new vscode.ThemeColor('statusBarItem.warningBackground') : undefined;
    const card = renderHover(hover());
    // A new tooltip closes the one that the user is reading.
    if (card !== tooltip) item.tooltip = hoverMarkdown(card);
    tooltip = card;
  }

  function drawSoon(): void {
    if (later.value) return;
    const waitMs = Math.max(0, drawnMs + MIN_INTERVAL_MS - clock.monotonicMs());
    later.value = clock.after(waitMs, draw);
  }

  for (const change of changes) store.add(change(drawSoon));
  draw();
  item.show();
  return store;
}

function hoverMarkdown(card: string): vscode.MarkdownString {
  const markdown = new vscode.MarkdownString(card, true);
  // Only these commands, because names from servers stand in the same text.
  markdown.isTrusted = { enabledCommands: [...HOVER_COMMANDS] };
  return markdown;
}
