import type { Disposable } from '../base/disposable.ts';

/** The part of VS Code's SecretStorage that is used: the operating system's keychain behind it. */
export interface SecretVault {
  get(name: string): PromiseLike<string | undefined>;
  store(name: string, value: string): PromiseLike<void>;
  delete(name: string): PromiseLike<void>;
  onDidChange(listener: (change: { readonly key: string }) => void): Disposable;
}

/**
 * API keys, each bound to the origin (scheme, host and port) that it was entered for: an endpoint whose address changes has
 * no key until the user enters one for the new address, so nothing can lead a key elsewhere.
 */
export interface KeyStore {
  keyFor(address: string): Promise<string | undefined>;
  /** An empty key deletes. */
  setKeyFor(address: string, key: string): Promise<void>;
  onDidChange(listener: () => void): Disposable;
}

const PREFIX = 'minnow.apiKey ';

/** Beyond this many origins the oldest is asked for anew. */
const MAX_REMEMBERED = 32;

export function createKeyStore(vault: SecretVault): KeyStore {
  // The vault lives in another process, and each request to a model asks for a key while somebody waits for its answer.
  const remembered = new Map<string, Promise<string | undefined>>();
  vault.onDidChange(({ key: name }) => remembered.delete(name));
  return {
    keyFor(address) {
      const name = nameFor(address);
      const known = remembered.get(name) ?? Promise.resolve(vault.get(name));
      const [oldest] = remembered.keys();
      if (remembered.size >= MAX_REMEMBERED && oldest !== undefined) remembered.delete(oldest);
      remembered.set(name, known);
      return known;
    },
    setKeyFor: async (address, key) => {
      const trimmed = key.trim();
      await (trimmed === '' ? vault.delete(nameFor(address)) : vault.store(nameFor(address), trimmed));
    },
    onDidChange: listener => vault.onDidChange(({ key }) => key.startsWith(PREFIX) && listener()),
  };
}

function nameFor(address: string): string {
  return PREFIX + new URL(address).origin;
}
