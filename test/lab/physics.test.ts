/** The wrecks of facts.md §5, one a test, and beside each what keeps it from happening. */
import { describe, expect, test } from 'vitest';
import { createBox } from '../../agent/lab/box.ts';
import type { Box, BoxOptions } from '../../agent/lab/contract.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { boxOptions, login, SPOKE_ADDRESS, stage } from './lab-support.ts';

const CONDITION = `debug crypto condition peer ipv4 ${SPOKE_ADDRESS}`;
const debugLines = (box: Box, names = 'ISAKMP|IPSEC\\(|IKEv2|crypto_engine'): string[] =>
  box.console(`show logging | include ${names}`).split('\n').filter(Boolean);
const cpuLine = (box: Box): string => box.console('show processes cpu | include CPU utilization');

function lone(change: Partial<BoxOptions> = {}) {
  const clock = new FakeClock();
  const box = createBox(boxOptions(clock, change));
  const sent: string[] = [];
  box.onSyslog((message) => sent.push(message));
  return { clock, box, sent };
}

describe('the order of conditions and debugs', () => {
  test.each(['debug crypto isakmp', 'debug crypto ipsec', 'debug crypto ikev2', 'debug crypto engine'])(
    '%s before any condition: CPU at 99 %% after one sample and still there a minute later',
    async (command) => {
      const { clock, hub } = stage();
      hub.console(command);
      await clock.advance(6_000);
      expect(cpuLine(hub)).toMatch(/^CPU utilization for five seconds: 99%\/16%; one minute: \d+%; five minutes: \d+%$/);
      await clock.advance(60_000);
      expect(cpuLine(hub)).toMatch(/five seconds: 99%\/16%; one minute: 9\d%; /);
      expect(debugLines(hub).length).toBeGreaterThan(1_000);
    },
  );

  test('the condition first: the same debugs cost next to nothing', async () => {
    const { clock, hub } = stage();
    for (const line of [CONDITION, 'debug crypto isakmp', 'debug crypto ipsec']) hub.console(line);
    await clock.advance(60_000);
    expect(hub.cpuPercent()).toBeLessThan(10);
    expect(debugLines(hub)).toEqual([]);
  });

  test('a condition that comes late ends the flood', async () => {
    const { clock, hub } = stage();
    hub.console('debug crypto isakmp');
    await clock.advance(10_000);
    hub.console(CONDITION);
    hub.console('clear logging');
    await clock.advance(10_000);
    expect(debugLines(hub)).toEqual([]);
    expect(hub.cpuPercent()).toBeLessThan(10);
  });

  test.each([
    ['no', false],
    ['', false],
    ['maybe', false],
    ['yes', true],
  ])('the last condition under a running debug, answered "%s": flood %s', async (answer, floods) => {
    const { clock, hub } = stage();
    const hand = login(hub);
    for (const line of [CONDITION, 'debug crypto isakmp']) hand.run(line);
    expect(hand.type(`no debug crypto condition peer ipv4 ${SPOKE_ADDRESS}\r`)).toMatch(/Proceed with removal\? \[yes\/no\]: $/);
    hand.type(`${answer}\r`);
    await clock.advance(6_000);
    expect(hub.cpuPercent() === 99).toBe(floods);
    expect(hub.console('show crypto debug-condition').includes(SPOKE_ADDRESS)).toBe(!floods);
  });

  test('debugs off first: the last condition goes without a question', () => {
    const hand = login(stage().hub);
    for (const line of [CONDITION, 'debug crypto isakmp', 'undebug all']) hand.run(line);
    expect(hand.run(`no debug crypto condition peer ipv4 ${SPOKE_ADDRESS}`)).toBe('');
    expect(hand.run('show crypto debug-condition')).toContain('turned OFF');
  });

  test('ten values of a type, no more', () => {
    const { box } = lone();
    for (let host = 1; host <= 10; host += 1) expect(box.console(`debug crypto condition peer ipv4 10.0.0.${host}`)).toBe('');
    expect(box.console('debug crypto condition peer ipv4 10.0.0.10')).toBe('');
    expect(box.console('debug crypto condition peer ipv4 10.0.0.11')).toBe(
      '% Cannot add filter: maximum of 10 peer ipv4 filters reached',
    );
    expect(box.console('show crypto debug-condition')).toMatch(/filters:\n10\.0\.0\.1 10\.0\.0\.2 .* 10\.0\.0\.10\n/);
  });
});

describe('the crypto engine', () => {
  const arm = async (hub: Partial<BoxOptions>) => {
    const set = stage({ hub });
    for (const line of [CONDITION, 'debug crypto isakmp', 'debug crypto engine']) set.hub.console(line);
    await set.clock.advance(10_000);
    return set.hub;
  };

  test('does not heed the condition: every peer is heard, and a big hub has nothing left', async () => {
    const small = await arm({});
    expect(debugLines(small).length).toBeGreaterThan(200);
    expect(debugLines(small).every((line) => line.includes('crypto_engine'))).toBe(true);
    expect(small.cpuPercent()).toBeLessThan(30);
    expect((await arm({ floodLinesPerSecond: 3_000 })).cpuPercent()).toBe(99);
  });

  test('in software it does', async () => {
    expect(debugLines(await arm({ engineHeedsConditions: true }))).toEqual([]);
  });
});

describe('a starved box', () => {
  const starve = async (change: Partial<BoxOptions> = {}) => {
    const set = lone({ trapLevel: 'debugging', ...change });
    const hand = login(set.box);
    set.box.console('debug crypto isakmp');
    await set.clock.advance(10_000);
    return { ...set, hand };
  };

  test('answers after seconds, and at once when the debugs are off again', async () => {
    const { clock, box, hand } = await starve();
    hand.type('undebug all\r');
    await clock.advance(1_400);
    expect(hand.read()).toBe('');
    expect(box.debugsOn()).toHaveLength(1);
    await clock.advance(2_600);
    expect(hand.read()).toContain('All possible debugging has been turned off');
    await clock.advance(3_000);
    expect(hand.run('show privilege')).toBe('Current privilege level is 15\n');
  });

  test('gets few messages out: the others leave a gap in the numbers, and a count', async () => {
    const { clock, box, sent } = await starve();
    sent.length = 0;
    await clock.advance(10_000);
    expect(sent.length).toBeGreaterThan(900);
    expect(sent.length).toBeLessThan(1_100);
    const numbers = sent.map((message) => Number(/^<191>(\d+):/.exec(message)![1]));
    expect(numbers.at(-1)! - numbers[0]!).toBeGreaterThan(2 * sent.length);
    expect(Number(/\((\d+) messages dropped/.exec(box.console('show logging'))![1])).toBeGreaterThan(1_000);
  });

  test('is late with a login too', async () => {
    const { clock, box } = await starve();
    let seen = '';
    box.connectVty('198.51.100.9')!.onOutput((text) => {
      seen += text;
    });
    await clock.advance(1_400);
    expect(seen).toBe('');
    await clock.advance(2_600);
    expect(seen).toMatch(/hub>$/);
  });

  test('may be so by other work alone, and may be busy without starving', async () => {
    const { clock, box } = lone();
    const hand = login(box);
    box.behave({ cpuPercent: 85 });
    await clock.advance(6_000);
    expect(box.cpuPercent()).toBe(85);
    expect(hand.run('show privilege')).toBe('Current privilege level is 15\n');
    box.behave({ cpuPercent: 99 });
    await clock.advance(6_000);
    expect(hand.run('show privilege')).toBe('');
  });
});

describe('logging to the console', () => {
  const armed = (change: Partial<BoxOptions>) => {
    const set = stage({ hub: { trapLevel: 'debugging', ...change }, pair: { ipsecLifetimeSeconds: 120 } });
    const sent: string[] = [];
    set.hub.onSyslog((message) => sent.push(message));
    const hand = login(set.hub);
    for (const line of [CONDITION, 'debug crypto isakmp', 'debug crypto ipsec']) hand.run(line);
    return { ...set, sent, hand };
  };

  test('is on by default', () => {
    const { consoleLevel: _, ...bare } = boxOptions(new FakeClock());
    expect(createBox(bare).console('show logging | include ^    Console logging')).toMatch(/Console logging: level debugging, /);
  });

  test('a flood hangs the box within a second: no answer, no syslog, no login, for good', async () => {
    const { clock, hub, sent, hand } = armed({ consoleLevel: 'debugging' });
    hub.console('debug crypto condition reset');
    await clock.advance(1_000);
    expect([hub.isHung(), hub.cpuPercent()]).toEqual([true, 100]);
    sent.length = 0;
    hand.read();
    expect(hand.type('undebug all\r')).toBe('');
    expect(hub.console('undebug all')).toBe('');
    const late = login(hub, { enable: null });
    await clock.advance(3_600_000);
    expect([hub.isHung(), hub.debugsOn().length, sent, hand.read(), late.read()]).toEqual([true, 2, [], '', '']);
  });

  test('one rekey under a sound condition is enough', async () => {
    const { clock, hub } = armed({ consoleLevel: 'debugging' });
    await clock.advance(80_000);
    expect(hub.isHung()).toBe(false);
    await clock.advance(20_000);
    expect(hub.isHung()).toBe(true);
  });

  test.each([null, 'informational'] as const)('at %s the same rekey does nothing', async (consoleLevel) => {
    const { clock, hub } = armed({ consoleLevel });
    await clock.advance(200_000);
    expect(hub.isHung()).toBe(false);
    expect(debugLines(hub).length).toBeGreaterThan(10);
  });

  test('the message alone hangs nothing, though it repeats', async () => {
    const { clock, pair, hub } = stage({ hub: { consoleLevel: 'debugging', messageIntervalMs: 5_000 } });
    pair.desync();
    await clock.advance(600_000);
    expect(hub.isHung()).toBe(false);
  });

  test('a box that comes back runs what waited, and hangs again while the debug is on', async () => {
    const clock = new FakeClock();
    const box = createBox(boxOptions(clock, { consoleLevel: 'debugging', hangMs: 60_000 }));
    const told: boolean[] = [];
    box.onHang((hung) => told.push(hung));
    const hand = login(box);
    hand.run('debug crypto isakmp');
    await clock.advance(2_000);
    expect(hand.type('show privilege\r')).toBe('');
    await clock.advance(58_500);
    expect(hand.read()).toContain('show privilege\r\n');
    await clock.advance(5_000);
    expect(told).toEqual([true, false, true]);
    await clock.advance(55_200);
    hand.type('no logging console\r');
    expect(box.isHung()).toBe(true);
    box.close();
    expect(clock.waiting).toEqual([]);
  });

  test('while the hub hangs it neither answers DPD nor logs what arrives', async () => {
    const { clock, pair, hub, spoke } = stage({ hub: { consoleLevel: 'debugging' }, pair: { dpdSeconds: 10 } });
    const sent: string[] = [];
    hub.onSyslog((message) => sent.push(message));
    hub.console('debug crypto isakmp');
    await clock.advance(1_000);
    expect(hub.isHung()).toBe(true);
    sent.length = 0;
    pair.desync();
    await clock.advance(60_000);
    expect(sent).toEqual([]);
    expect(spoke.console('show crypto isakmp sa')).not.toContain('QM_IDLE');
  });
});

describe('memory', () => {
  const free = (box: Box): number => {
    const [, total, left] = /^Processor Pool Total: +(\d+) Used: +\d+ Free: +(\d+)/.exec(box.console('show processes memory'))!;
    return Math.round((100 * Number(left)) / Number(total));
  };

  test('a flood eats it, at its rate, and gives it back', async () => {
    const { clock, box } = lone({ floodMemoryPercentPerSecond: 2 });
    expect(free(box)).toBe(60);
    box.console('debug crypto isakmp');
    await clock.advance(10_000);
    expect(free(box)).toBe(40);
    await clock.advance(16_000);
    expect(free(box)).toBeLessThan(10);
    expect(free(box)).toBe(Math.round(box.freeMemoryPercent()));
    box.console('undebug all');
    await clock.advance(60_000);
    expect(free(box)).toBe(60);
  });

  test('when nearly nothing is left the box says so and lets nobody in', async () => {
    const { clock, box } = lone({ floodMemoryPercentPerSecond: 2 });
    const inside = login(box);
    box.console('debug crypto isakmp');
    await clock.advance(60_000);
    expect(box.console('show logging | include MALLOCFAIL|^Pool: ')).toMatch(
      /^\*Mar 12 .*: %SYS-2-MALLOCFAIL: Memory allocation of 10260 bytes failed .*\nPool: Processor {2}Free: \d+ {2}Cause/m,
    );
    let seen = '';
    let closed = false;
    const late = box.connectVty('198.51.100.9')!;
    late.onOutput((text) => {
      seen += text;
    });
    late.onClose(() => {
      closed = true;
    });
    await clock.advance(5_000);
    expect([seen, closed]).toEqual(['\r\n%% Low on memory; try again later\r\n', true]);
    inside.type('undebug all\r');
    await clock.advance(30_000);
    expect(inside.read()).toContain('All possible debugging has been turned off');
    expect(inside.run('show privilege')).toBe('Current privilege level is 15\n');
    expect(login(box, { enable: null }).run('show privilege')).toBe('Current privilege level is 1\n');
  });

  test('whom it sends away while it is as quick as ever holds no line, and sees why', async () => {
    const { clock, box } = lone({});
    box.behave({ freeMemoryPercent: 1 });
    const all = 5;
    for (let tried = 0; tried < 2 * all; tried++) {
      const line = box.connectVty('198.51.100.9');
      expect(line, `login ${tried}`).not.toBeNull();
      const ends: string[] = [];
      line!.onOutput((text) => ends.push(text.trim()));
      line!.onClose(() => ends.push('closed'));
      await clock.advance(0);
      expect(ends).toEqual(['%% Low on memory; try again later', 'closed']);
    }
  });

  test('a peer whose lines the CPU cannot bear eats it too, condition or not', async () => {
    const { clock, hub } = stage({ hub: { floodMemoryPercentPerSecond: 2, behaviour: { peerDebugLinesPerSecond: 2_500 } } });
    for (const line of [CONDITION, 'debug crypto isakmp']) hub.console(line);
    await clock.advance(26_000);
    expect(hub.freeMemoryPercent()).toBeLessThan(10);
  });

  test('under a condition it stays, and a box may have little from the start', async () => {
    const { clock, box } = lone({ floodMemoryPercentPerSecond: 2, behaviour: { freeMemoryPercent: 9 } });
    for (const line of [CONDITION, 'debug crypto isakmp']) box.console(line);
    await clock.advance(60_000);
    expect(free(box)).toBe(9);
    box.behave({ freeMemoryPercent: 30 });
    expect(free(box)).toBe(30);
  });
});

describe('debug lines of the peer that the condition names', () => {
  test('come at the rate that the peer gives, of that peer alone', async () => {
    const { clock, hub } = stage({ hub: { trapLevel: 'debugging', behaviour: { peerDebugLinesPerSecond: 5 } } });
    for (const line of [CONDITION, 'debug crypto isakmp', 'debug crypto ipsec']) hub.console(line);
    await clock.advance(60_000);
    const lines = debugLines(hub);
    expect(lines.length).toBeGreaterThan(280);
    expect(lines.length).toBeLessThan(320);
    const named = lines.flatMap((line) => line.match(/\d+\.\d+\.\d+\.\d+/g) ?? []);
    expect([...new Set(named)].sort()).toEqual([SPOKE_ADDRESS]);
    expect(hub.cpuPercent()).toBeLessThan(10);
    hub.console('undebug all');
    hub.console('clear logging');
    await clock.advance(10_000);
    expect(debugLines(hub)).toEqual([]);
  });

  test('a condition for a stranger lets nothing through', async () => {
    const { clock, hub } = stage({ hub: { behaviour: { peerDebugLinesPerSecond: 5 } } });
    for (const line of ['debug crypto condition peer ipv4 192.0.2.77', 'debug crypto isakmp']) hub.console(line);
    await clock.advance(60_000);
    expect(debugLines(hub)).toEqual([]);
  });

  test('a peer in trouble is a flood of its own, condition or not, and the CPU may bear it', async () => {
    const rates = { peerDebugLinesPerSecond: 2_500 };
    const weak = stage({ hub: { behaviour: rates } });
    const strong = stage({ hub: { behaviour: rates, debugLinesAtFullCpu: 50_000 } });
    for (const { hub, clock } of [weak, strong]) {
      for (const line of [CONDITION, 'debug crypto isakmp']) hub.console(line);
      await clock.advance(6_000);
    }
    expect(weak.hub.cpuPercent()).toBe(99);
    expect(strong.hub.cpuPercent()).toBeLessThan(20);
    expect(
      Number(/Buffer logging: +level debugging, (\d+) messages/.exec(strong.hub.console('show logging'))![1]),
    ).toBeGreaterThan(14_000);
  });
});
