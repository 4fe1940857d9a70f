/** Note A's two applets as printed, each on its box, against each other: the run that the note shows, and how it goes wrong. */
import { describe, expect, test } from 'vitest';
import { SimulatedBox } from '../../agent/lab/box.ts';
import { noteAHub, noteASpoke } from '../../agent/lab/eem/note-a.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { boxOptions } from './lab-support.ts';
import { armBoth, hubApplet, hubSnmp, logged, noteA, spokeApplet, spokeSnmp } from './note-a.ts';

const without = (lines: readonly string[], word: RegExp): string[] => lines.filter((line) => !word.test(line));

describe('the run of the note', () => {
  test('message, four outputs, 18 s, undebug all, trap, and the spoke turns its debugs off', async () => {
    const a = noteA();
    armBoth(a);
    expect([a.hub.debugsOn().length, a.spoke.debugsOn().length]).toEqual([3, 3]);
    a.invalidSpi();
    await a.clock.advance(18_000);
    expect([a.hub.debugsOn().length, a.spoke.debugsOn().length]).toEqual([3, 3]);
    await a.clock.advance(4_000);
    expect([a.hub.debugsOn(), a.spoke.debugsOn()]).toEqual([[], []]);
    // Conditions survive it.
    expect(a.hub.core.debugs.values('peer ipv4')).toEqual(['11.1.1.3']);

    expect(logged(a.hub, /CRYPTO-4|HA_EM/)).toEqual([
      "%CRYPTO-4-RECVD_PKT_INV_SPI: decaps: rec'd IPSEC packet has invalid spi for destaddr=213.163.222.7, prot=50, spi=0x68842105(1753489669), srcaddr=11.1.1.3, input interface=Ethernet0/0",
      '%HA_EM-6-LOG: command_hub: command_hub is running ...',
      '%HA_EM-6-LOG: command_hub: DONE ON HUB',
    ]);
    expect(logged(a.spoke, /HA_EM/)).toEqual([
      '%HA_EM-6-LOG: spoke_app: Received trap from Hub...',
      '%HA_EM-6-LOG: spoke_app: DONE ON SPOKE',
    ]);
  });

  test('the times are those of the note: 21 ms to begin, 19.3 s on the hub, 0.3 s on the spoke', async () => {
    const a = noteA();
    a.invalidSpi();
    await a.clock.advance(25_000);
    const [hubRun] = a.hub.appletRuns;
    const [spokeRun] = a.spoke.appletRuns;
    const at = (run: typeof hubRun, label: string): number =>
      run!.actions.find((action) => action.label === label)!.at - run!.triggeredAt;
    expect(at(hubRun, '2')).toBeGreaterThan(10);
    expect(at(hubRun, '2')).toBeLessThan(30);
    expect(at(hubRun, '9')).toBeGreaterThan(19_000);
    expect(at(hubRun, '9')).toBeLessThan(19_900);
    expect(spokeRun!.triggeredAt - hubRun!.actions.find(({ label }) => label === '8.1')!.at).toBe(5);
    expect(spokeRun!.ended!.at - spokeRun!.triggeredAt).toBeGreaterThan(220);
    expect(spokeRun!.ended!.at - spokeRun!.triggeredAt).toBeLessThan(360);
    expect([hubRun!.ended, spokeRun!.ended]).toMatchObject([
      { how: 'done', notRun: [] },
      { how: 'done', notRun: [] },
    ]);
  });

  test('hub.txt has the four outputs one after another, as the terminal would show them; nothing of the spoke', async () => {
    const a = noteA();
    a.invalidSpi();
    await a.clock.advance(25_000);
    const shown = ['show crypto sockets', 'show crypto isakmp sa', 'show crypto ipsec sa detail', 'show dmvpn detail'];
    const text = a.hub.readFile('disk0:hub.txt')!;
    expect(text.split('\n')).toEqual([...shown.flatMap((command) => a.hub.console(command).split('\n')), '']);
    expect(a.spoke.readFile('hub.txt')).toBeNull();
  });

  test('its own test of the evidence path', () => {
    const { hub } = noteA();
    const shown = hub.console('sh ip int bri | tee /append disk0:hub.txt');
    expect(shown).toContain('Interface');
    expect(hub.readFile('hub.txt')).toBe(`${shown}\n`);
  });

  test('what was typed is in the log of commands, from the last VTY', async () => {
    const a = noteA();
    a.invalidSpi();
    await a.clock.advance(25_000);
    expect(a.hub.commandLog.filter(({ line }) => line >= 0).map(({ line, expanded }) => [line, expanded])).toEqual([
      [4, 'enable'],
      [4, 'show crypto sockets | append disk0:hub.txt'],
      [4, 'show crypto isakmp sa | append disk0:hub.txt'],
      [4, 'show crypto ipsec sa detail | append disk0:hub.txt'],
      [4, 'show dmvpn detail | append disk0:hub.txt'],
      [4, 'undebug all'],
    ]);
  });

  test('a second message within the run starts a second one: the applet is not its own guard', async () => {
    const a = noteA({ hub: { messageIntervalMs: 5_000 } });
    a.invalidSpi();
    await a.clock.advance(6_000);
    a.invalidSpi();
    await a.clock.advance(30_000);
    expect(a.hub.appletRuns.map(({ job, ended }) => [job, ended?.how])).toEqual([
      [1, 'done'],
      [2, 'done'],
    ]);
    expect(a.sent).toHaveLength(2);
    expect(a.spoke.appletRuns.map(({ cause }) => cause)).toEqual([
      '1.3.6.1.4.1.9.10.91.1.2.3.1.9.1 = 2323232 from 213.163.222.7',
      '1.3.6.1.4.1.9.10.91.1.2.3.1.9.2 = 2323232 from 213.163.222.7',
    ]);
  });

  test('its pattern is loose: 11.1.1.30 starts it too, 11.1.2.3 does not', async () => {
    for (const [source, runs] of [
      ['11.1.1.30', 1],
      ['11.1.2.3', 0],
      ['111.1.1.39', 0],
      ['11.101.1.3', 0],
      ['11.1.1.3', 1],
    ] as const) {
      const a = noteA();
      a.invalidSpi(source);
      await a.clock.advance(1_000);
      expect([source, a.hub.appletRuns.length]).toEqual([source, runs]);
    }
  });
});

describe('what leaves the spoke’s debugs on', () => {
  async function spokeAfter(change: Parameters<typeof noteA>[0]) {
    const a = noteA(change);
    armBoth(a);
    a.invalidSpi();
    await a.clock.advance(30_000);
    expect(a.hub.debugsOn()).toEqual([]);
    return { ...a, debugs: a.spoke.debugsOn().length, runs: a.spoke.appletRuns.length };
  }

  test('no `snmp-server manager` on the spoke: the trap is dropped', async () => {
    const after = await spokeAfter({
      spokeLines: [...without(spokeSnmp, /manager$/), 'snmp-server enable traps event-manager', ...spokeApplet],
    });
    expect(after).toMatchObject({ debugs: 3, runs: 0 });
    expect(after.spoke.snmp.counters).toMatchObject({ received: 1, noManager: 1 });
  });

  test('no `snmp-server enable traps event-manager` on the hub: none is sent', async () => {
    const after = await spokeAfter({ hubLines: [...without(hubSnmp, /enable/), ...hubApplet] });
    expect(after).toMatchObject({ debugs: 3, runs: 0, sent: [] });
    expect(after.hub.snmp.counters.notEnabled).toBe(1);
  });

  test('no `snmp-server host` on the hub', async () => {
    const after = await spokeAfter({ hubLines: [...without(hubSnmp, /host/), ...hubApplet] });
    expect(after).toMatchObject({ debugs: 3, runs: 0, sent: [] });
    expect(after.hub.snmp.counters.noHost).toBe(1);
  });

  test.each([
    ['another source', /213\.163\.222\.7 maxrun/, '213.163.222.8 maxrun'],
    ['another value', /"2323232"/, '"2323233"'],
    ['the other root', /10\.91\.1/, '10.134.1'],
    ['a longer OID', /\.1\.9\. oid-val/, '.1.9.7. oid-val'],
    ['op ne', /op eq/, 'op ne'],
    ['op gt', /op eq/, 'op gt'],
  ])('%s in the spoke’s event', async (_what, from, to) => {
    const lines = spokeApplet.map((line) => line.replace(from, to));
    expect(lines).not.toEqual(spokeApplet);
    const after = await spokeAfter({ spokeLines: [...spokeSnmp, ...lines] });
    expect(after).toMatchObject({ debugs: 3, runs: 0 });
    expect(after.spoke.snmp.counters).toMatchObject({ received: 1, noManager: 0, malformed: 0 });
  });

  test.each([
    ['op ge', /op eq/, 'op ge'],
    ['op lt a larger value', /"2323232" op eq/, '"2323233" op lt'],
    ['no source at all', / src-ip-address \S+/, ''],
    ['no dot at the end', /\.9\. /, '.9 '],
    ['the note’s `.09.`', /\.9\. /, '.09. '],
    ['any column of the table', /\.1\.2\.3\.1\.9\. /, '.1.2.3.1. '],
  ])('but %s matches', async (_what, from, to) => {
    const lines = spokeApplet.map((line) => line.replace(from, to));
    expect(lines).not.toEqual(spokeApplet);
    expect(await spokeAfter({ spokeLines: [...spokeSnmp, ...lines] })).toMatchObject({ debugs: 0, runs: 1 });
  });
});

describe('the root of the MIB', () => {
  test('134, as the published module has it: Note A’s own applet does not match it', async () => {
    const a = noteA({ hub: { eventManagerRoot: 134 } });
    a.invalidSpi();
    await a.clock.advance(25_000);
    expect(a.sent).toHaveLength(1);
    expect(a.spoke.appletRuns).toEqual([]);
  });
});

describe('the delay of the note is near its end', () => {
  test('a wait of 20 s under the default maxrun: killed, neither undebug nor trap', async () => {
    const slow = hubApplet.map((line) => line.replace('wait 18', 'wait 20'));
    const a = noteA({ hubLines: [...hubSnmp, ...slow] });
    armBoth(a);
    a.invalidSpi();
    await a.clock.advance(60_000);
    expect(a.hub.debugsOn()).toHaveLength(3);
    expect(a.sent).toEqual([]);
    const [run] = a.hub.appletRuns;
    expect(run!.ended).toMatchObject({ how: 'maxrun', notRun: ['8', '8.1', '9'] });
    expect(run!.ended!.at - run!.startedAt!).toBe(20_000);
    expect(logged(a.hub, /HA_EM/).at(-1)).toBe('%HA_EM-6-LOG: command_hub: Process Forced Exit- MAXRUN timer expired.');
  });

  test('the same with `maxrun 40`: done', async () => {
    const slow = hubApplet.map((line) => line.replace('wait 18', 'wait 20').replace(/(event syslog .*)/, '$1 maxrun 40'));
    const a = noteA({ hubLines: [...hubSnmp, ...slow] });
    a.invalidSpi();
    await a.clock.advance(60_000);
    expect(a.hub.appletRuns[0]!.ended).toMatchObject({ how: 'done' });
    expect(a.spoke.appletRuns).toHaveLength(1);
  });

  test('a router that thinks for a second before each answer: killed before its `undebug all`', async () => {
    const a = noteA({ hub: { behaviour: { thinkMs: 1_000 } } });
    a.invalidSpi();
    await a.clock.advance(60_000);
    expect(a.hub.appletRuns[0]!.ended).toMatchObject({ how: 'maxrun', notRun: ['8', '8.1', '9'] });
  });
});

test('the same seed gives the same run', async () => {
  const times = async (): Promise<unknown> => {
    const a = noteA();
    a.invalidSpi();
    await a.clock.advance(25_000);
    return [a.hub.appletRuns, a.spoke.appletRuns, a.sent.map(({ bytes }) => bytes.toString('hex'))];
  };
  expect(await times()).toEqual(await times());
});

test('closing the box in the middle of a run leaves no timer', async () => {
  const clock = new FakeClock();
  const box = new SimulatedBox(boxOptions(clock));
  box.configure([...hubSnmp, ...hubApplet, 'event manager applet later', 'event timer countdown time 100', 'action 1 wait 1']);
  box.core.receiveUnknownSpi('11.1.1.3', 1_000, 1, 100);
  await clock.advance(5_000);
  box.close();
  expect(clock.waiting).toEqual([]);
});

test('the lines that scenarios are given are the note’s, with what a site changes', () => {
  expect(noteAHub({ peer: '11.1.1.3' })).toEqual([...hubSnmp, ...hubApplet]);
  expect(noteASpoke({ peer: '213.163.222.7' })).toEqual([...spokeSnmp, ...spokeApplet]);
  const site = noteAHub({ peer: '192.0.2.1', waitSeconds: 2, value: 7, host: 'version 2c c udp-port 1162' });
  expect(site.filter((line, index) => line !== [...hubSnmp, ...hubApplet][index])).toEqual([
    'snmp-server host 192.0.2.1 version 2c c udp-port 1162',
    'event syslog pattern "CRYPTO-4-RECVD_PKT_INV_SPI.*srcaddr=192.0.2.1"',
    'action 7 wait 2',
    'action 8.1 snmp-trap intdata1 7 strdata ""',
  ]);
});
