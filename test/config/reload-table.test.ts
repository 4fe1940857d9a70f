/** Which settings a reload takes over: every one is judged, changes are named without their values, and a view follows. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { Config } from '../../agent/config/config.ts';
import { liveView } from '../../agent/config/live-view.ts';
import { changesBetween, reloadRules, withChanges } from '../../agent/config/reload-table.ts';
import { changed, load, SMALLEST } from './smallest-pair.ts';

const { config } = load(SMALLEST);
const SECTIONS = ['device', 'capture', 'arming', 'stop', 'signal', 'evidence', 'budgets', 'log'];
const paths = Object.entries(config).flatMap(([key, value]) =>
  SECTIONS.includes(key) ? Object.keys(value as object).map((inner) => `${key}.${inner}`) : [key],
);

describe('the table', () => {
  test('judges every setting there is, and none that is not', () => {
    expect(paths.filter((path) => reloadRules[path] === undefined)).toEqual([]);
    expect(Object.keys(reloadRules).filter((path) => !paths.includes(path))).toEqual([]);
  });

  test('stands in docs/operations.md, each key in the row of when it takes effect', () => {
    const page = readFileSync(new URL('../../docs/operations.md', import.meta.url), 'utf8');
    const rows = { now: 'at once', idle: 'when no incident is open', restart: 'needs a restart' };
    for (const [takes, title] of Object.entries(rows)) {
      const row = page.split('\n').find((line) => line.startsWith(`| ${title} |`)) ?? '';
      const keys = [...row.matchAll(/`([\w.]+)`/g)].map((match) => match[1]!);
      const wanted = Object.values(reloadRules).flatMap((rule) => (rule.takes === takes ? [rule.key] : []));
      expect(keys.sort(), title).toEqual(wanted.sort());
    }
  });

  test('its keys are those of the configuration file', () => {
    const page = readFileSync(new URL('../../docs/configuration.md', import.meta.url), 'utf8');
    const known = (key: string): boolean =>
      page.includes(`\`${key}\``) || page.includes(`\`${key}[]`) || page.includes(`\`${key}.`);
    expect(Object.values(reloadRules).filter(({ key }) => !known(key))).toEqual([]);
  });
});

describe('what has changed', () => {
  const between = (text: string) => changesBetween(config, load(text).config).map(({ text: words, takes }) => [words, takes]);

  test('nothing in the same file read twice', () => {
    expect(between(SMALLEST)).toEqual([]);
  });

  test('a secret is named, never shown', () => {
    const after: Config = { ...config, device: { ...config.device, password: 'another one' } };
    const found = changesBetween(config, after);
    expect(found.map(({ text, takes }) => [text, takes])).toEqual([['device.password', 'now']]);
    expect(JSON.stringify(found)).not.toContain('another one');
  });

  test('peers by their names', () => {
    const [peer] = config.peers;
    const many = Array.from({ length: 12 }, (_, number) => ({ ...peer!, name: `new${number}` }));
    expect(changesBetween(config, { ...config, peers: [{ ...peer!, notify: 'trap' }, ...many] })[0]!.text).toBe(
      'peers: new0 added, new1 added, new2 added, new3 added, new4 added, new5 added, new6 added, new7 added and 5 more',
    );
    expect(changesBetween(config, { ...config, peers: [{ ...peer!, notify: 'trap' }] })[0]!.text).toBe('peers: spoke1 changed');
    expect(changesBetween(config, { ...config, peers: [] })[0]).toMatchObject({ text: 'peers: spoke1 removed', takes: 'idle' });
  });

  test('a peer that a source reads the history of needs a restart, another one does not', () => {
    const source = {
      kind: 'eem-history',
      name: 'history',
      peer: 'spoke1',
      send: { address: '192.0.2.7', port: 161 },
      snmp: { version: '2c', community: 'xxxx' },
      everyMs: 60_000,
    } as const;
    const read = { ...config, sources: [...config.sources, source] };
    const [peer] = config.peers;
    expect(changesBetween(read, { ...read, peers: [{ ...peer!, notify: 'trap' }] })[0]!.takes).toBe('restart');
    expect(changesBetween(read, { ...read, peers: [peer!, { ...peer!, name: 'spoke2' }] })[0]!.takes).toBe('idle');
  });

  test('a key that nobody has judged needs a restart', () => {
    const later = { ...config, novelty: 1 } as unknown as Config;
    expect(changesBetween(config, later)).toMatchObject([{ text: 'novelty', takes: 'restart' }]);
  });

  test('only what is asked for is taken over', () => {
    const { config: after } = load(changed('role: hub', 'role: hub\nstop: { delay: 5s, maxDelay: 1m }\nlog: { level: debug }'));
    const some = changesBetween(config, after).filter(({ takes }) => takes === 'now');
    const taken = withChanges(config, after, some);
    expect([taken.log.level, taken.stop.delayMs]).toEqual(['debug', 18_000]);
    expect(config.log.level).toBe('info');
    expect(changesBetween(taken, after).map(({ text }) => text)).toEqual(['stop.delay', 'stop.maxDelay']);
  });
});

test('a view is what its thing is now, copied and printed too, and can not be written to', () => {
  let thing = { a: 1, b: { c: 2 } };
  const view = liveView(() => thing);
  thing = { a: 3, b: { c: 4 } };
  expect([view.a, view.b.c, { ...view }, JSON.stringify(view)]).toEqual([3, 4, { a: 3, b: { c: 4 } }, '{"a":3,"b":{"c":4}}']);
  expect(() => Object.assign(view, { a: 5 })).toThrow(TypeError);
});
