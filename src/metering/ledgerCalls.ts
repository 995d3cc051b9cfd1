import type { LedgerBatch } from './ledgerStore.ts';
import type { Spending, SpendingQuestion } from './spending.ts';
import type { Summary, SummaryQuestion } from './summaryTypes.ts';

/** What the extension host asks of the ledger's worker, and what it gets. */
export interface LedgerCalls {
  open: { readonly asks: { readonly folder: string; readonly nowMs: number }; readonly gets: LedgerPlace };
  write: { readonly asks: LedgerBatch; readonly gets: undefined };
  prune: { readonly asks: { readonly nowMs: number }; readonly gets: number };
  deleteAll: { readonly asks: Record<string, never>; readonly gets: undefined };
  spending: { readonly asks: SpendingQuestion; readonly gets: Spending };
  summarize: { readonly asks: SummaryQuestion; readonly gets: Summary };
  exportTo: { readonly asks: LedgerExport; readonly gets: readonly string[] };
}

export type LedgerCallName = keyof LedgerCalls;

/** Where the ledger writes, or why it only remembers. */
export type LedgerPlace =
  | { readonly kind: 'file'; readonly file: string; readonly setAside: string | undefined }
  | { readonly kind: 'memoryOnly'; readonly reason: string };

export interface LedgerExport {
  readonly file: string;
  readonly format: 'csv' | 'json';
}

export interface LedgerQuestion<Name extends LedgerCallName = LedgerCallName> {
  readonly callId: number;
  readonly name: Name;
  readonly asks: LedgerCalls[Name]['asks'];
}

export type LedgerAnswer =
  | { readonly callId: number; readonly ok: true; readonly value: LedgerCalls[LedgerCallName]['gets'] }
  | { readonly callId: number; readonly ok: false; readonly detail: string }
  /** The place changed under way: the file was found damaged and a new one begun. */
  | { readonly callId: undefined; readonly place: LedgerPlace };
