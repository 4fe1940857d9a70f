/** The judgement of the pre-flight: each bound from both sides, every word in docs/arming.md, and not knowing refuses. */
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { judgePreflight, type PreflightTerms, refusalWords, warningWords } from '../../shared/arming/preflight.ts';
import type { PreflightReading } from '../../shared/model/arming.ts';
import { ciscoIos } from '../../shared/platforms/cisco-ios/cisco-ios.ts';

const { remedies } = ciscoIos.arming;
const CRYPTO = { text: 'Crypto ISAKMP debugging', crypto: true };
const HSRP = { text: 'HSRP Events debugging', crypto: false };
const cpu = (fiveSeconds: number, oneMinute: number) => ({ fiveSeconds, interrupt: 0, oneMinute, fiveMinutes: 3 });
const filters = (...addresses: string[]) => ({
  conditional: addresses.length > 0,
  unmatched: { IKE: false, IPsec: false, 'Crypto Engine': false },
  filters: addresses.map((value) => ({ kind: 'IKE peer IP address', value })),
});

const good: PreflightReading = {
  cpu: cpu(5, 4),
  memoryFreePercent: 60,
  flags: [],
  conditions: filters(),
  logging: { console: -1, monitor: 7, buffer: 7, trap: 7, hosts: ['198.51.100.7'], rateLimited: false },
  freeVtys: 3,
  msecStamps: true,
  sequenceNumbers: true,
  clockMark: '',
  unread: [],
};
const logging = (change: Partial<NonNullable<PreflightReading['logging']>>) => ({ ...good.logging!, ...change });

const terms: PreflightTerms = {
  plan: { conditions: ['11.1.1.3'], debugs: ['isakmp', 'ipsec'], deadManS: null },
  ourConditions: [],
  ourHosts: ['198.51.100.7'],
  remedies,
};
const planOf = (...conditions: string[]) => ({ plan: { ...terms.plan, conditions } });
const v4 = (count: number) => Array.from({ length: count }, (_, i) => `10.0.0.${i + 1}`);

const judge = (change: Partial<PreflightReading>, more: Partial<PreflightTerms> = {}) =>
  judgePreflight({ ...good, ...change }, { ...terms, ...more });
const words = (findings: readonly { readonly word: string }[]) => findings.map(({ word }) => word);

test('a device that is well and free: nothing to say', () => {
  expect(judge({})).toEqual({ refusals: [], warnings: [] });
});

type Case = [title: string, change: Partial<PreflightReading>, terms: Partial<PreflightTerms>, word: string, text: RegExp];

describe('refusals', () => {
  test.each<Case>([
    ['one minute at 50 %', { cpu: cpu(5, 50) }, {}, 'cpu-busy', /50% over one minute/],
    ['five seconds at 70 %', { cpu: cpu(70, 4) }, {}, 'cpu-busy', /70% over five seconds/],
    [
      'the CPU cannot be read',
      { cpu: null, unread: ['cpu: show processes cpu: refused (% Authorization failed.)'] },
      {},
      'cpu-unread',
      /show processes cpu: refused \(% Authorization failed\.\)/,
    ],
    ['the memory is nearly gone', { memoryFreePercent: 9.94 }, {}, 'memory-low', /9\.9% of the processor memory/],
    ['a crypto debug is on', { flags: [CRYPTO, HSRP] }, {}, 'foreign-debugs', /Crypto ISAKMP debugging;/],
    [
      'show debugging was not understood',
      { flags: null, unread: ['debugging: show debugging: line not understood'] },
      {},
      'debugs-unread',
      /line not understood/,
    ],
    ["somebody's condition", { conditions: filters('10.9.9.9') }, {}, 'foreign-conditions', /IKE peer IP address 10\.9\.9\.9/],
    [
      'ours and one of somebody',
      { conditions: filters('11.1.1.3', '10.9.9.9') },
      { ourConditions: ['11.1.1.3'] },
      'foreign-conditions',
      /address 10\.9\.9\.9;/,
    ],
    [
      'the address that we would use, set by somebody else',
      { conditions: filters('11.1.1.3') },
      {},
      'foreign-conditions',
      /11\.1\.1\.3/,
    ],
    [
      'unmatched is on',
      { conditions: { ...filters(), unmatched: { IKE: true, IPsec: false } } },
      {},
      'foreign-conditions',
      /IKE unmatched/,
    ],
    [
      'the conditions cannot be read',
      { conditions: null, unread: ['conditions: show crypto debug-condition: timeout'] },
      {},
      'conditions-unread',
      /timeout/,
    ],
    ['the console logs debugs', { logging: logging({ console: 7 }) }, {}, 'console-logging', /hang the router/],
    ['the console level is not known', { logging: logging({ console: null }) }, {}, 'logging-unread', /not read/],
    [
      'nothing could be read at all',
      { logging: null, unread: ['the agent is stopping'] },
      {},
      'logging-unread',
      /the agent is stopping/,
    ],
    [
      'a terminal monitor would get the debugs',
      { logging: logging({ monitor: 5 }) },
      { terminalMonitor: true },
      'terminal-monitor',
      /monitor level is 5/,
    ],
    [
      'its level is not known',
      { logging: logging({ monitor: null }) },
      { terminalMonitor: true },
      'terminal-monitor',
      /not known/,
    ],
    ['one VTY line for people', { freeVtys: 1 }, {}, 'lines-short', /^VTY lines free beside our own sessions: 1;/],
    [
      'the lines cannot be read',
      { freeVtys: null, unread: ['lines: show line: refused'] },
      {},
      'lines-unread',
      /show line: refused/,
    ],
    ['no peer address', {}, planOf(), 'no-conditions', /no peer address/],
    ['eleven addresses of one type', {}, planOf(...v4(11)), 'too-many-conditions', /^11 peer addresses/],
  ])('%s', (_title, change, more, word, text) => {
    const { refusals } = judge(change, more);
    expect(words(refusals)).toEqual([word]);
    expect(refusals[0]!.text).toMatch(text);
  });

  test.each<[title: string, change: Partial<PreflightReading>, more: Partial<PreflightTerms>]>([
    ['just below both CPU bounds', { cpu: cpu(69, 49) }, {}],
    ['10 % of the memory', { memoryFreePercent: 10 }, {}],
    ['the memory not readable', { memoryFreePercent: null }, {}],
    ['the console at informational', { logging: logging({ console: 6 }) }, {}],
    ['two VTY lines', { freeVtys: 2 }, {}],
    ['a condition of ours, left by an earlier arming', { conditions: filters('11.1.1.3') }, { ourConditions: ['11.1.1.3'] }],
    ['ten addresses of each type', {}, planOf(...v4(10), ...Array.from({ length: 10 }, (_, i) => `2001:db8::${i + 1}`))],
    ['a monitor at warnings', { logging: logging({ monitor: 4 }) }, { terminalMonitor: true }],
    ['a monitor at debugging that nobody of us reads', { logging: logging({ monitor: 7 }) }, {}],
    ['debugs of another subsystem', { flags: [HSRP] }, {}],
  ])('not for %s', (_title, change, more) => {
    expect(judge(change, more).refusals).toEqual([]);
  });

  test('all that stands is told at once, with what to enter', () => {
    const { refusals } = judge({ cpu: cpu(99, 99), flags: [CRYPTO], logging: logging({ console: 7 }), freeVtys: 0 });
    expect(words(refusals)).toEqual(['cpu-busy', 'foreign-debugs', 'console-logging', 'lines-short']);
    expect(refusals.find(({ word }) => word === 'console-logging')?.enter).toEqual(['no logging console']);
  });

  test('without remedies there is nothing to enter, and the verdict is the same', () => {
    const { remedies: _, ...bare } = terms;
    const verdict = judgePreflight({ ...good, logging: logging({ console: 7, trap: 6 }) }, bare);
    expect(words(verdict.refusals)).toEqual(['console-logging']);
    expect([...verdict.refusals, ...verdict.warnings].flatMap(({ enter }) => enter)).toEqual([]);
  });

  test('a reading of nothing refuses for everything that must be known', () => {
    const nothing: PreflightReading = {
      cpu: null,
      memoryFreePercent: null,
      flags: null,
      conditions: null,
      logging: null,
      freeVtys: null,
      msecStamps: null,
      sequenceNumbers: null,
      clockMark: null,
      unread: [],
    };
    const unread = ['cpu-unread', 'debugs-unread', 'conditions-unread', 'logging-unread', 'lines-unread'];
    expect(words(judgePreflight(nothing, terms).refusals)).toEqual(unread);
  });
});

describe('warnings', () => {
  test.each<Case>([
    ['HSRP debugs', { flags: [HSRP] }, {}, 'other-debugs', /HSRP Events debugging/],
    ['the trap level is informational', { logging: logging({ trap: 6 }) }, {}, 'trap-level', /the trap level is 6/],
    ['traps are off', { logging: logging({ trap: -1 }) }, {}, 'trap-level', /the trap level is off/],
    ['another logging host', { logging: logging({ hosts: ['203.0.113.9'] }) }, {}, 'no-logging-host', /203\.0\.113\.9/],
    ['none', { logging: logging({ hosts: [] }) }, {}, 'no-logging-host', /no logging host/],
    ['a name, which may be us', { logging: logging({ hosts: ['log.example.net'] }) }, {}, 'no-logging-host', /may be ours/],
    ['a rate limit', { logging: logging({ rateLimited: true }) }, {}, 'rate-limited', /rate-limit/],
    ['stamps of whole seconds', { msecStamps: false }, {}, 'no-msec-stamps', /no milliseconds/],
    ['no sequence numbers', { sequenceNumbers: false }, {}, 'no-sequence-numbers', /no sequence numbers/],
    ['a clock that was never set', { clockMark: '*' }, {}, 'clock-not-in-sync', /never set/],
    ['a clock out of sync', { clockMark: '.' }, {}, 'clock-not-in-sync', /not in sync/],
    ['the memory', { memoryFreePercent: null, unread: ['memory: refused'] }, {}, 'memory-unread', /refused/],
    ['the settings', { sequenceNumbers: null, unread: ['settings: refused'] }, {}, 'settings-unread', /refused/],
    ['the clock', { clockMark: null }, {}, 'clock-unread', /clock/],
  ])('%s', (_title, change, more, word, text) => {
    const verdict = judge(change, more);
    expect(verdict.refusals).toEqual([]);
    expect(words(verdict.warnings)).toEqual([word]);
    expect(verdict.warnings[0]!.text).toMatch(text);
  });

  test('what to enter names our address', () => {
    const { warnings } = judge({ logging: logging({ hosts: [], trap: 6 }) });
    expect(warnings.flatMap(({ enter }) => enter)).toEqual(['logging trap debugging', 'logging host 198.51.100.7']);
  });

  test('an address is the same however it is spelled', () => {
    const spelled = { logging: logging({ hosts: ['2001:DB8:0:0::7'] }) };
    expect(judge(spelled, { ourHosts: ['2001:db8::7'] }).warnings).toEqual([]);
  });

  test('without a source that takes syslog nothing is said about it', () => {
    expect(judge({ logging: logging({ trap: -1, hosts: [], rateLimited: true }) }, { ourHosts: [] }).warnings).toEqual([]);
  });
});

test('a verdict is found for any figures, and every word of it is known', () => {
  const level = fc.option(fc.integer({ min: -1, max: 7 }), { nil: null });
  const reading: fc.Arbitrary<PreflightReading> = fc.record({
    cpu: fc.option(
      fc.tuple(fc.nat(100), fc.nat(100)).map(([five, one]) => cpu(five, one)),
      { nil: null },
    ),
    memoryFreePercent: fc.option(fc.double({ min: 0, max: 100, noNaN: true }), { nil: null }),
    flags: fc.option(fc.array(fc.constantFrom(CRYPTO, HSRP), { maxLength: 9 }), { nil: null }),
    conditions: fc.option(
      fc.array(fc.ipV4(), { maxLength: 20 }).map((list) => filters(...list)),
      { nil: null },
    ),
    logging: fc.option(
      fc.record({
        console: level,
        monitor: level,
        buffer: level,
        trap: level,
        hosts: fc.array(fc.string(), { maxLength: 20 }),
        rateLimited: fc.option(fc.boolean(), { nil: null }),
      }),
      { nil: null },
    ),
    freeVtys: fc.option(fc.nat(16), { nil: null }),
    msecStamps: fc.option(fc.boolean(), { nil: null }),
    sequenceNumbers: fc.option(fc.boolean(), { nil: null }),
    clockMark: fc.constantFrom('*' as const, '.' as const, '' as const, null),
    unread: fc.array(fc.string(), { maxLength: 9 }),
  });
  fc.assert(
    fc.property(reading, (any) => {
      const { refusals, warnings } = judgePreflight(any, terms);
      for (const word of words(refusals)) expect(refusalWords).toContain(word);
      for (const word of words(warnings)) expect(warningWords).toContain(word);
      const dangerous = any.cpu === null || any.cpu.oneMinute >= 50 || any.flags === null || any.flags.includes(CRYPTO);
      if (dangerous || any.logging?.console === 7 || (any.freeVtys ?? 0) < 2) expect(refusals).not.toEqual([]);
    }),
  );
});

describe('docs/arming.md', () => {
  const page = readFileSync(new URL('../../docs/arming.md', import.meta.url), 'utf8');
  const rows = (title: string) =>
    page
      .split(`## ${title}\n`)[1]!
      .split('\n## ')[0]!
      .split('\n')
      .filter((line) => line.startsWith('| `'))
      .map((line) => line.split('|').map((cell) => cell.trim()));

  test.each([
    ['What refuses', refusalWords],
    ['What warns', warningWords],
    ['The breaker', ['cpu', 'debug-rate', 'memory', 'cpu-unreadable']],
  ] as const)('%s: one row for each word, and no other', (title, known) => {
    expect(rows(title).map(([, word]) => word)).toEqual(known.map((word) => `\`${word}\``));
  });

  test('the lines of the dead-man are those that are sent', () => {
    const shown = page.split('```')[1]!.trim().split('\n');
    expect(shown).toEqual(['configure terminal', ...ciscoIos.arming.deadMan.set(1_800), 'end']);
  });
});
