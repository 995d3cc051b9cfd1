import { failure, type Result, success } from '../base/result.ts';
import type { BackendError } from './backend.ts';

/**
 * How a failure travels inside this room: it must cross library clients and async iterators. At the port it becomes a
 * value again (`settled`, `failureOf`), so that nothing outside ever has to catch.
 */
export class BackendFailure extends Error {
  readonly error: BackendError;
  /** The field of the request that the server did not take, where it named one. */
  readonly refusedField: string | undefined;

  constructor(error: BackendError, refusedField?: string) {
    super(error.kind);
    this.name = 'BackendFailure';
    this.error = error;
    this.refusedField = refusedField;
  }
}

/** Anything else that was thrown while an answer was read comes from bytes that nobody expected. */
export function failureOf(thrown: unknown): BackendError {
  if (thrown instanceof BackendFailure) return thrown.error;
  // Whoever gave the call up does not look at what came of it.
  if (thrown instanceof DOMException && thrown.name === 'AbortError') {
    return { kind: 'unreachable', detail: 'the call was given up' };
  }
  // Only the name: messages of parsers quote what they could not read, which may be the user's code (invariant 8).
  const name = thrown instanceof Error ? thrown.name : typeof thrown;
  return { kind: 'protocol', detail: `the answer could not be read (${name})` };
}

export async function settled<T>(work: () => Promise<T>): Promise<Result<T, BackendError>> {
  try {
    return success(await work());
  } catch (thrown) {
    return failure(failureOf(thrown));
  }
}
