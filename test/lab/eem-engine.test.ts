/** EEM as it really behaves (facts.md §4): label order, maxrun, VTYs, AAA, what is screened, countdowns, the log of runs. */
import { describe, expect, test } from 'vitest';
import { SimulatedBox } from '../../agent/lab/box.ts';
import type { BoxOptions } from '../../agent/lab/contract.ts';
import { labLimits } from '../../agent/lab/lab-limits.ts';
import { deadMan as agentsDeadMan } from '../../shared/platforms/cisco/dead-man.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { boxOptions, login } from './lab-support.ts';
import { logged } from './note-a.ts';

function boxWith(lines: readonly string[], change: Partial<BoxOptions> = {}) {
  const clock = new FakeClock();
  const box = new SimulatedBox(boxOptions(clock, change));
  expect(box.configure(lines)).toEqual([]);
  const say = (text: string): void => box.core.log.message(4, 'TEST-4-WORD', text);
  return { clock, box, say };
}

const applet = (name: string, pattern: string, ...rest: string[]): string[] => [
  `event manager applet ${name}`,
  `event syslog pattern "${pattern}"`,
  ...rest,
];
const labels = (box: SimulatedBox, run = 0): string[] => box.appletRuns[run]!.actions.map(({ label }) => label);

describe('actions', () => {
  test('run in string order of their labels: 10 before 2, 8.1 after 8, a0 last', async () => {
    const order = ['9', '2', '10', '8.1', 'a0', '8', '1.0'];
    const { clock, box, say } = boxWith(applet('order', 'go', ...order.map((label) => `action ${label} syslog msg "${label}"`)));
    say('go');
    await clock.advance(1_000);
    const right = ['1.0', '10', '2', '8', '8.1', '9', 'a0'];
    expect(labels(box)).toEqual(right);
    expect(logged(box, /HA_EM/)).toEqual(right.map((label) => `%HA_EM-6-LOG: order: ${label}`));
  });

  test('an `undebug all` at 10 and the debug’s own show at 9: the debug is off before it is shown', async () => {
    const { clock, box, say } = boxWith(
      applet(
        'trap',
        'go',
        'action 1 cli command "enable"',
        'action 9 cli command "show debugging | append disk0:d.txt"',
        'action 10 cli command "undebug all"',
      ),
    );
    box.console('debug crypto condition peer ipv4 11.1.1.3');
    box.console('debug crypto isakmp');
    say('go');
    await clock.advance(5_000);
    expect(labels(box)).toEqual(['1', '10', '9']);
    expect(box.readFile('d.txt')).not.toContain('ISAKMP');
  });

  test('syslog at each priority, named or numbered, in both orders', async () => {
    const { clock, box, say } = boxWith(
      applet(
        'speak',
        'go',
        'action 1 syslog priority critical msg "one"',
        'action 2 syslog msg "two" priority 4',
        'action 3 syslog msg "three"',
        'action 4 syslog msg word',
      ),
    );
    const sent: string[] = [];
    box.onSyslog((message) => sent.push(message));
    say('go');
    await clock.advance(1_000);
    expect(sent.slice(1).map((message) => message.replace(/^(<\d+>).*?: .*?: /, '$1'))).toEqual([
      '<186>%HA_EM-2-LOG: speak: one',
      '<188>%HA_EM-4-LOG: speak: two',
      '<190>%HA_EM-6-LOG: speak: three',
      '<190>%HA_EM-6-LOG: speak: word',
    ]);
  });

  test('wait holds the run for its seconds', async () => {
    const { clock, box, say } = boxWith(applet('w', 'go', 'action 1 wait 7', 'action 2 syslog msg "x"'));
    say('go');
    await clock.advance(7_010);
    expect(labels(box)).toEqual(['1']);
    await clock.advance(100);
    expect(labels(box)).toEqual(['1', '2']);
  });

  test('configuration by applet: `configure terminal` is as good as from a person, and says who it was', async () => {
    const { clock, box, say } = boxWith(
      applet(
        'conf',
        'go',
        'action 1 cli command "enable"',
        'action 2 cli command "configure terminal"',
        'action 3 cli command "hostname other"',
        'action 4 cli command "end"',
      ),
    );
    say('go');
    await clock.advance(5_000);
    expect(box.hostname).toBe('other');
    expect(logged(box, /CONFIG_I/).at(-1)).toBe('%SYS-5-CONFIG_I: Configured from console by  on vty4 (EEM:conf)');
  });

  test('without `enable` a privileged command is refused, and the applet goes on', async () => {
    const { clock, box, say } = boxWith(applet('e', 'go', 'action 1 cli command "undebug all"', 'action 2 syslog msg "done"'));
    box.console('debug crypto condition peer ipv4 11.1.1.3');
    box.console('debug crypto isakmp');
    say('go');
    await clock.advance(5_000);
    expect(box.debugsOn()).toHaveLength(1);
    expect(box.appletRuns[0]!.ended?.how).toBe('done');
  });

  test('a command that asks waits for an answer that nobody gives, until maxrun', async () => {
    const { clock, box, say } = boxWith(
      applet('ask', 'go', 'action 1 cli command "enable"', 'action 2 cli command "clear logging"', 'action 3 syslog msg "x"'),
    );
    say('go');
    await clock.advance(30_000);
    expect(box.appletRuns[0]!.ended).toMatchObject({ how: 'maxrun', notRun: ['3'] });
    expect(login(box).run('show users')).not.toContain('EEM');
  });
});

describe('VTY lines', () => {
  const lines = applet('cli', 'go', 'action 1 cli command "enable"', 'action 2 syslog msg "x"');

  test('three must be free: with two the applet fails at its first command', async () => {
    const { clock, box, say } = boxWith(lines, { vtyLines: 5, vtysTaken: 3 });
    say('go');
    await clock.advance(5_000);
    expect(box.appletRuns[0]!.ended).toMatchObject({ how: 'failed', notRun: ['1', '2'] });
    expect(logged(box, /HA_EM/)).toEqual([
      '%HA_EM-3-FMPD_CLI_CONNECT: Unable to establish CLI session: no tty lines available, minimum of 3 required by EEM',
      '%HA_EM-3-FMPD_ERROR: Error executing applet cli statement 1',
    ]);
  });

  test('with three it runs, holds one, and gives it back', async () => {
    const { clock, box, say } = boxWith(
      applet('hold', 'go', 'action 1 cli command "enable"', 'action 2 wait 5', 'action 3 syslog msg "x"'),
      { vtyLines: 5, vtysTaken: 2 },
    );
    say('go');
    await clock.advance(1_000);
    const hand = login(box);
    expect(hand.run('show users')).toContain('EEM:hold');
    await clock.advance(10_000);
    expect(hand.run('show users')).not.toContain('EEM:hold');
    expect(box.appletRuns[0]!.ended?.how).toBe('done');
  });

  test('an applet without commands needs none', async () => {
    const { clock, box, say } = boxWith(applet('quiet', 'go', 'action 1 syslog msg "x"'), { vtyLines: 1 });
    say('go');
    await clock.advance(1_000);
    expect(box.appletRuns[0]!.ended?.how).toBe('done');
  });
});

describe('AAA', () => {
  const commands = ['action 1 cli command "enable"', 'action 2 cli command "undebug all"'];

  async function debugsAfter(lines: readonly string[]): Promise<number> {
    const { clock, box, say } = boxWith(lines, { behaviour: { refuse: [/^undebug/] } });
    box.core.debugs.addCondition('peer ipv4', '11.1.1.3');
    box.core.debugs.enable('isakmp');
    say('go');
    await clock.advance(5_000);
    expect(box.appletRuns[0]!.ended?.how).toBe('done');
    return box.debugsOn().length;
  }

  test('refuses an applet as it does a user', async () => {
    expect(await debugsAfter(applet('a', 'go', ...commands))).toBe(1);
  });

  test('is not asked with `authorization bypass`', async () => {
    const lines = applet('a', 'go', ...commands);
    expect(await debugsAfter([`${lines[0]} authorization bypass`, ...lines.slice(1)])).toBe(0);
  });

  test('sees no user, or the one of `event manager session cli username`', async () => {
    const run = applet('a', 'go', 'action 1 cli command "enable"', 'action 2 cli command "show users | append disk0:u.txt"');
    for (const [lines, user] of [
      [run, '          '],
      [['event manager session cli username eem', ...run], 'eem       '],
    ] as const) {
      const { clock, box, say } = boxWith(lines);
      say('go');
      await clock.advance(5_000);
      expect(box.readFile('u.txt')).toContain(`vty 4      ${user} `);
    }
  });
});

describe('the syslog detector', () => {
  test('does not screen what an applet writes: two that call each other run once each', async () => {
    const { clock, box, say } = boxWith([
      ...applet('one', 'go|from two', 'action 1 syslog msg "from one"'),
      ...applet('two', 'go|from one', 'action 1 syslog msg "from two"'),
    ]);
    say('go');
    await clock.advance(10_000);
    expect(box.appletRuns.map((run) => run.applet)).toEqual(['one', 'two']);
  });

  test('sees messages that no destination takes, and no debug lines', async () => {
    const { clock, box } = boxWith(['no logging buffered', ...applet('deaf', 'WORD', 'action 1 syslog msg "x"')], {
      trapLevel: 'emergencies',
      consoleLevel: null,
    });
    box.core.log.debug('WORD');
    await clock.advance(1_000);
    expect(box.appletRuns).toHaveLength(0);
    box.core.log.message(6, 'TEST-6-WORD', 'x');
    await clock.advance(1_000);
    expect(box.appletRuns).toHaveLength(1);
    expect(box.appletRuns[0]!.cause).toBe('*Mar 12 18:22:11.706: %TEST-6-WORD: x');
  });

  test('occurs and period', async () => {
    const { clock, box, say } = boxWith([
      'event manager applet often',
      'event syslog occurs 3 pattern "go" period 10',
      'action 1 syslog msg "x"',
    ]);
    for (const waitMs of [0, 6_000, 6_000]) {
      await clock.advance(waitMs);
      say('go');
    }
    await clock.advance(100);
    expect(box.appletRuns).toHaveLength(0);
    await clock.advance(3_000);
    say('go');
    await clock.advance(100);
    expect(box.appletRuns).toHaveLength(1);
    say('go');
    await clock.advance(100);
    expect(box.appletRuns).toHaveLength(1);
  });

  test('priority: only messages at least as bad', async () => {
    const { clock, box } = boxWith(['event manager applet bad', 'event syslog priority errors pattern "go"', 'action 1 wait 1']);
    box.core.log.message(4, 'TEST-4-GO', 'go');
    box.core.log.message(3, 'TEST-3-GO', 'go');
    await clock.advance(100);
    expect(box.appletRuns.map(({ cause }) => cause.slice(22))).toEqual(['%TEST-3-GO: go']);
  });

  test('a run is bounded: threads, then a queue, then events are dropped and counted', async () => {
    const { clock, box, say } = boxWith(applet('slow', 'go', 'action 1 wait 10'));
    const most = labLimits.eemThreads + labLimits.eemQueue;
    for (let i = 0; i < most + 5; i += 1) say('go');
    await clock.advance(1_000);
    expect(box.appletRuns.filter(({ startedAt }) => startedAt !== null)).toHaveLength(labLimits.eemThreads);
    expect(box.appletRuns).toHaveLength(most);
    await clock.advance(60_000);
    expect(box.appletRuns.filter(({ ended }) => ended?.how === 'done')).toHaveLength(most);
    expect(box.console('show event manager history events')).toContain('5 events were dropped');
  });
});

/** The agent's own lines. */
const { set: deadMan, remove, show } = agentsDeadMan;

describe('the dead-man', () => {
  function armed() {
    const stage = boxWith(deadMan(1_800));
    stage.box.console('debug crypto condition peer ipv4 11.1.1.3');
    stage.box.console('debug crypto isakmp');
    return stage;
  }

  test('turns the debugs off when nobody sets it anew, once', async () => {
    const { clock, box } = armed();
    await clock.advance(1_799_900);
    expect(box.debugsOn()).toHaveLength(1);
    await clock.advance(1_000);
    expect(box.debugsOn()).toEqual([]);
    expect(logged(box, /HA_EM/)).toEqual(['%HA_EM-2-LOG: spitrap-deadman: spitrap silent: all debugs off']);
    await clock.advance(4_000_000);
    expect(box.appletRuns).toHaveLength(1);
    expect(box.console(show)).toContain('timer countdown');
  });

  test('entering it again begins its countdown anew, also with the same lines', async () => {
    const { clock, box } = armed();
    for (let i = 0; i < 3; i += 1) {
      await clock.advance(1_700_000);
      expect(box.configure(deadMan(1_800))).toEqual([]);
    }
    expect(box.debugsOn()).toHaveLength(1);
    expect(box.appletRuns).toEqual([]);
    await clock.advance(1_801_000);
    expect(box.debugsOn()).toEqual([]);
  });

  test('`no event manager applet` takes it away', async () => {
    const { clock, box } = armed();
    expect(box.configure(remove)).toEqual([]);
    await clock.advance(4_000_000);
    expect(box.debugsOn()).toHaveLength(1);
    expect(clock.waiting.filter((name) => name.includes('eem'))).toEqual([]);
    expect(box.console('show running-config | section event manager')).toBe('');
  });

  test('set over a session, line by line, as the agent sets it', async () => {
    const { clock, box } = boxWith([]);
    const hand = login(box);
    for (const line of ['configure terminal', ...deadMan(60), 'end']) hand.run(line);
    box.console('debug crypto isakmp');
    await clock.advance(61_000);
    expect(box.debugsOn()).toEqual([]);
  });

  test('it is armed when its mode is left, not before', async () => {
    const { clock, box } = boxWith([]);
    const hand = login(box);
    for (const line of ['configure terminal', ...deadMan(60)]) hand.run(line);
    await clock.advance(120_000);
    expect(box.appletRuns).toEqual([]);
    hand.run('end');
    await clock.advance(59_000);
    expect(box.appletRuns).toEqual([]);
    await clock.advance(2_000);
    expect(box.appletRuns).toHaveLength(1);
  });
});

describe('a box that hangs', () => {
  test('runs no applet while it does; what is left goes on after it', async () => {
    const { clock, box, say } = boxWith(applet('late', 'go', 'action 1 wait 5', 'action 2 syslog msg "x"'), {
      consoleLevel: 'debugging',
      hangMs: 10_000,
    });
    say('go');
    await clock.advance(1_000);
    box.console('debug crypto isakmp');
    box.console('debug crypto ipsec');
    await clock.advance(1_000);
    for (let i = 0; i < 5_000 && !box.isHung(); i += 1) box.core.log.debug('x'.repeat(200));
    expect(box.isHung()).toBe(true);
    await clock.advance(9_000);
    expect(labels(box)).toEqual(['1']);
    box.core.debugs.disableAll();
    await clock.advance(3_000);
    expect(labels(box)).toEqual(['1', '2']);
  });
});
