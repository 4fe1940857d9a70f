/** What the pre-flight found, as rows of `spitrap check`: harm and lost evidence fail, what passes by itself warns, and by-hand arming minds nobody's debugs. */
import { expect, test } from 'vitest';
import { judgeTopics } from '../../agent/check/device-topics.ts';
import { type CheckRow, rowsOf } from '../../agent/check/row.ts';
import type { Config } from '../../agent/config/config.ts';
import { judgePreflight } from '../../shared/arming/preflight.ts';
import type { PreflightReading } from '../../shared/model/arming.ts';
import { ciscoIos } from '../../shared/platforms/cisco-ios/cisco-ios.ts';
import { changed, load, SMALLEST } from '../config/smallest-pair.ts';

const sound: PreflightReading = {
  cpu: { fiveSeconds: 3, interrupt: 1, oneMinute: 4, fiveMinutes: 4 },
  memoryFreePercent: 60,
  flags: [],
  conditions: { conditional: false, unmatched: {}, filters: [] },
  logging: { console: -1, monitor: 7, buffer: 7, trap: 7, hosts: ['198.51.100.1'], rateLimited: false },
  freeVtys: 3,
  msecStamps: true,
  sequenceNumbers: true,
  clockMark: '',
  unread: [],
};

function rowsFor(reading: Partial<PreflightReading>, text = SMALLEST): CheckRow[] {
  const { config }: { config: Config } = load(text);
  const { conditions, debugs } = config.arming;
  const whole = { ...sound, ...reading };
  const { refusals, warnings } = judgePreflight(whole, {
    plan: { conditions, debugs, deadManS: null },
    ourConditions: conditions,
    ourHosts: ['198.51.100.1'],
    terminalMonitor: config.sources.some(({ kind }) => kind === 'terminal-monitor'),
    remedies: ciscoIos.arming.remedies,
  });
  const rows: CheckRow[] = [];
  judgeTopics(
    whole,
    [...refusals, ...warnings],
    config,
    rowsOf('device', (row) => rows.push(row)),
  );
  return rows;
}

const ARMED = changed('role: hub', 'role: hub\nmode: act\narm: always');
const crypto = [{ text: 'Crypto ISAKMP debugging is on', crypto: true }];
const bad = (rows: readonly CheckRow[]): (string | undefined)[][] =>
  rows.filter(({ state }) => state !== 'ok').map(({ title, state, enter }) => [title, state, enter[0]]);

test('a sound device: ticks alone, each topic once', () => {
  const rows = rowsFor({});
  expect(bad(rows)).toEqual([]);
  expect(new Set(rows.map(({ title }) => title)).size).toBe(rows.length);
  expect(rows.map(({ title }) => title)).toEqual(expect.arrayContaining(['CPU', 'VTY lines', 'console', 'trap level', 'debugs']));
});

test.each<[what: string, reading: Partial<PreflightReading>, rows: (string | undefined)[][], text?: string]>([
  ['console', { logging: { ...sound.logging!, console: 7 } }, [['console', 'fail', 'no logging console']]],
  ['trap level', { logging: { ...sound.logging!, trap: 6 } }, [['trap level', 'fail', 'logging trap debugging']]],
  ['no trap logging', { logging: { ...sound.logging!, trap: -1 } }, [['trap level', 'fail', 'logging trap debugging']]],
  [
    'other hosts',
    { logging: { ...sound.logging!, hosts: ['192.0.2.9'] } },
    [['logging host', 'warn', 'logging host 198.51.100.1']],
  ],
  ['rate limit', { logging: { ...sound.logging!, rateLimited: true } }, [['rate limit', 'warn', 'no logging rate-limit']]],
  ['few lines', { freeVtys: 1 }, [['VTY lines', 'fail', 'line vty 0 15']]],
  ['lines unread', { freeVtys: null }, [['VTY lines', 'warn', undefined]]],
  ['stamps', { msecStamps: false }, [['stamps', 'warn', 'service timestamps debug datetime msec']]],
  ['sequence', { sequenceNumbers: false }, [['sequence numbers', 'warn', 'service sequence-numbers']]],
  ['clock', { clockMark: '*' }, [['clock in sync', 'warn', 'ntp server <address of a time server>']]],
  ['CPU', { cpu: { ...sound.cpu!, oneMinute: 80 } }, [['CPU', 'warn', undefined]]],
  ['memory', { memoryFreePercent: 4 }, [['memory', 'warn', undefined]]],
  ['debugs unread', { flags: null }, [['debugs', 'fail', undefined]]],
  ['debugs of a person, armed by hand', { flags: crypto }, []],
  ['debugs of somebody, armed by us', { flags: crypto }, [['debugs', 'warn', undefined]], ARMED],
  ['conditions of somebody, armed by hand', { conditions: null }, []],
  ['conditions unread, armed by us', { conditions: null }, [['conditions', 'warn', undefined]], ARMED],
])('%s', (_what, reading, rows, text) => {
  expect(bad(rowsFor(reading, text))).toEqual(rows);
});

test('what is on is told, when the pair waits with it', () => {
  expect(rowsFor({ flags: crypto }).find(({ title }) => title === 'debugs')?.detail).toBe(
    'on: Crypto ISAKMP debugging is on; spitrap arm would refuse beside them',
  );
});
