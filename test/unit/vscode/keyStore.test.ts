import { describe, expect, it } from 'vitest';
import { createKeyStore, type SecretVault } from '../../../src/vscode/keyStore.ts';

function fakeVault() {
  const secrets = new Map<string, string>();
  const listeners = new Set<(change: { key: string }) => void>();
  const tell = (key: string) => {
    for (const listener of listeners) listener({ key });
  };
  const asked: string[] = [];
  const vault: SecretVault = {
    get: async name => {
      asked.push(name);
      return secrets.get(name);
    },
    store: async (name, value) => {
      secrets.set(name, value);
      tell(name);
    },
    delete: async name => {
      secrets.delete(name);
      tell(name);
    },
    onDidChange: listener => {
      listeners.add(listener);
      return { dispose: () => listeners.delete(listener) };
    },
  };
  return { vault, secrets, asked, tell };
}

describe('the key store', () => {
  it('gives a key to every path of the origin that it was entered for', async () => {
    const keys = createKeyStore(fakeVault().vault);
    await keys.setKeyFor('https://llm.example/v1', ' secret ');
    expect(await keys.keyFor('https://llm.example:443/other')).toBe('secret');
  });

  it.each(['http://llm.example/v1', 'https://llm.example:8443/v1', 'https://llm.example.evil/v1'])(
    'gives no key to %s',
    async address => {
      const keys = createKeyStore(fakeVault().vault);
      await keys.setKeyFor('https://llm.example/v1', 'secret');
      expect(await keys.keyFor(address)).toBeUndefined();
    },
  );

  it('deletes a key when an empty one is entered', async () => {
    const { vault, secrets } = fakeVault();
    const keys = createKeyStore(vault);
    await keys.setKeyFor('https://llm.example', 'secret');
    await keys.setKeyFor('https://llm.example', '  ');
    expect(secrets.size).toBe(0);
  });

  it('asks the vault once for many requests, and again after a change', async () => {
    const { vault, asked } = fakeVault();
    const keys = createKeyStore(vault);
    await keys.setKeyFor('https://llm.example', 'old');
    await Promise.all([keys.keyFor('https://llm.example'), keys.keyFor('https://llm.example/v1')]);
    expect(asked).toHaveLength(1);
    await keys.setKeyFor('https://llm.example', 'new');
    expect(await keys.keyFor('https://llm.example')).toBe('new');
  });

  it('tells of its own keys alone', async () => {
    const { vault, tell } = fakeVault();
    let told = 0;
    createKeyStore(vault).onDidChange(() => told++);
    tell('something else');
    expect(told).toBe(0);
    await createKeyStore(vault).setKeyFor('https://llm.example', 'secret');
    expect(told).toBe(1);
  });
});
