/** How a box can be made to misbehave: think time, stalls, drops, preambles, noise; and the output modifiers with disk0. */
import { describe, expect, test } from 'vitest';
import { createBox } from '../../agent/lab/box.ts';
import { iosRegex } from '../../agent/lab/filters.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { boxOptions, login, stage } from './lab-support.ts';

test('think time delays each answer, and type-ahead waits for the prompt', async () => {
  const clock = new FakeClock();
  const box = createBox(boxOptions(clock));
  const hand = login(box);
  box.behave({ thinkMs: 700 });
  expect(hand.type('show privilege\rshow clock\r')).toBe('show privilege\r\n');
  await clock.advance(699);
  expect(hand.read()).toBe('');
  await clock.advance(1);
  expect(hand.read()).toBe('Current privilege level is 15\r\nhub#show clock\r\n');
  await clock.advance(700);
  expect(hand.read()).toMatch(/^\*18:22:12\.106 UTC Thu Mar 12 2026\r\nhub#$/);
});

test('a stall prints half and then nothing; a drop closes the line in the middle', () => {
  const { hub } = stage();
  const whole = login(hub).run('show crypto session detail').split('\n');
  hub.behave({ stall: [/^show crypto session/], drop: [/^show version/] });
  const stalled = login(hub);
  const text = stalled.type('show crypto session detail\r');
  expect(text.split('\r\n').slice(1, -1)).toEqual(whole.slice(0, Math.ceil((whole.length - 1) / 2)));
  expect(stalled.type('\r\rshow clock\r')).toBe('');
  const dropped = login(hub);
  expect(dropped.type('show version\r')).toContain('Cisco IOS Software');
  expect(dropped.closed).toBe(true);
  expect(hub.commandLog.at(-1)!.expanded).toBe('show version');
});

test('`exec prompt timestamp` stands before the output, outside the filter', () => {
  const box = createBox(boxOptions(new FakeClock(), { behaviour: { promptTimestamp: true } }));
  expect(login(box).run('show version | include ^Configuration')).toBe(
    'Load for five secs: 3%/0%; one minute: 3%; five minutes: 3%\nTime source is hardware calendar, *18:22:10.706 UTC Thu Mar 12 2026\n\nConfiguration register is 0x0\n',
  );
});

test('noise comes at its rate, of several kinds', async () => {
  const clock = new FakeClock();
  const box = createBox(
    boxOptions(clock, { trapLevel: 'debugging', behaviour: { noisePerSecond: 20, clockMark: '.', sequenceNumbers: true } }),
  );
  const sent: string[] = [];
  box.onSyslog((message) => sent.push(message));
  await clock.advance(5_000);
  expect(sent).toHaveLength(100);
  expect(sent[9]).toMatch(/^<1(?:87|89|90|91)>10: 000010: \.Mar 12 18:22:11\.206: /);
  expect(new Set(sent.map((message) => message.slice(0, 5))).size).toBeGreaterThan(2);
});

test('the log buffer forgets its oldest messages', async () => {
  const clock = new FakeClock();
  const box = createBox(boxOptions(clock, { behaviour: { noisePerSecond: 50 } }));
  const hand = login(box);
  for (const line of ['conf t', 'logging buffered 4096', 'end']) hand.run(line);
  await clock.advance(10_000);
  const text = hand.run('show logging');
  const buffer = text.slice(text.indexOf('Log Buffer (4096 bytes):'));
  expect(buffer.length).toBeLessThan(4_200);
  expect(buffer).not.toContain('18:22:11');
  expect(buffer).toContain('18:22:20');
  expect(text).toContain('Buffer logging:  level debugging, 501 messages logged');
});

describe('output modifiers', () => {
  const box = createBox(boxOptions(new FakeClock()));
  const run = (line: string): string => box.console(line);

  test.each([
    ['show ip int brief | include Ethernet0/[01]', 2],
    ['show ip int brief | exclude Ethernet', 1],
    ['show ip int brief | begin 0/2', 1],
    ['show inventory | i (PID|NAME)', 2],
  ])('%s', (line, count) => {
    expect(run(line).split('\n')).toHaveLength(count);
  });

  test('count and section', () => {
    expect(run('show ip int brief | count Ethernet')).toBe('Number of lines which match regexp = 3');
    expect(run('show running-config | section ^line vty')).toBe('line vty 0 4\n transport preferred none\n transport input ssh');
    expect(run('show running-config | section exclude .')).toBe('\n');
  });

  test.each([
    ['show ip int brief | foo bar', "                        ^\n% Invalid input detected at '^' marker.\n"],
    ['show ip int brief | include', '% Incomplete command.\n'],
    ['show ip int brief | include (', '% Failed to compile regular expression.\n'],
    ['undebug all | include x', "                ^\n% Invalid input detected at '^' marker.\n"],
  ])('%s is refused', (line, answer) => {
    expect(run(line)).toBe(answer);
  });

  test('append, tee and redirect to disk0, and more', () => {
    expect(run('show clock | append disk0:hub.txt')).toBe('');
    expect(run('show privilege | tee /append disk0:hub.txt')).toBe('Current privilege level is 15');
    expect(run('more disk0:hub.txt')).toBe('*18:22:10.706 UTC Thu Mar 12 2026\nCurrent privilege level is 15');
    expect(run('more disk0:hub.txt | include level')).toBe('Current privilege level is 15');
    run('show privilege | redirect disk0:hub.txt');
    expect(run('more disk0:hub.txt')).toBe('Current privilege level is 15');
    expect(run('dir')).toMatch(/-rw- +30 {2}Mar 12 2026 18:22:10 \+00:00 {2}hub\.txt/);
    expect(run('more disk0:other.txt')).toBe('%Error opening disk0:other.txt (No such file or directory)');
    expect(run('show clock | append tftp://192.0.2.1/x')).toBe('%Error opening tftp://192.0.2.1/x (No such device)');
  });

  test('regular expressions as IOS takes them', () => {
    expect(iosRegex('_0_')!.test('Disabled   0   0')).toBe(true);
    expect(iosRegex('_0_')!.test('Disabled   10   20')).toBe(false);
    expect(iosRegex('a{1}')!.test('a{1}')).toBe(true);
    expect(iosRegex('11\\.1\\.1\\.3')!.test('11.1.1.30')).toBe(true);
    expect(iosRegex('CRYPTO')!.test('crypto')).toBe(false);
    expect(iosRegex('[')).toBeNull();
  });
});

test('the running configuration carries the keys that redaction must catch, alike on both ends', () => {
  const { hub, spoke } = stage();
  const key = /crypto isakmp key (\S+) address/;
  const found = key.exec(hub.console('show running-config | section crypto'))?.[1];
  expect(found).toMatch(/^lab-[0-9a-f]{8}$/);
  expect(key.exec(spoke.console('show running-config'))?.[1]).toBe(found);
  expect(hub.console('show running-config')).toMatch(/^ ip nhrp authentication nh[0-9a-f]{6}$/m);
});

test('[confirm] takes one key', async () => {
  const { clock, pair, hub } = stage();
  pair.desync();
  await clock.advance(1_000);
  const hand = login(hub);
  expect(hand.type('clear logging\r')).toBe('clear logging\r\nClear logging buffer [confirm]');
  expect(hand.type('n')).toBe('\r\nhub#');
  expect(hand.run('show logging | include INV')).not.toBe('');
  hand.type('clear logging\r\r');
  expect(hand.run('show logging | include INV')).toBe('');
});

test('a ping through the tunnel fails after the desync, one around it does not', async () => {
  const { clock, pair, spoke } = stage();
  await clock.advance(1_000);
  expect(spoke.console('ping 172.16.0.1')).toContain('!!!!!');
  pair.desync();
  expect(spoke.console('ping 172.16.0.1')).toContain('.....\nSuccess rate is 0 percent (0/5)');
  expect(spoke.console('ping 213.163.222.7')).toContain('!!!!!');
});
