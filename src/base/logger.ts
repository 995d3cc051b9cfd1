/**
 * Where a room writes what a person may need to find a fault. Messages hold counts, times, names and states,
 * never prompt or completion text and never a key (invariant 8).
 */
export interface Logger {
  debug(message: string): void;
  info(message: string): void;
  warn(message: string): void;
  error(message: string): void;
}

export const silentLogger: Logger = { debug() {}, info() {}, warn() {}, error() {} };
