import { createHash } from 'node:crypto';
import type { Cell } from './ledgerSchema.ts';

export type LedgerRow = Readonly<Record<string, Cell>>;

type Attribute = string | number | readonly string[];

/** Columns under the names of the GenAI semantic conventions (status: development, so named here alone). */
const CONVENTIONAL: Readonly<Record<string, string>> = {
  model: 'gen_ai.request.model',
  input_tokens: 'gen_ai.usage.input_tokens',
  cached_input_tokens: 'gen_ai.usage.cache_read.input_tokens',
  output_tokens: 'gen_ai.usage.output_tokens',
};

/** Said by the span itself, or under a conventional name that needs more than renaming. */
const TOLD_OTHERWISE = new Set(['id', 'started_at_ms', 'dialect', 'finish_reason']);

const CHAT_PURPOSES: readonly Cell[] = ['chat', 'edit', 'commitMessage', 'languageModel'];

/**
 * One request in OpenTelemetry's names, those of the GenAI conventions where there is one and `minnow.<column>` else.
 * https://github.com/open-telemetry/semantic-conventions-genai. What is not known is left out.
 */
export function openTelemetryAttributes(row: LedgerRow): Readonly<Record<string, Attribute>> {
  const attributes: Record<string, Attribute> = {
    'gen_ai.operation.name': CHAT_PURPOSES.includes(row.purpose ?? null) ? 'chat' : 'text_completion',
    'gen_ai.provider.name': String(row.dialect),
  };
  for (const [column, cell] of Object.entries(row)) {
    if (cell !== null && !TOLD_OTHERWISE.has(column)) attributes[CONVENTIONAL[column] ?? `minnow.${column}`] = cell;
  }
  if (row.finish_reason) attributes['gen_ai.response.finish_reasons'] = [String(row.finish_reason)];
  const toFirstTokenMs = sumOf(row, ['queue_ms', 'connect_ms', 'first_token_ms']);
  if (toFirstTokenMs !== undefined && hasFirstToken(row)) {
    attributes['gen_ai.response.time_to_first_chunk'] = toFirstTokenMs / 1_000;
  }
  if (row.outcome === 'failed' && row.reason) attributes['error.type'] = row.reason;
  return attributes;
}

function hasFirstToken(row: LedgerRow): boolean {
  return typeof row.first_token_ms === 'number' && typeof row.generate_ms === 'number';
}

function sumOf(row: LedgerRow, columns: readonly string[]): number | undefined {
  const known = columns.map(column => row[column]).filter(cell => typeof cell === 'number');
  return known.length > 0 ? known.reduce((sum, cell) => sum + cell, 0) : undefined;
}

/**
 * Many requests as one line of OTLP/JSON, which an OpenTelemetry collector's file receiver reads line by line
 * (https://opentelemetry.io/docs/specs/otel/protocol/file-exporter/).
 */
export function otlpLine(rows: readonly LedgerRow[]): string {
  const resource = { attributes: [keyValue('service.name', 'minnow')] };
  return JSON.stringify({
    resourceSpans: [{ resource, scopeSpans: [{ scope: { name: 'minnow' }, spans: rows.map(span) }] }],
  });
}

const SPAN_KIND_CLIENT = 3;
const STATUS_ERROR = 2;

function span(row: LedgerRow) {
  const attributes = openTelemetryAttributes(row);
  const { traceId, spanId } = identifiers(String(row.id));
  return {
    traceId,
    spanId,
    name: `${attributes['gen_ai.operation.name']} ${row.model}`,
    kind: SPAN_KIND_CLIENT,
    startTimeUnixNano: nanoseconds(Number(row.started_at_ms)),
    endTimeUnixNano: nanoseconds(Number(row.started_at_ms) + Number(row.total_ms)),
    attributes: Object.entries(attributes).map(([key, value]) => keyValue(key, value)),
    ...(row.fallback_from && { links: [identifiers(String(row.fallback_from))] }),
    ...(row.outcome === 'failed' && { status: { code: STATUS_ERROR } }),
  };
}

/** Sixteen bytes for the trace, eight for the span, from an id of whatever form. */
function identifiers(id: string): { traceId: string; spanId: string } {
  const digest = createHash('sha256').update(id).digest('hex');
  return { traceId: digest.slice(0, 32), spanId: digest.slice(32, 48) };
}

/** As text: the number has more digits than JavaScript's own hold. */
function nanoseconds(ms: number): string {
  return String(BigInt(Math.round(ms * 1_000)) * 1_000n);
}

function keyValue(key: string, value: Attribute) {
  return { key, value: anyValue(value) };
}

function anyValue(value: Attribute): object {
  if (typeof value === 'string') return { stringValue: value };
  if (typeof value === 'number') return Number.isInteger(value) ? { intValue: String(value) } : { doubleValue: value };
  return { arrayValue: { values: value.map(anyValue) } };
}
