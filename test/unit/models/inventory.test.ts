import { describe, expect, it } from 'vitest';
import { Emitter } from '../../../src/base/emitter.ts';
import { silentLogger } from '../../../src/base/logger.ts';
import { failure, success } from '../../../src/base/result.ts';
import type { EmbeddedEngineState } from '../../../src/models/embeddedEngine.ts';
import { createInventory } from '../../../src/models/inventory.ts';
import type { EngineProblem } from '../../../src/routing/endpoint.ts';
import { parseSettings } from '../../../src/settings/parseSettings.ts';
import type { EndpointSetting } from '../../../src/settings/settings.ts';
import { FakeClock, settle } from '../../support/fakeClock.ts';
import { endpointOf, modelFacts, ScriptedBackend } from '../../support/scriptedBackend.ts';

const GONE: EngineProblem = {
  kind: 'serverNotRunning',
  endpoint: 'ollama',
  url: 'http://127.0.0.1:11434',
  detail: 'ECONNREFUSED',
};

function house(values: Record<string, unknown> = {}) {
  const clock = new FakeClock();
  const ollama = new ScriptedBackend('ollama');
  const builtIn = new ScriptedBackend('openai');
  builtIn.models = [modelFacts('minnow-tiny')];
  builtIn.resident.set('minnow-tiny', { state: 'resident', contextTokens: 2048 });
  const embeddedChanged = new Emitter<void>();
  const world = {
    clock,
    ollama,
    builtIn,
    values,
    ollamaIsThere: true,
    embedded: {
      kind: 'unusable',
      problem: { kind: 'embeddedAbsent', detail: 'no native part' },
    } as EmbeddedEngineState,
    starts: 0,
    connects: [] as string[],
    setEmbedded(state: EmbeddedEngineState) {
      world.embedded = state;
      embeddedChanged.fire();
    },
  };
  const inventory = createInventory({
    clock,
    log: silentLogger,
    settings: () => parseSettings(key => world.values[key]).settings,
    embedded: {
      state: () => world.embedded,
      onDidChange: embeddedChanged.event,
      start: () => void world.starts++,
    },
    connect: async (setting: EndpointSetting) => {
      world.connects.push(setting.name);
      if (setting.name === 'embedded') return success(endpointOf(builtIn, 'embedded', setting.url));
      return world.ollamaIsThere ? success(endpointOf(ollama, setting.name, setting.url)) : failure(GONE);
    },
    canFillInTheMiddle: facts => facts.architecture !== 'llama',
  });
  return Object.assign(world, { inventory });
}

describe('inventory', () => {
  it('says that it is starting before it has looked', () => {
    const { inventory } = house();
    expect(inventory.candidates('edge')).toEqual({ candidates: [], problem: { kind: 'starting' } });
  });

  it('chooses the model in memory before a smaller one, and never one that runs elsewhere', async () => {
    const { inventory, ollama } = house();
    ollama.models = [
      modelFacts('small', { sizeBytes: 1 }),
      modelFacts('large', { sizeBytes: 9 }),
      modelFacts('gpt:cloud', { sizeBytes: 0, isRemote: true }),
    ];
    ollama.resident.set('large', { state: 'resident', contextTokens: 4096 });
    await inventory.refresh();
    const { candidates } = inventory.candidates('edge');
    expect(candidates.map(({ model }) => [model.name, model.contextTokens])).toEqual([['large', 4096]]);
  });

  it('loads the smallest fitting model by a request of its own and sends nothing meanwhile', async () => {
    const { inventory, ollama } = house();
    const gate = Promise.withResolvers<void>();
    ollama.warmUpGate = gate.promise;
    ollama.models = [
      modelFacts('large', { sizeBytes: 9 }),
      modelFacts('no-fim', { sizeBytes: 1, architecture: 'llama' }),
      modelFacts('small', { sizeBytes: 2 }),
    ];
    const looking = inventory.refresh();
    await settle();
    expect(inventory.candidates('edge').problem).toEqual({ kind: 'modelLoading', model: 'small', fraction: undefined });
    await inventory.refresh(); // somebody switched windows: the load goes on
    gate.resolve();
    await looking;
    expect(ollama.calls).not.toContain('warmUp aborted');
    expect(inventory.candidates('edge').candidates[0]?.model.name).toBe('small');
  });

  it('falls back to the built-in engine where nothing was chosen, starting it first', async () => {
    const world = house();
    world.ollamaIsThere = false;
    world.embedded = { kind: 'stopped' };
    await world.inventory.refresh();
    expect(world.starts).toBeGreaterThan(0);
    expect(world.inventory.candidates('edge').problem?.kind).toBe('modelLoading');
    world.setEmbedded({ kind: 'ready', url: 'http://127.0.0.1:5', model: 'minnow-tiny' });
    await settle();
    expect(world.inventory.candidates('edge').candidates[0]?.endpoint.name).toBe('embedded');
  });

  it('does not take another model than the chosen one', async () => {
    const world = house({ 'ladder.edge': 'ollama/wanted' });
    world.embedded = { kind: 'ready', url: 'http://127.0.0.1:5', model: 'minnow-tiny' };
    world.ollama.models = [modelFacts('other')];
    await world.inventory.refresh();
    expect(world.inventory.candidates('edge')).toEqual({
      candidates: [],
      problem: { kind: 'modelMissing', endpoint: 'ollama', model: 'wanted', pullCommand: 'ollama pull wanted' },
    });
  });

  it('names a chosen endpoint that no setting defines, and a chosen model that cannot fill in the middle', async () => {
    const unknown = house({ 'ladder.edge': 'nowhere/x' });
    await unknown.inventory.refresh();
    expect(unknown.inventory.report('edge').problem).toEqual({ kind: 'endpointUnknown', endpoint: 'nowhere' });

    const chatOnly = house({ 'ladder.edge': 'ollama/chat' });
    chatOnly.ollama.models = [modelFacts('chat', { architecture: 'llama' })];
    await chatOnly.inventory.refresh();
    expect(chatOnly.inventory.report('edge').problem?.kind).toBe('modelWithoutFim');
  });

  it('keeps the foundation rung unbuilt while fallback is off', async () => {
    const world = house({
      'ladder.foundation': 'far/big',
      endpoints: [{ name: 'far', url: 'https://api.example.com' }],
    });
    await world.inventory.refresh();
    expect(world.connects).not.toContain('far');
    world.values.fallback = 'ask';
    await world.inventory.refresh();
    expect(world.connects).toContain('far');
  });

  it('invites who chose nothing and has nothing, and names the fault to who chose', async () => {
    const fresh = house();
    fresh.ollamaIsThere = false;
    await fresh.inventory.refresh();
    expect(fresh.inventory.report('edge').problem).toEqual({ kind: 'notSetUp' });
    const named = house({ endpoints: [{ name: 'ollama', url: 'http://127.0.0.1:11434' }] });
    named.ollamaIsThere = false;
    await named.inventory.refresh();
    expect(named.inventory.report('edge').problem).toEqual(GONE);
  });

  it('leaves a remote endpoint alone while fallback is off, also for the list of chat models', async () => {
    const far = { name: 'far', url: 'https://api.example.com' };
    const world = house({ 'ladder.foundation': 'far/big', endpoints: [far] });
    await world.inventory.chatModels(new AbortController().signal);
    expect(world.connects).toEqual(['ollama']);
    world.values['ladder.workhorse'] = 'far/big';
    await world.inventory.chatModels(new AbortController().signal);
    expect(world.connects).toEqual(['ollama', 'far', 'ollama']);
  });

  it('looks again by itself ever more rarely, and at once when somebody types', async () => {
    const world = house({ 'ladder.edge': 'ollama/m', 'ladder.workhorse': 'ollama/m' });
    world.ollamaIsThere = false;
    await world.inventory.refresh();
    expect(world.inventory.report('edge').problem).toEqual(GONE);
    const before = world.connects.length;
    await world.clock.advance(1_999);
    expect(world.connects.length).toBe(before);
    await world.clock.advance(1);
    expect(world.connects.length).toBe(before + 2);
    await world.clock.advance(3_999);
    expect(world.connects.length).toBe(before + 2);

    world.ollamaIsThere = true;
    world.ollama.models = [modelFacts('m')];
    world.inventory.candidates('edge'); // a keystroke
    await settle();
    expect(world.inventory.candidates('edge').candidates).toHaveLength(1);
  });

  it('loads again before the next request once the keep-alive has run out', async () => {
    const world = house({ 'ladder.edge': 'ollama/m', 'ladder.workhorse': 'ollama/m' });
    world.ollama.models = [modelFacts('m')];
    world.ollama.resident.set('m', { state: 'resident', untilMs: 60_000 });
    await world.inventory.refresh();
    expect(world.inventory.candidates('edge').candidates).toHaveLength(1);
    world.ollama.resident.delete('m');
    await world.clock.advance(60_001);
    expect(world.inventory.candidates('edge').problem?.kind).toBe('modelLoading');
    await settle();
    expect(world.ollama.calls).toContain('warmUp m');
    expect(world.inventory.candidates('edge').candidates).toHaveLength(1);
  });

  it('keeps a rung ready when only a prompt was too long, and drops it when the server is gone', async () => {
    const world = house({ 'ladder.edge': 'ollama/m' });
    world.ollama.models = [modelFacts('m')];
    await world.inventory.refresh();
    const [candidate] = world.inventory.candidates('edge').candidates;
    if (!candidate) throw new Error('no candidate');
    world.inventory.reportFailure(candidate, { kind: 'promptTooLong', model: 'm', limitTokens: 1 });
    expect(world.inventory.candidates('edge').candidates).toHaveLength(1);
    world.inventory.reportFailure(candidate, GONE);
    expect(world.inventory.candidates('edge').problem).toEqual(GONE);
    world.inventory.reportAnswered(candidate);
    expect(world.inventory.candidates('edge').candidates).toHaveLength(1);
  });

  it('leaves no timer behind', async () => {
    const world = house({ 'ladder.edge': 'ollama/m' });
    world.ollamaIsThere = false;
    await world.inventory.refresh();
    expect(world.clock.pendingTimers).toBeGreaterThan(0);
    world.inventory.dispose();
    expect(world.clock.pendingTimers).toBe(0);
  });
});
