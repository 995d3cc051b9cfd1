// The manifest says everything a second time, because the editor reads it before any code runs. This test keeps both the same.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { SETTINGS, type SettingRow } from '../../src/settings/settingsTable.ts';
import { COMMAND_CATEGORY, COMMANDS, SUGGESTION_ACCEPTED_COMMAND } from '../../src/vscode/commandTable.ts';

const root = resolve(import.meta.dirname, '../..');
const manifest: Manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

interface Manifest {
  engines: { vscode: string };
  devDependencies: Record<string, string>;
  icon?: string;
  enabledApiProposals?: unknown;
  capabilities: { untrustedWorkspaces: { supported: string; restrictedConfigurations: string[] } };
  contributes: {
    configuration: { id: string; title: string; order: number; properties: Record<string, SettingSchema> }[];
    commands: { command: string; title: string; category: string; icon?: string }[];
    views: Record<string, { id: string }[]>;
    chatParticipants: { id: string }[];
    menus: Record<string, { command?: string; when?: string }[]>;
    keybindings: { command: string; key: string; mac?: string; when?: string }[];
  };
}

interface SettingSchema {
  type: string;
  default: unknown;
  scope: string;
  order: number;
  markdownDescription: string;
  enum?: string[];
  enumDescriptions?: string[];
  minimum?: number;
  maximum?: number;
}

const { contributes } = manifest;
const schemas = Object.assign({}, ...contributes.configuration.map(({ properties }) => properties)) as Record<
  string,
  SettingSchema
>;
const rows = Object.values(SETTINGS) as SettingRow<unknown>[];

describe('settings in the manifest', () => {
  it('are those of the table, no more and no fewer', () => {
    expect(Object.keys(schemas).sort()).toEqual(rows.map(({ key }) => `minnow.${key}`).sort());
  });

  it.each(rows.map(row => [row.key, row] as const))('%s has the scope and the default of the table', (key, row) => {
    const schema = schemas[`minnow.${key}`];
    expect(schema?.scope).toBe(row.scope);
    const parsed = row.parse(schema?.default);
    expect(parsed).toEqual({ ok: true, value: row.defaultValue });
  });

  it.each(Object.entries(schemas))('%s allows exactly what the parser allows', (key, schema) => {
    const row = rows.find(candidate => `minnow.${candidate.key}` === key);
    const accepts = (value: unknown) => row?.parse(value).ok;
    if (schema.type === 'integer' || schema.type === 'number') {
      expect([schema.minimum, schema.maximum].every(accepts)).toBe(true);
      expect([Number(schema.minimum) - 1, Number(schema.maximum) + 1].some(accepts)).toBe(false);
    }
    if (schema.enum) {
      expect(schema.enum.every(accepts)).toBe(true);
      expect(schema.enumDescriptions).toHaveLength(schema.enum.length);
    }
    expect(schema.markdownDescription).toMatch(/^[A-Z].*\.$/s);
  });

  it('come in ordered categories, each setting with its place', () => {
    for (const { title, order, properties } of contributes.configuration) {
      expect(title).toMatch(/^[A-Z]/);
      expect(order).toBeGreaterThan(0);
      const places = Object.values(properties).map(schema => schema.order);
      expect(new Set(places).size).toBe(places.length);
    }
  });

  it('let no workspace say where code goes, nor what runs', () => {
    const pointing = /url|endpoint|host|proxy|cert|token$|path|ladder|fallback|capture|export/i;
    const loose = Object.entries(schemas).filter(
      ([key, { scope }]) => pointing.test(key) && scope !== 'machine' && scope !== 'application',
    );
    expect(loose).toEqual([]);
  });

  it('are all without effect from an untrusted folder', () => {
    const { supported, restrictedConfigurations } = manifest.capabilities.untrustedWorkspaces;
    expect(supported).toBe('limited');
    expect([...restrictedConfigurations].sort()).toEqual(Object.keys(schemas).sort());
  });

  it('link only to settings and commands that exist', () => {
    for (const { markdownDescription } of Object.values(schemas)) {
      for (const [, key] of markdownDescription.matchAll(/`#([\w.]+)#`/g)) expect(Object.keys(schemas)).toContain(key);
      for (const [, id] of markdownDescription.matchAll(/\(command:([\w.]+)/g))
        expect(Object.keys(COMMANDS)).toContain(id);
    }
  });
});

describe('commands in the manifest', () => {
  it('are those of the table, with its titles', () => {
    const table = Object.entries(COMMANDS).map(([command, { title }]) => ({
      command,
      title,
      category: COMMAND_CATEGORY,
    }));
    expect(contributes.commands.map(({ icon: _, ...command }) => command)).toEqual(table);
  });

  it('exist wherever one is named', () => {
    const views = [...Object.values(contributes.views).flat(), ...contributes.chatParticipants].map(({ id }) => id);
    const named = [
      ...Object.values(contributes.menus)
        .flat()
        .flatMap(({ command }) => command ?? []),
      ...contributes.keybindings.map(({ command }) => command),
      ...sourceFiles().flatMap(text => [...text.matchAll(/'(minnow\.[a-z]+)'/gi)].map(([, id]) => id ?? '')),
    ].filter(name => !(name in schemas) && name !== SUGGESTION_ACCEPTED_COMMAND && !views.includes(name));
    expect(named.length).toBeGreaterThan(10);
    expect(named.filter(name => !(name in COMMANDS))).toEqual([]);
  });

  it('bind no key that belongs to the editor', () => {
    const taken = /^(ctrl|cmd)\+(shift\+)?(l|i|c|x|m|e)$/i;
    const keys = contributes.keybindings.flatMap(({ key, mac }) => [key, ...(mac ? [mac] : [])]);
    expect(keys).toEqual(['alt+\\', 'ctrl+enter', 'cmd+enter']);
    expect(keys.filter(key => taken.test(key))).toEqual([]);
  });

  it('bind keys only where they make sense', () => {
    for (const { when } of contributes.keybindings) expect(when).toMatch(/editorTextFocus/);
  });
});

describe('the manifest', () => {
  it('asks for no proposed API, which a published extension may not use', () => {
    expect(manifest.enabledApiProposals).toBeUndefined();
  });

  it('promises no older editor than the types that the code is checked against', () => {
    const minor = (version = '') => Number(/\d+\.(\d+)/.exec(version)?.[1]);
    expect(minor(manifest.devDependencies['@types/vscode'])).toBeLessThanOrEqual(minor(manifest.engines.vscode));
  });

  it('names an icon that is there', () => {
    expect(manifest.icon === undefined || existsSync(join(root, manifest.icon))).toBe(true);
  });
});

function sourceFiles(): string[] {
  const folder = join(root, 'src/vscode');
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter(name => name.endsWith('.ts'))
    .map(name => readFileSync(join(folder, name), 'utf8'));
}
