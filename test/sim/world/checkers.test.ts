/**
 * No checker is blind: each has a world that is deliberately wrong, which it must catch, beside the same world as it is, which it must
 * let pass. Nothing of production is changed for it; what is wrong is done to the box, to the disk, or to what was seen.
 */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Book, emptyBook, type Incident } from '../../../shared/coordinate/book.ts';
import { limits } from '../../../shared/limits.ts';
import { checkers } from './checkers/index.ts';
import { happen } from './happenings.ts';
import { planOf, type Setting } from './plan.ts';
import { Stage } from './stage.ts';
import { Truth } from './truth.ts';

const CALM: Setting = {
  ...planOf(1).setting,
  ...{ syslog: 'syslog-tcp', arm: 'manual', stop: 'all', rearm: 'never', deadMan: false, keepLogs: false },
  ...{ mode: { hub: 'act', spoke: 'act' }, bothRoles: false, twoPaths: false, delayMs: 3_000, leaseMs: 180_000, maxDebugMs: 1e9 },
  ...{ thinkMs: { hub: 20, spoke: 20 }, rate: { hub: 1, spoke: 1 } },
};

let stage: Stage;
let truth: Truth;
let said: string[];
let looks: (() => void)[];

/** Opens the stage with one checker watching. */
async function watched(number: number, setting: Partial<Setting> = {}): Promise<() => Promise<void>> {
  stage = new Stage(7, { ...CALM, ...setting });
  truth = new Truth(stage);
  const [, make] = checkers[number - 1]!;
  const checker = make(stage, truth, (what) => said.push(what));
  looks = [() => truth.look(), () => checker.look?.()];
  await stage.open();
  return async () => {
    for (const look of looks) look();
    await checker.end?.();
  };
}

async function pass(ms: number): Promise<void> {
  for (const until = stage.now + ms; stage.now < until; ) {
    await stage.clock.advance(Math.min(500, until - stage.now));
    for (const look of looks) look();
  }
}

async function incident(): Promise<void> {
  await pass(5_000);
  happen('desync', stage, 'hub', 0);
  await pass(60_000);
}

/** What a session of the agent's would have typed. */
async function typed(end: 'hub' | 'spoke', ...lines: readonly string[]): Promise<void> {
  const line = stage.boxes[end].connectVty('198.51.100.1')!;
  for (const text of ['enable', 'enable-pw', ...lines]) {
    line.input(`${text}\n`);
    await pass(500);
  }
  line.close();
}

beforeEach(() => {
  said = [];
});
afterEach(() => stage.close());

describe.each<
  [number: number, what: string, spoil: (end: () => Promise<void>) => Promise<void>, caught: RegExp, setting?: Partial<Setting>]
>([
  [
    1,
    'a box that keeps its debugs, and nobody who is told',
    async () => {
      truth.toldOf = () => false;
      stage.behave('spoke', { refuse: [/^undebug all$/] });
      await incident();
    },
    /^spoke: .*ISAKMP.* on \d+ ms after the stop of .*its agent lives/,
  ],
  [
    2,
    'an agent that is gone, no dead-man, and a peer without an alarm',
    async () => {
      await pass(60_000);
      truth.toldOf = () => false;
      stage.hosts.spoke.die();
      await pass(12 * 60_000);
    },
    /^spoke: on past twice the lease, its agent is gone/,
    { arm: 'always', stop: 'own' },
  ],
  [
    3,
    'a line that reached the agent and is not in its bundle',
    async (end) => {
      await pass(5_000);
      truth.delivered.hub.push({ at: stage.now, line: '<189>77: *Mar 12 18:22:30.000: %SYS-5-PHANTOM: kept by nobody' });
      happen('desync', stage, 'hub', 0);
      await pass(60_000);
      await end();
    },
    /^hub: bundle \w+ lacks a line of \d+: .*PHANTOM/,
  ],
  [
    3,
    'the same after a step of the clock: moments of one boot are compared by the clock that no step moves',
    async (end) => {
      await pass(5_000);
      truth.delivered.hub.push({ at: stage.now, line: '<189>77: *Mar 12 18:22:30.000: %SYS-5-PHANTOM: kept by nobody' });
      await incident();
      happen('step-clock', stage, 'hub', 1);
      await end();
    },
    /^hub: bundle \w+ lacks a line of \d+: .*PHANTOM/,
  ],
  [
    4,
    'a bundle that was changed after its seal',
    async (end) => {
      await incident();
      const { disk } = stage.station('hub');
      const path = disk.paths.find((each) => each.endsWith('/incident.json'))!;
      disk.put(path, disk.content(path).toString().replace('"complete"', '"partial" '));
      await end();
    },
    /incident\.json was changed after its seal/,
  ],
  [
    4,
    'a bundle that says complete, with debugs that were never verified off',
    async (end) => {
      looks = looks.slice(0, 1);
      await incident();
      const { disk } = stage.station('hub');
      const path = disk.paths.find((each) => each.endsWith('/incident.json'))!;
      disk.put(
        path,
        disk
          .content(path)
          .toString()
          .replace(/"off":\s*"verified"/, '"off":"unverified"'),
      );
      await end();
    },
    /^hub: \w+ is complete with its debugs unverified/,
  ],
  [
    5,
    'a stop that left fifty milliseconds late',
    async (end) => {
      await incident();
      truth.typed.spoke.forEach((line, index, all) => {
        if (line.expanded === 'undebug all') all[index] = { ...line, at: line.at + 50 };
      });
      await end();
    },
    /^the stops of \w+ left 50\.\d+ ms apart/,
  ],
  [
    6,
    'undebug all out of nothing',
    async () => typed('spoke', 'undebug all'),
    /^spoke: undebug all with no message and no signal/,
  ],
  [
    6,
    'a line outside the grammar',
    async () => typed('hub', 'clear crypto sa'),
    /^hub: a line outside the grammar: clear crypto sa/,
  ],
  [
    6,
    "somebody else's condition taken off",
    async () => {
      happen('someone-conditions', stage, 'hub', 0);
      await typed('hub', 'no debug crypto condition peer ipv4 203.0.113.77');
    },
    /^hub: somebody else's condition is gone/,
  ],
  [
    6,
    'a debug line of an end that may only capture',
    async () => typed('spoke', 'debug crypto isakmp'),
    /^spoke: mode capture sent: debug crypto isakmp/,
    { mode: { hub: 'act', spoke: 'capture' } },
  ],
  [
    7,
    'a list longer than its limit',
    async () => {
      const incidents = Array.from(
        { length: limits.openIncidentsMax + 1 },
        () => ({ aliases: [], flows: [], stop: { kind: 'not-planned' } }) as unknown as Incident,
      );
      stage.books.hub = { ...emptyBook, incidents };
      for (const look of looks) look();
    },
    /^hub: openIncidentsMax is 64, and there are 65/,
  ],
  [
    7,
    'something dropped at a bound that was never near',
    async (end) => {
      stage.books.hub = { ...emptyBook, dropped: { alarmsMax: 1 } } satisfies Book;
      await end();
    },
    /^hub: 1 dropped at alarmsMax/,
  ],
  [
    7,
    'more lines of the device than the agent may hold',
    async () => {
      stage.hosts.spoke.shellsMax = 6;
      await pass(500);
    },
    /^spoke: 6 lines of the device at once/,
  ],
  [
    8,
    'a password in a log',
    async (end) => {
      stage.logged.hub.push('{"msg":"login with box-pw"}');
      await end();
    },
    /^hub's log holds box-pw/,
  ],
  [
    8,
    'a key in a file',
    async (end) => {
      stage.station('spoke').disk.put('/spoke/incidents/x/device.log', 'crypto key auth-key-of-the-pair');
      await end();
    },
    /device\.log holds auth-key-of-the-pair/,
  ],
  [
    9,
    'a device that lets nobody in any more',
    async (end) => {
      await pass(1_000);
      stage.refuseSessions('spoke', 'SSH_UNREACHABLE');
      stage.station('spoke').shells.dropAll();
      await end();
    },
    /^spoke: /,
  ],
  [
    2,
    'a dead-man that runs though its agent is well',
    async () => {
      await pass(300_000);
      const runs = stage.boxes.hub.appletRuns as unknown as object[];
      runs.push({ applet: 'spitrap-deadman', actions: [] });
      await pass(500);
    },
    /^hub: the dead-man ended the debugs of an agent that had been well for \d+ ms/,
    { arm: 'always', stop: 'own' },
  ],
  [
    3,
    'a time in which no agent ran, and a bundle that does not know of it',
    async (end) => {
      await pass(5_000);
      truth.unheard.hub.push(stage.now);
      await incident();
      await end();
    },
    /^hub: bundle \w+ says nothing of the time around \d+, when no agent ran/,
  ],
  [
    4,
    'an id that was heard before the stop and belongs to nothing',
    async (end) => {
      await incident();
      const alert = truth.answered.spoke.find(({ phase }) => phase === 'alert');
      truth.answered.spoke.push({ ...alert!, id: '01ARZ3NDEKTSV4RRFFQ69G5FAV', at: alert!.at + 1_000 });
      await end();
    },
    /^spoke: 01ARZ3NDEKTSV4RRFFQ69G5FAV was heard before the stop of \w+, and is no name of it/,
  ],
  [
    4,
    'a refusal that passes for an answer',
    async (end) => {
      await incident();
      const { disk } = stage.station('hub');
      disk.put(disk.paths.find((each) => /commands\/.*\.txt$/.test(each))!, '% Authorization failed.\n');
      await end();
    },
    /^hub: \w+ says that show .* was answered, and the device refused it/,
  ],
  [
    4,
    'a done that says verified off over debugs that are on',
    async (end) => {
      await incident();
      const { undertakings } = truth;
      undertakings.spoke.forEach((known, index, all) => {
        all[index] = { ...known, offAt: stage.now };
      });
      await end();
    },
    /^spoke: done of \w+ says verified off, and its debugs were on/,
  ],
  [
    4,
    'a complete bundle of a pair of which one end never spoke',
    async (end) => {
      looks = looks.slice(0, 1);
      await incident();
      const { disk } = stage.station('hub');
      const path = disk.paths.find((each) => each.endsWith('/incident.json'))!;
      const file = JSON.parse(disk.content(path).toString());
      disk.put(path, JSON.stringify({ ...file, done: [] }));
      await end();
    },
    /^hub: \w+ is complete, and spoke was told to stop and has said nothing/,
  ],
  [
    4,
    'an incident on a disk that hangs, of which its bundle says nothing',
    async (end) => {
      await incident();
      stage.diskStalls.hub.push({ from: 0, until: stage.now });
      stage.hosts.hub.starts.splice(0);
      await end();
    },
    /^hub: \w+ was opened while nothing reached the disk, and says nothing of its journal/,
  ],
  [
    5,
    'a stop that nobody typed in time',
    async () => {
      looks.unshift(() => truth.typed.hub.splice(0));
      stage.boxTroubles.hub.splice(0);
      stage.boxes.hub.behave({ refuse: [/^undebug all$/] });
      await incident();
    },
    /^hub: nothing typed \d+ ms after the time of the stop of .*, on a session that is well/,
  ],
  [
    7,
    'a line of the device that nobody lets go',
    async (end) => {
      await pass(5_000);
      stage.hosts.hub.shells += 2;
      await pass(20_000);
      await end();
    },
    /^hub: 4 lines of the device are kept, with nothing under way/,
  ],
  [
    8,
    "a key of the router's own",
    async (end) => {
      const key = stage.boxes.hub.core.config.tunnel!.preSharedKey;
      stage.station('hub').disk.put('/hub/incidents/x/commands/1.txt', `crypto isakmp key ${key} address 0.0.0.0`);
      await end();
    },
    /1\.txt holds /,
  ],
  [
    10,
    'a debug with no condition',
    async () => {
      stage.persons.splice(0);
      stage.boxes.hub.core.debugs.resetConditions();
      stage.hosts.hub.onTyping('debug crypto isakmp\r');
    },
    /^hub: debug crypto isakmp with no condition for 11\.1\.1\.3/,
  ],
  [
    10,
    'a condition that goes while debugs are on',
    async () => {
      stage.persons.splice(0);
      stage.hosts.hub.onTyping('no debug crypto condition peer ipv4 11.1.1.3\r');
    },
    /^hub: no debug crypto condition peer ipv4 11\.1\.1\.3 while .* is on/,
  ],
  [
    11,
    'an agent that has forgotten what it turned on',
    async () => {
      stage.persons.splice(0);
      const flags = new Map([['Crypto ISAKMP debugging is on', { typedAt: stage.now, isOn: true }]]);
      truth.armed.hub = { flags, since: stage.now, wellAt: stage.now };
      await pass(60_000);
    },
    /^hub: Crypto ISAKMP debugging is on for \d+ ms, though its agent turned them on and says disarmed/,
  ],
  [
    12,
    'one login after the other where three were refused',
    async () => {
      await pass(5_000);
      const login = { at: stage.now, end: 'refused' } as const;
      stage.hosts.hub.logins.push(login, login, login);
      stage.hosts.hub.onLogin();
      await pass(1_000);
    },
    /^hub: a login 0 ms after the last, with 3 refused in a row/,
  ],
  [
    12,
    'an armed box at the end of its CPU',
    async () => {
      await pass(60_000);
      Object.defineProperty(stage.boxes.hub, 'cpuPercent', { value: () => 97 });
      await pass(90_000);
    },
    /^hub: armed, and the CPU at its end for \d+ ms/,
    { arm: 'always', stop: 'own' },
  ],
])('checker %i', (number, what, spoil, caught, setting) => {
  test(`catches ${what}`, async () => {
    const end = await watched(number, setting);
    await spoil(end);
    expect(said.join('\n')).toMatch(new RegExp(caught.source, 'm'));
  });
});

test.each(checkers.map(([name], index) => [index + 1, name] as const))(
  'checker %i lets a calm night pass: %s',
  async (number) => {
    const end = await watched(number);
    await incident();
    await end();
    expect(said).toEqual([]);
  },
);

test('checker 3 lets lines pass that came long after a bundle, on a clock that was stepped back since', async () => {
  const end = await watched(3);
  await incident();
  await pass(180_000);
  expect(truth.delivered.hub.some(({ at }) => at > stage.now - 120_000)).toBe(true);
  stage.hosts.hub.wallAheadMs -= 300_000;
  await end();
  expect(said).toEqual([]);
});

test('a disk that is stalled again answers when the last stall is over, and not before', async () => {
  await watched(4);
  stage.stallDisk('hub', 10_000);
  await pass(5_000);
  stage.stallDisk('hub', 30_000);
  const file = await stage.station('hub').disk.open('/hub/x', 'create');
  let written = false;
  void file.append(Buffer.from('x')).then(() => {
    written = true;
  });
  await pass(29_000);
  expect(written).toBe(false);
  await pass(2_000);
  expect(written).toBe(true);
});
