/** The lab's words for what an agent logs, held against agent/narrate.ts, which makes those log lines. */
import { describe, expect, test } from 'vitest';
import { Narrator } from '../../../agent/cli/lab/narrate.ts';
import type { End } from '../../../agent/cli/lab/relay.ts';
import { Timeline } from '../../../agent/cli/lab/timeline.ts';
import { narrate } from '../../../agent/narrate.ts';
import type { InputBody } from '../../../shared/coordinate/input.ts';
import type { Reason } from '../../../shared/coordinate/reason.ts';
import { after, monotonic, wall } from '../../../shared/model/time.ts';
import type { Phase } from '../../../shared/wire/signal.ts';
import { FakeClock } from '../../support/fake-clock.ts';

const ID = '01KA0000000000000000000000';
const flow = { src: '11.1.1.3', dst: '213.163.222.7', spi: 0x68842105 };

function setUp() {
  const clock = new FakeClock();
  const printed: string[] = [];
  const timeline = new Timeline(clock, { width: 200, colour: false }, (line) => printed.push(line.replace(/\s+/g, ' ').trim()));
  const narrator = new Narrator(timeline, clock);
  const start = clock.monotonic();
  const told = (): string[] => {
    timeline.begin(start);
    timeline.end();
    return printed;
  };
  return { clock, narrator, start, told };
}

/** What an agent's log says of a decision. */
function entry(end: End, reason: Reason, input: InputBody, atMs: number) {
  const timed = { ...input, at: monotonic(atMs), wall: wall(0) };
  const msg = narrate(end, { input: timed, reason });
  return { time: '2026-11-22T00:00:00.000Z', level: 'info', event: reason, input: input.kind, incident: ID, at: atMs, msg };
}

describe('an agent’s decisions in the lab’s words', () => {
  const deliveries = { kind: 'delivery', incident: ID, peer: 'spoke1', phase: 'alert', attempts: 1, detail: '' } as const;
  test.each<[End, Reason, InputBody, string]>([
    [
      'hub',
      'incident-opened',
      {
        kind: 'sighting',
        id: ID,
        flow,
        peers: ['spoke1'],
        interface: null,
        source: 's',
        spoofable: false,
        spiAsReceived: '',
        line: '',
      },
      `+0.005 s event accepted, incident ${ID} │`,
    ],
    [
      'spoke',
      'alert-accepted',
      { kind: 'alert', id: ID, peer: 'hub1', delayMs: 2_990, act: true, flow, scope: [] },
      '+0.005 s │ alert accepted, own timer set',
    ],
    [
      'hub',
      'delivered',
      { ...deliveries, result: 'acknowledged', roundTripMs: 2.14 },
      '+0.005 s alert acknowledged after 2.1 ms │',
    ],
    [
      'hub',
      'debugs-read',
      { kind: 'debugs-read', incident: ID, flags: [], detail: 'Crypto ISAKMP debugging, Crypto IPSEC debugging' },
      '+0.005 s on now: ISAKMP, IPSEC │',
    ],
    [
      'hub',
      'capture-ended',
      { kind: 'capture-ended', incident: ID, round: 'first', withOutput: 15, planned: 18, whole: true, spiSeen: 'none' },
      '+0.005 s 18 commands captured, 3 empty │',
    ],
    [
      'spoke',
      'capture-ended',
      { kind: 'capture-ended', incident: ID, round: 'late', withOutput: 18, planned: 18, whole: true, spiSeen: 'none' },
      '+0.005 s │ 18 captured late',
    ],
    ['spoke', 'stop-time', { kind: 'timer', incident: ID, name: 'stop' }, '+0.005 s │ own timer: the stop is due'],
    [
      'spoke',
      'stop-without-alert',
      { kind: 'stop', id: ID, newId: ID, peer: 'hub1', scope: [] },
      '+0.005 s │ stop accepted, without an alert',
    ],
    [
      'spoke',
      'stop-verified',
      {
        kind: 'stop-attempted',
        incident: ID,
        attempt: 1,
        outcome: { result: 'verified', via: 'control', detail: '', appeared: [] } as never,
      },
      '+0.005 s │ verified off: DONE ON SPOKE',
    ],
    [
      'hub',
      'done-accepted',
      { kind: 'done', id: ID, peer: 'spoke1', bits: 15, keys: { off: 'verified', cap: '22/25' } },
      '+0.005 s done received: verified off │',
    ],
    [
      'hub',
      'sealed',
      { kind: 'sealed', incident: ID, outcome: { kind: 'complete', reasons: [] } },
      '+0.005 s bundle sealed, complete │',
    ],
    [
      'hub',
      'sealed',
      { kind: 'sealed', incident: ID, outcome: { kind: 'partial', reasons: ['no-done'] } },
      '+0.005 s bundle sealed, partial (no-done) │',
    ],
  ])('%s: %s', (end, reason, input, line) => {
    const { narrator, start, told } = setUp();
    narrator.entry(end, entry(end, reason, input, after(start, 5)));
    expect(told()).toEqual([line]);
    expect(narrator.sealed(end)).toBe(reason === 'sealed');
  });

  test('what is for the log alone is not told, and what is repeated is told once', () => {
    const { narrator, start, told } = setUp();
    narrator.entry('hub', entry('hub', 'tail-kept', { kind: 'timer', incident: ID, name: 'tail' }, start));
    narrator.entry('hub', { time: 'no time', level: 'info', msg: 'made a new snmpEngineID', event: 'engine' });
    for (let i = 0; i < 3; i++)
      narrator.entry(
        'spoke',
        entry('spoke', 'stop-accepted', { kind: 'stop', id: ID, newId: ID, peer: 'hub1', scope: [] }, start),
      );
    expect(told()).toEqual(['+0.000 s │ stop accepted']);
  });
});

describe('what boxes and relay report', () => {
  test('the first message of a box is the zero, each box’s own is told once', () => {
    const { narrator, told } = setUp();
    const message =
      '<188>38: %CRYPTO-4-RECVD_PKT_INV_SPI: decaps: destaddr=213.163.222.7, spi=0x68842105(1753489669), srcaddr=11.1.1.3';
    narrator.syslog('hub', '<189>37: %SYS-5-CONFIG_I: Configured from console');
    narrator.syslog('hub', message);
    narrator.syslog('hub', message);
    narrator.syslog('spoke', message.replace('srcaddr=11.1.1.3', 'srcaddr=213.163.222.7'));
    expect(told()).toEqual([
      '+0.000 s %CRYPTO-4-RECVD_PKT_INV_SPI spi=0x68842105 srcaddr=11.1.1.3 │',
      '+0.000 s │ %CRYPTO-4-RECVD_PKT_INV_SPI spi=0x68842105 srcaddr=213.163.222.7',
    ]);
  });

  test('`undebug all` at a box', () => {
    const { narrator, start, told } = setUp();
    narrator.command('spoke', start, 'show debugging');
    narrator.command('spoke', start, 'undebug all');
    expect(told()).toEqual(['+0.000 s │ the box receives: undebug all']);
  });

  test('signals, each once; the lost ones counted', () => {
    const { narrator, start, told } = setUp();
    const signal = (from: End, phase: Phase, dropped: boolean): void =>
      narrator.relay({ kind: 'signal', at: start, from, phase, incident: ID, dropped });
    signal('hub', 'hello', false);
    signal('hub', 'alert', true);
    signal('hub', 'alert', true);
    signal('hub', 'alert', false);
    signal('spoke', 'done', false);
    narrator.relay({ kind: 'answer', at: start, from: 'hub', phase: 'alert', roundTripMs: 2 });
    expect(told()).toEqual(['+0.000 s alert ──▶ lost on the way │', '+0.000 s alert ──▶ │', '+0.000 s │ ◀── done']);
    expect(narrator.lost()).toEqual([{ from: 'hub', phase: 'alert', lost: 2, attempts: 3 }]);
  });
});
