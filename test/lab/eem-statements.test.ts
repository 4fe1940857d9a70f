/**
 * What applets in the wild do beyond Note A's: variables, conditions, loops, regular expressions over what a command printed, questions
 * answered, environment, watchdogs, applets run by hand. IOS "Embedded Event Manager Command Reference".
 */
import { describe, expect, test } from 'vitest';
import { SimulatedBox } from '../../agent/lab/box.ts';
import type { BoxOptions } from '../../agent/lab/contract.ts';
import { labLimits } from '../../agent/lab/lab-limits.ts';
import { readEemConfig } from '../../shared/eem/read-config.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { boxOptions, login } from './lab-support.ts';
import { logged } from './note-a.ts';

function boxWith(lines: readonly string[], change: Partial<BoxOptions> = {}) {
  const clock = new FakeClock();
  const box = new SimulatedBox(boxOptions(clock, change));
  expect(box.configure(lines)).toEqual([]);
  return { clock, box };
}

/** Numbered 010, 020 … so that their order is that of the list. */
const actions = (...all: readonly string[]): string[] =>
  all.map((text, index) => `action ${String((index + 1) * 10).padStart(4, '0')} ${text}`);

/** Runs the actions by hand; what they said to the log, without the applet's name. */
async function said(all: readonly string[], args = '', before: readonly string[] = []) {
  const { clock, box } = boxWith([...before, 'event manager applet x', 'event none maxrun 60', ...actions(...all)]);
  expect(box.console(`event manager run x ${args}`)).toBe('');
  await clock.advance(70_000);
  const lines = logged(box, /HA_EM/).map((line) => line.replace(/^%HA_EM-6-LOG: x: /, ''));
  return { lines, run: box.appletRuns[0]!, box };
}
const puts = async (all: readonly string[], args = ''): Promise<string[]> => (await said(all, args)).lines;

describe('variables', () => {
  test('set, append, increment, decrement, and their values in a text', async () => {
    const all = [
      'set n 5',
      'set $word "a b"',
      'append word " $n"',
      'increment n',
      'increment n 10',
      'decrement n',
      'puts "$word, $n$"',
    ];
    expect(await puts(all)).toEqual(['a b 5, 15$']);
  });

  test('arithmetic leaves $_result', async () => {
    const all = ['set a 7', ...['add', 'subtract', 'multiply', 'divide'].flatMap((how) => [`${how} $a 2`, 'puts "$_result"'])];
    expect(await puts(all)).toEqual(['9', '5', '14', '3']);
  });

  test.each([
    ['nothing divides by 0', 'divide 4 0'],
    ['a word is no number', 'increment word'],
    ['a pattern that does not compile', 'regexp "(" "x"'],
    ['an `if` without its `end`', 'if 1 eq 1'],
    ['an `end` of nothing', 'end'],
    ['a `break` outside a loop', 'break'],
  ])('%s: the applet fails there', async (_what, line) => {
    const { lines, run } = await said(['set word "w"', line, 'puts "never"']);
    expect(run.ended).toMatchObject({ how: 'failed', notRun: ['0020', '0030'] });
    expect(lines).toEqual(['%HA_EM-3-FMPD_ERROR: Error executing applet x statement 0020']);
  });

  test.each([
    'puts "$nobody"',
    'cli command "show $nobody"',
    'syslog msg "$nobody"',
    'snmp-trap strdata "$nobody"',
    'increment nobody',
  ])('a name that nothing has ends the applet: %s', async (line) => {
    const { lines, run } = await said([line, 'puts "never"']);
    expect(run.ended).toMatchObject({ how: 'failed', notRun: ['0010', '0020'] });
    expect(lines[0]).toBe('%HA_EM-3-FMPD_UNKNOWN_ENV: fh_parse_var: could not find environment variable: nobody');
  });

  test('the environment: in texts and in an event’s pattern, shown, printed, taken away', async () => {
    const before = ['event manager environment _peer 11.1.1.3', 'event manager environment _note two words'];
    const { lines, box } = await said(['puts "$_peer $_note"'], '', before);
    expect(lines).toEqual(['11.1.1.3 two words']);
    expect(box.console('show event manager environment all').split('\n')[1]).toBe('1    _peer                         11.1.1.3');
    expect(box.console('show running-config')).toContain('event manager environment _note two words\n');
    box.configure(['no event manager environment _note']);
    expect(box.console('show running-config')).not.toContain('_note two');
    box.configure(['event manager applet p', 'event syslog pattern "srcaddr=$_peer"', 'action 1 puts "$_syslog_msg"']);
    box.core.log.message(4, 'TEST-4-X', 'srcaddr=11.1.1.4');
    expect(box.appletRuns).toHaveLength(1);
    box.core.log.message(4, 'TEST-4-X', 'srcaddr=11.1.1.3');
    expect(box.appletRuns).toHaveLength(2);
  });

  test('the environment is bounded', () => {
    const most = labLimits.eemEnvironment;
    const lines = Array.from({ length: most + 1 }, (_, index) => `event manager environment v${index} x`);
    const box = new SimulatedBox(boxOptions(new FakeClock()));
    expect(box.configure(lines)).toEqual([`%EEM: ${most} environment variables are the most`]);
  });
});

describe('conditions and loops', () => {
  const choose = (value: string): string[] => [
    `set x "${value}"`,
    'if $x eq "1"',
    'puts "one"',
    'elseif $x gt "9"',
    'if $x eq "100"',
    'puts "hundred"',
    'end',
    'puts "large"',
    'else',
    'puts "other"',
    'end',
    'puts "after"',
  ];

  test.each([
    ['1', ['one', 'after']],
    ['10', ['large', 'after']],
    ['100', ['hundred', 'large', 'after']],
    ['5', ['other', 'after']],
    // Two integers are numbers, a word is a text.
    ['01', ['one', 'after']],
    ['word', ['large', 'after']],
  ])('if, elseif, else, one in another: %s', async (value, expected) => {
    expect(await puts(choose(value))).toEqual(expected);
  });

  test('an inner condition that does not hold leaves the outer one’s else alone', async () => {
    const all = ['if 1 eq 1', 'if 1 eq 2', 'puts "inner"', 'end', 'else', 'puts "outer else"', 'end', 'puts "after"'];
    expect(await puts(all)).toEqual(['after']);
  });

  test('while, with continue and break', async () => {
    const all = [
      ...['set i 0', 'while $i lt 10', 'increment i', 'if $i eq 2', 'continue', 'end', 'if $i eq 4', 'break', 'end'],
      ...['puts "$i"', 'end', 'puts "left at $i"'],
    ];
    expect(await puts(all)).toEqual(['1', '3', 'left at 4']);
  });

  test('foreach over words, and over lines; begun anew when come to again', async () => {
    const all = [
      ...['set all "a  b"', 'foreach w "$all c"', 'foreach n "1 2"', 'puts "$w$n"', 'end', 'end'],
      ...['foreach part "x,y" ","', 'puts "$part"', 'end'],
    ];
    expect(await puts(all)).toEqual(['a1', 'a2', 'b1', 'b2', 'c1', 'c2', 'x', 'y']);
    const left = ['foreach n "1 2"', 'foreach w "a b"', 'puts "$n$w"', 'break', 'end', 'end'];
    expect(await puts(left)).toEqual(['1a', '2a']);
  });

  test('exit ends it, and it has succeeded', async () => {
    const { lines, run } = await said(['if 1 eq 1', 'puts "x"', 'exit 0', 'end', 'puts "never"']);
    expect(lines).toEqual(['x']);
    expect(run.ended).toMatchObject({ how: 'done', notRun: [] });
  });

  test('a loop without end ends with maxrun, and its record is bounded', async () => {
    const { run } = await said(['set i 0', 'while 1 eq 1', 'increment i', 'end']);
    expect(run.ended?.how).toBe('maxrun');
    expect(run.actions).toHaveLength(labLimits.appletRunActions);
  });

  test('a text that doubles without end is bounded', async () => {
    const { run, lines, box } = await said([
      ...['set x "aa"', 'set i 0', 'while $i lt 40', 'set x "$x$x"', 'append x "$x"', 'increment i', 'end'],
      ...['regexp "^a+$" "$x"', 'puts "$_regexp_result"', 'cli command "$x$x"'],
    ]);
    expect([run.ended?.how, lines]).toEqual(['done', ['1']]);
    expect(box.commandLog.at(-2)!.typed).toHaveLength(labLimits.eemValueCharacters);
  });

  test('an `end` at 10 stands before the `if` at 9, as labels are texts: the applet fails', async () => {
    const { clock, box } = boxWith([
      'event manager applet x',
      'event none',
      'action 9 if 1 eq 1',
      'action 9.5 puts "x"',
      'action 10 end',
    ]);
    box.console('event manager run x');
    await clock.advance(1_000);
    expect(box.appletRuns[0]!.ended).toMatchObject({ how: 'failed', notRun: ['10', '9', '9.5'] });
  });
});

describe('what commands print', () => {
  test('$_cli_result is what the terminal showed, and regexp takes its parts', async () => {
    const all = [
      'cli command "enable"',
      'cli command "show ip interface brief"',
      'regexp "([0-9.]+) +YES\\s+\\w+ +up" "$_cli_result" match address',
      'if $_regexp_result eq "1"',
      'puts "address $address"',
      'end',
      'regexp "no such text" "$_cli_result"',
      'puts "then $_regexp_result"',
      'regexp "Interface.*hub" "$_cli_result"',
      'puts "over lines $_regexp_result"',
    ];
    expect(await puts(all)).toEqual(['address 213.163.222.7', 'then 0', 'over lines 1']);
  });

  test('the prompt stands at its end', async () => {
    expect(await puts(['cli command "enable"', 'regexp "[^\\r\\n]+$" "$_cli_result" last', 'puts "$last"'])).toEqual(['hub#']);
  });

  test('a question that is waited for, and answered by the next command', async () => {
    const { box, run } = await said([
      'puts "to be cleared"',
      'cli command "enable"',
      'cli command "clear logging" pattern "confirm"',
      'cli command "y"',
      'cli command "show clock | append disk0:after.txt"',
    ]);
    expect(run.ended?.how).toBe('done');
    expect(box.readFile('after.txt')).toMatch(/^\S+ .* 2026\n$/);
    expect(box.console('show logging')).not.toContain('to be cleared');
  });

  test('a pattern that nothing matches is waited for until maxrun', async () => {
    const { run } = await said(['cli command "enable" pattern "Password"', 'puts "never"']);
    expect(run.ended).toMatchObject({ how: 'maxrun', notRun: ['0020'] });
  });

  test('debugs off only where some are on: an applet that looks first', async () => {
    const all = [
      'cli command "enable"',
      'cli command "show debugging"',
      'regexp "Crypto ISAKMP debugging is on" "$_cli_result"',
      'if $_regexp_result eq 1',
      'cli command "undebug all"',
      'end',
    ];
    for (const isOn of [true, false]) {
      const { clock, box } = boxWith(['event manager applet x', 'event none', ...actions(...all)]);
      if (isOn) box.console('debug crypto isakmp');
      box.console('event manager run x');
      await clock.advance(10_000);
      expect(box.debugsOn()).toEqual([]);
      const undebugs = box.commandLog.filter(({ expanded }) => expanded === 'undebug all');
      expect(undebugs).toHaveLength(isOn ? 1 : 0);
    }
  });
});

describe('events', () => {
  test('none: run by hand with its arguments, and by nothing else', async () => {
    expect(await puts(['puts "$_none_argc: $_none_arg1 $_none_arg2 ($_event_type_string)"'], 'a b')).toEqual(['2: a b (none)']);
    const { box } = boxWith(['event manager applet s', 'event syslog pattern "x"', 'action 1 wait 1']);
    const answer = (name: string): string => box.console(`event manager run ${name}`);
    expect([answer('s'), answer('nobody')]).toEqual([
      'EEM policy s not registered with event none Event Detector',
      'EEM policy nobody not registered with event none Event Detector',
    ]);
  });

  test('watchdog: again and again, until it is taken away', async () => {
    const { clock, box } = boxWith([
      'event manager applet w',
      'event timer watchdog name tick time 60',
      'action 1 puts "$_timer_type"',
    ]);
    await clock.advance(185_000);
    expect(box.appletRuns.map(({ event, cause }) => [event, cause])).toEqual(Array(3).fill(['timer watchdog', 'watchdog']));
    expect(logged(box, /HA_EM/)[0]).toBe('%HA_EM-6-LOG: w: watchdog');
    box.configure(['no event manager applet w']);
    await clock.advance(600_000);
    expect(box.appletRuns).toHaveLength(3);
    expect(clock.waiting.filter((name) => name.includes('eem'))).toEqual([]);
  });

  test('a watchdog of no time does not hold the box', async () => {
    const { clock, box } = boxWith(['event manager applet w', 'event timer watchdog time 0', 'action 1 wait 1']);
    await clock.advance(5_500);
    expect(box.appletRuns).toHaveLength(5);
  });

  test('ratelimit: what comes within it starts nothing', async () => {
    const { clock, box } = boxWith(['event manager applet r', 'event syslog pattern "go" ratelimit 60', 'action 1 wait 1']);
    for (let minute = 0; minute < 4; minute += 1) {
      box.core.log.message(4, 'TEST-4-X', 'go');
      await clock.advance(31_000);
    }
    expect(box.appletRuns).toHaveLength(2);
  });

  test('the event’s time, and a notification’s varbind, are variables', async () => {
    const { clock, box } = boxWith([
      'snmp-server manager',
      'event manager applet n',
      'event snmp-notification oid 1.3.6.1.2.1.1.3. oid-val "0" op ge',
      'action 1 puts "$_snmp_notif_oid from $_snmp_notif_src_ip_addr"',
      'action 2 puts "$_event_pub_time"',
    ]);
    const other = new SimulatedBox(boxOptions(clock, { seed: 9 }));
    other.snmp.onSend((bytes) => void box.snmp.receive(bytes, { address: '192.0.2.9', port: 5_000 }));
    other.configure([
      'snmp-server enable traps event-manager',
      'snmp-server host 192.0.2.1 version 2c c',
      'event manager applet t',
      'event none',
      'action 1 snmp-trap intdata1 5',
    ]);
    other.console('event manager run t');
    await clock.advance(1_000);
    const [first, second] = logged(box, /HA_EM/);
    expect(first).toBe('%HA_EM-6-LOG: n: 1.3.6.1.2.1.1.3.0 from 192.0.2.9');
    expect(second).toMatch(/n: .*Mar 12 2026/);
  });
});

describe('the running configuration', () => {
  test('prints each statement as another box takes it, and prints alike', () => {
    const lines = [
      'event manager environment _delay 18',
      'event manager applet all',
      ' event syslog occurs 2 pattern "x" maxrun 60 ratelimit 30',
      ' action 01 set x "a b"',
      ' action 02 append x "c"',
      ' action 03 increment n',
      ' action 04 decrement n 2',
      ' action 05 add $n 1',
      ' action 06 regexp "(a) (b)" "$x" all first second',
      ' action 07 if $_regexp_result eq "1"',
      ' action 08 elseif "a b" ne "$x"',
      ' action 09 else',
      ' action 10 end',
      ' action 11 while $n lt "5"',
      ' action 12 break',
      ' action 13 continue',
      ' action 14 end',
      ' action 15 foreach l "$x" "\\n"',
      ' action 16 end',
      ' action 17 puts nonewline "x"',
      ' action 18 comment as "it" stands',
      ' action 19 cli command "clear logging" pattern "confirm"',
      ' action 20 exit 1',
      'event manager applet by-hand',
      ' event none maxrun 30',
      ' action 1 exit',
      'event manager applet tick',
      ' event timer watchdog name t time 60',
      ' action 1 puts "x"',
    ];
    const { box } = boxWith(lines);
    expect(box.console('show running-config | section event manager').split('\n')).toEqual(lines);
    // And lint and import understand each of them.
    const read = readEemConfig(lines.join('\n'));
    expect(read.unread).toEqual([]);
    expect(read.applets.map(({ events, actions: each }) => [events.length, each.length])).toEqual([
      [1, 20],
      [1, 1],
      [1, 1],
    ]);
    const policies = box.console('show event manager policy registered');
    expect(policies).toContain(' sync {yes}\n maxrun 30.000\n action 1 exit');
    expect(policies).toContain(' name t time 60.000');
  });

  test.each([
    ['action 1 set ', '9x 1'],
    ['action 1 set x "1" ', 'more'],
    ['action 1 if $x ', 'is 1'],
    ['action 1 regexp "a" "b" c d e f ', 'g'],
    ['action 1 increment x ', 'many'],
    ['action 1 else ', 'if'],
    ['action 1 ', 'string length "x"'],
    ['event none ', 'now'],
    ['event timer ', 'absolute time 5'],
  ])('%s…%s is refused with the caret there', (before, rest) => {
    const hand = login(new SimulatedBox(boxOptions(new FakeClock())));
    for (const line of ['enable', 'lab', 'configure terminal', 'event manager applet x']) hand.run(line);
    const [caret, refusal] = hand.run(before + rest).split('\n');
    expect(refusal).toBe("% Invalid input detected at '^' marker.");
    expect(caret!.indexOf('^') - 'hub(config-applet)#'.length).toBe(before.length);
  });

  test.each([
    'action 1 set x',
    'action 1 if $x eq',
    'action 1 regexp "a"',
    'action 1 foreach l',
    'action 1 puts',
    'action 1 while',
  ])('%s is not complete', (line) => {
    const box = new SimulatedBox(boxOptions(new FakeClock()));
    expect(box.configure(['event manager applet x', line])).toContain('% Incomplete command.');
  });
});
