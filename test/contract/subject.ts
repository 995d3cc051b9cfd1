import type { Dialect, ModelFacts } from '../../src/backends/backend.ts';
import type { Flavor } from '../../src/backends/dialects.ts';
import type { EngineWitness } from './witness.ts';

/** What the contract is held against: a real engine, or what one was recorded to say. */
export interface ContractSubject {
  readonly name: string;
  readonly facts: EngineFacts;
  readonly model: string;
  readonly key: string | undefined;
  /** Makes a prompt that this engine never read before, and that its recordings know. */
  readonly salt: string;
  /** Where the engine is to be found during one test. */
  connect(testTitle: string): Promise<Connection>;
  /** The engine's own account of what it does; undefined where only the client can be watched. */
  readonly witness: EngineWitness | undefined;
}

export interface Connection {
  readonly url: string;
  /** Rejects when something about the exchange was not as it must be. */
  release(): Promise<void>;
}

/** In what engines differ, and may. Everything else the contract asks of all alike. */
export interface EngineFacts {
  readonly dialect: Dialect;
  readonly flavor: Flavor;
  /** Whether it refuses a request that has no or another key. */
  readonly asksForKey: boolean;
  /** Whether it answers a request for a model that it does not have with the one that it has. */
  readonly ignoresModelName: boolean;
  readonly tellsCachedTokens: boolean;
  /** Whether it places prefix and suffix itself. */
  readonly placesSuffix: boolean;
  /** Whether it says how long the context is when a prompt does not fit. */
  readonly tellsLimit: boolean;
  /** Whether a model can be put out of memory. */
  readonly unloads: boolean;
  /** Whether it takes a model's marks in a message for what they are; only the embedded engine can keep them as text. */
  readonly readsMarks: boolean;
  readonly tools: 'refused' | 'taken';
  readonly model: Partial<ModelFacts>;
}
