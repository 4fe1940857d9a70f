/** agent/alarms/severity.ts: the table has every key that the code raises, and none besides; docs/alarms.md shows it as it is. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { alarmKinds, kindOf, severityOf } from '../../agent/alarms/severity.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const sources = ['agent', 'shared'].flatMap((top) =>
  readdirSync(join(root, top), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts') && !/^config\/|^alarms\/(?:severity|test-channels)/.test(path))
    .map((path) => readFileSync(join(root, top, path), 'utf8')),
);

/** `key: 'budget'`, `const key = \`seal:…`, `const DISARM_ALARM = 'disarm'`, `const PREFIX = 'black-hole:'`, `stopAlarmKey = (…) => \`stop:…`. */
const KEY =
  /(?:\bkey: |\bkey = |_ALARM = |\bKEY = |\bPREFIX = |Key = \([^)]*\): string => )['`]([a-z][a-z-]*)(?=['`:])(?!', value: )/g;
const raised = new Set(
  sources.filter((text) => /alarm|\bTrouble\b/i.test(text)).flatMap((text) => [...text.matchAll(KEY)].map((match) => match[1]!)),
);

test('every key that is raised has its severity, and nothing else stands in the table', () => {
  expect(raised.size).toBeGreaterThan(15);
  expect([...raised].sort()).toEqual(Object.keys(alarmKinds).sort());
});

test('docs/alarms.md shows the table', () => {
  const page = readFileSync(join(root, 'docs/alarms.md'), 'utf8');
  const rows = [...page.matchAll(/^\| `([a-z-]+)` \| (critical|warning|warning or critical) \| (.*) \|$/gm)];
  expect(rows.map(([, key, severity, about]) => [key, severity, about])).toEqual(
    Object.entries(alarmKinds).map(([key, { severity, withRemedy, about }]) => [
      key,
      withRemedy === undefined ? severity : `${severity} or ${withRemedy}`,
      about,
    ]),
  );
});

test.each<[key: string, remedy: string | null, severity: string]>([
  ['stop:01HV0000000000000000000000', null, 'critical'],
  ['peer-stop:spoke1:01HV', 'log in', 'critical'],
  ['cfg-differs:spoke1', null, 'warning'],
  ['path-dead:[2001:db8::1]:10162:spoke1', null, 'warning'],
  ['peer-silent:spoke1', null, 'warning'],
  ['peer-silent:spoke1', 'log in to the device of spoke1', 'critical'],
  ['of-a-newer-version:x', null, 'critical'],
  ['', null, 'critical'],
])('%s, to do: %s', (key, remedy, severity) => {
  expect(severityOf({ key, remedy })).toBe(severity);
});

test('the kind is the first word of the key', () => {
  expect(['budget', 'stop:01', 'peer-stop:a-b:01', '__proto__'].map(kindOf)).toEqual([
    'budget',
    'stop',
    'peer-stop',
    '__proto__',
  ]);
});
