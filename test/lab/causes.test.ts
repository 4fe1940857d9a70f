/** Each cause of facts.md §6 as the simulated routers act it out: what both boxes show agrees with its row. Several seeds each, virtual time. */
import { describe, expect, test } from 'vitest';
import type { Cause, CauseWord, Truth } from '../../agent/lab/causes/cause.ts';
import { causes } from '../../agent/lab/causes/index.ts';
import { drawPlan, RECEIVER_ADDRESS, SENDER_ADDRESS } from '../../agent/lab/live/draw-plan.ts';
import { CauseStage, type EndName } from '../../agent/lab/live/stage.ts';
import { Prng } from '../../agent/lab/prng.ts';
import { currentPair } from '../../agent/lab/sa-model.ts';
import { VirtualClock } from '../support/virtual-clock.ts';

const MESSAGE = /RECVD_PKT_INV_SPI: .*destaddr=([\d.]+), .*spi=0x([0-9A-F]+)\(\d+\), srcaddr=([\d.]+)/;
const SEEDS = 12;

interface Played {
  readonly stage: CauseStage;
  readonly clock: VirtualClock;
  readonly truth: Truth;
  readonly spi: number;
  readonly source: string;
  readonly destination: string;
  readonly logs: Record<EndName, string[]>;
  show(end: EndName, command: string): string;
  pass(ms: number): void;
}

const causeOf = (word: CauseWord): Cause => causes.find((cause) => cause.word === word)!;

/** Until the message; null: this play gave none within 25 minutes. */
function play(cause: Cause, seed: number): Played | null {
  const clock = new VirtualClock();
  const prng = new Prng(seed * 7_919);
  const view = clock.view({ offsetMs: Date.UTC(2026, 2, 12), driftPpm: 0, bootId: 'b' });
  const plan = drawPlan(prng, { seed, clocks: { receiver: view, sender: view } });
  cause.prepare(plan, prng);
  const stage = new CauseStage(plan, view);
  const logs: Record<EndName, string[]> = { receiver: [], sender: [] };
  for (const end of ['receiver', 'sender'] as const) {
    const box = stage.boxes[end];
    box.onSyslog((line) => logs[end].push(line));
    box.console(`debug crypto condition peer ipv4 ${end === 'receiver' ? SENDER_ADDRESS : RECEIVER_ADDRESS}`);
    for (const debug of ['isakmp', 'ipsec', 'ikev2']) box.console(`debug crypto ${debug}`);
  }
  clock.runTo(clock.nowMs + 20_000);
  const from = logs.receiver.length;
  const truth = cause.act(stage);
  let found: RegExpExecArray | null = null;
  clock.runTo(clock.nowMs + 1_500_000, () => {
    found ??=
      logs.receiver
        .slice(from)
        .map((line) => MESSAGE.exec(line))
        .find((match) => match !== null) ?? null;
    return found !== null;
  });
  if (found === null) {
    stage.close();
    return null;
  }
  const [, destination = '', spi = '', source = ''] = found as RegExpExecArray;
  return {
    stage,
    clock,
    truth,
    spi: Number.parseInt(spi, 16),
    source,
    destination,
    logs,
    show: (end, command) => stage.boxes[end].console(command),
    pass: (ms) => clock.runTo(clock.nowMs + ms),
  };
}

/** Plays until `SEEDS` of them gave the message, each judged at the moment of it. */
function each(word: CauseWord, judge: (played: Played) => void): void {
  let judged = 0;
  for (let seed = 1; judged < SEEDS && seed < SEEDS * 4; seed += 1) {
    const played = play(causeOf(word), seed);
    if (!played) continue;
    judged += 1;
    expect(played.truth.cause).toBe(word);
    judge(played);
    played.stage.close();
  }
  expect(judged).toBe(SEEDS);
}

const sendsWith = ({ stage }: Played): number | undefined => currentPair(stage.sender.tunnel)?.outboundSpi;
const receives = ({ stage }: Played, spi: number): boolean => stage.receiver.core.sa.inbound(spi) !== null;
/** The sender encrypts with what the receiver decrypts. */
const inStep = (played: Played): boolean => receives(played, sendsWith(played) ?? -1);
const hasIke = ({ stage }: Played, end: EndName): boolean => stage[end].core.sa.liveIke(stage[end].tunnel) !== undefined;
const said = (lines: readonly string[], pattern: RegExp): boolean => lines.some((line) => pattern.test(line));

test('the shelf has each cause once, with a title', () => {
  expect(new Set(causes.map(({ word }) => word)).size).toBe(causes.length);
  for (const { title } of causes) expect(title).not.toBe('');
});

test.each(causes.map(({ word }) => [word] as const))('%s: the message names an SPI that the receiver does not have', (word) => {
  each(word, (played) => expect(receives(played, played.spi)).toBe(false));
});

describe('the bad SPI is what the sender encrypts with', () => {
  test('a restart: no IKE SA, a young box, the same SPI again after a minute', () => {
    each('receiver-restarted', (played) => {
      expect(sendsWith(played)).toBe(played.spi);
      expect(hasIke(played, 'receiver')).toBe(false);
      expect(hasIke(played, 'sender')).toBe(true);
      expect(said(played.logs.receiver, /%SYS-5-RESTART/)).toBe(true);
      expect(played.show('receiver', 'show version')).toMatch(/uptime is \d minutes?\n/);
    });
  });

  test('a failover: the new router says so, and answers on the virtual address', () => {
    each('failover', (played) => {
      // Or has just given it up: its DPD acts within the same minute.
      expect([played.spi, undefined]).toContain(sendsWith(played));
      expect(played.destination).toBe(RECEIVER_ADDRESS);
      expect(said(played.logs.receiver.slice(-8), /%HSRP-5-STATECHANGE: .* Standby -> Active/)).toBe(true);
      expect(played.show('receiver', 'show running-config')).toMatch(/standby \d ip 213\.163\.222\.7/);
    });
  });

  test('an IKE SA that is gone: IKMP_NO_SA near it, an IPsec SA at the sender without an IKE SA', () => {
    each('ike-sa-gone', (played) => {
      expect(sendsWith(played)).toBe(played.spi);
      expect(hasIke(played, 'receiver')).toBe(false);
      played.pass(8_000);
      expect(said(played.logs.receiver, /%CRYPTO-4-IKMP_NO_SA/)).toBe(true);
      expect([hasIke(played, 'sender'), sendsWith(played)]).toEqual([false, played.spi]);
    });
  });

  test('a lost DELETE: the receiver says that it was sent, the sender never hears it', () => {
    each('delete-lost', (played) => {
      expect(sendsWith(played)).toBe(played.spi);
      const hex = `0x${played.spi.toString(16).toUpperCase()}`;
      expect(said(played.logs.receiver, new RegExp(`(?:Delete IPSec SA by ID: spi|Sending DELETE INFO.*SPI:) ${hex}`))).toBe(
        true,
      );
      expect(said(played.logs.sender, /rocessing DELETE/)).toBe(false);
    });
  });

  test('a clear: with its DELETE lost the sender goes on, else it obeys and both agree again', () => {
    each('cleared-one-side', (played) => {
      const lost = played.truth.also.includes('delete-lost');
      if (lost) {
        expect(sendsWith(played)).toBe(played.spi);
        expect(said(played.logs.sender, /rocessing DELETE|delete request from peer/)).toBe(false);
        return;
      }
      played.pass(30_000);
      expect(said(played.logs.sender, /rocessing DELETE|delete request from peer/)).toBe(true);
      expect(inStep(played)).toBe(true);
    });
  });

  test('crossing rekeys: the sender has half a pair, the receiver several of different age', () => {
    let halves = 0;
    each('crossing-rekeys', (played) => {
      expect(new Set(played.stage.receiver.tunnel.pairs.map(({ createdAt }) => createdAt)).size).toBeGreaterThanOrEqual(2);
      played.pass(played.stage.plan.latencyMs + 12);
      const pair = played.stage.sender.tunnel.pairs.find(({ outboundSpi }) => outboundSpi === played.spi);
      if (!pair) return;
      halves += 1;
      expect(pair.inboundUp).toBe(false);
      const hex = `0x${played.spi.toString(16).toUpperCase()}(`;
      expect(played.show('sender', `show crypto ipsec sa peer ${RECEIVER_ADDRESS}`)).toContain(`current outbound spi: ${hex}`);
    });
    expect(halves).toBeGreaterThan(SEEDS / 2);
  });
});

describe('the bad SPI is of the past, or of the moment before', () => {
  test('a rekey: one line, and a new SA carries', () => {
    each('rekey-transient', (played) => {
      expect(sendsWith(played)).not.toBe(played.spi);
      expect(inStep(played)).toBe(true);
      const decaps = played.stage.receiver.tunnel.decaps;
      played.pass(120_000);
      expect(
        played.logs.receiver.filter((line) => MESSAGE.exec(line)?.[2] === played.spi.toString(16).toUpperCase()),
      ).toHaveLength(1);
      played.stage.world.count();
      expect(played.stage.receiver.tunnel.decaps).toBeGreaterThan(decaps);
    });
  });

  test('a middlebox: the SA was rekeyed away more than a minute before, in good order', () => {
    each('middlebox-replay', (played) => {
      expect(played.stage.sender.tunnel.pairs.every(({ outboundSpi }) => outboundSpi !== played.spi)).toBe(true);
      expect(inStep(played)).toBe(true);
      expect(played.source).toBe(SENDER_ADDRESS);
    });
  });

  test('a new SPI used too early: called invalid, then created, within a second', () => {
    each('early-new-spi', (played) => {
      expect(sendsWith(played)).toBe(played.spi);
      played.pass(1_000);
      expect(receives(played, played.spi)).toBe(true);
    });
  });

  test('a NAT: initial contact brings the old SAs down; the new ones come from another port', () => {
    each('nat-change', (played) => {
      expect(said(played.logs.receiver, /bring down existing phase 1 and 2 SA's|NOTIFY\(INITIAL_CONTACT\)/)).toBe(true);
      played.pass(5_000);
      expect(inStep(played)).toBe(true);
      expect(played.stage.receiver.tunnel.peerPort).not.toBe(played.stage.plan.natPort);
      expect(played.show('receiver', `show crypto session remote ${SENDER_ADDRESS} detail`)).toContain(
        `port ${played.stage.receiver.tunnel.peerPort} `,
      );
    });
  });
});

describe('lifetimes', () => {
  test('seconds: each end counts its own', () => {
    each('lifetime-mismatch', ({ stage }) => {
      const [here, there] = [stage.plan.settings.receiver, stage.plan.settings.sender];
      expect(here.ipsecLifetimeSeconds).toBeLessThan(there.ipsecLifetimeSeconds);
      expect(stage.boxes.receiver.console('show running-config | section crypto')).toContain(
        `lifetime seconds ${here.ipsecLifetimeSeconds}`,
      );
    });
  });

  test('kilobytes: the receiver ends its SA, with plenty of seconds left', () => {
    each('kilobyte-lifetime', (played) => {
      expect(played.show('receiver', 'show running-config | section crypto')).toMatch(/lifetime kilobytes \d+/);
      played.pass(20_000);
      played.stage.world.count();
      const limit = played.stage.plan.settings.receiver.kilobytes!;
      expect(played.stage.receiver.tunnel.pairs.some((pair) => pair.inboundKilobytes < limit)).toBe(true);
      expect(played.stage.sender.tunnel.pairs[0]!.outboundKilobytes).toBeGreaterThan(4_000_000);
    });
  });
});

describe('not an SA out of step', () => {
  test('unknown sources: the tunnel of the configured peer is clean', () => {
    for (const word of ['unconfigured-peer', 'stale-peer'] as const)
      each(word, (played) => {
        expect(played.source).not.toBe(SENDER_ADDRESS);
        expect(inStep(played)).toBe(true);
        expect(played.show('receiver', `show crypto ipsec sa peer ${played.source}`)).toBe('');
      });
  });

  test('replay and keys: packets fail on SAs that are there, and the box says so', () => {
    for (const [word, pattern] of [
      ['replay', /PKT_REPLAY_ERR|IPSEC-3-REPLAY_ERROR/],
      ['keys-differ', /RECVD_PKT_MAC_ERR|IPSEC-3-HMAC_ERROR/],
    ] as const)
      each(word, (played) => {
        played.pass(20_000);
        expect(inStep(played)).toBe(true);
        expect(said(played.logs.receiver, pattern)).toBe(true);
        const { replayFailed, verifyFailed } = played.stage.receiver.tunnel;
        expect(word === 'replay' ? replayFailed : verifyFailed).toBeGreaterThan(0);
      });
  });

  test('tunnel keys: both directions carry ESP, and NHRP waits', () => {
    each('tunnel-key-mismatch', (played) => {
      expect(inStep(played)).toBe(true);
      const [here, there] = [played.stage.receiver.tunnel, played.stage.sender.tunnel];
      const before = [here.decaps, there.decaps];
      played.pass(30_000);
      played.stage.world.count();
      expect(here.decaps).toBeGreaterThan(before[0]!);
      expect(there.decaps).toBeGreaterThan(before[1]!);
      const key = (end: EndName): string | undefined => /tunnel key (\d+)/.exec(played.show(end, 'show running-config'))?.[1];
      expect(key('receiver')).not.toBe(key('sender'));
    });
  });
});

test('the same seed plays the same', () => {
  const run = () => {
    const played = play(causeOf('receiver-restarted'), 3);
    const lines = played?.logs.receiver ?? [];
    played?.stage.close();
    return lines;
  };
  expect(run()).toEqual(run());
  expect(run().length).toBeGreaterThan(0);
});

test('healthy ends agree for hours: rekeys, DPD, no message', () => {
  for (let seed = 1; seed <= 20; seed += 1) {
    const clock = new VirtualClock();
    const view = clock.view({ offsetMs: 0, driftPpm: 0, bootId: 'b' });
    const plan = drawPlan(new Prng(seed), { seed, clocks: { receiver: view, sender: view } });
    const stage = new CauseStage(plan, view);
    const heard: string[] = [];
    for (const end of ['receiver', 'sender'] as const) stage.boxes[end].onSyslog((line) => heard.push(line));
    clock.runTo(clock.nowMs + 6 * 3_600_000);
    stage.world.count();
    expect([seed, heard.filter((line) => MESSAGE.test(line))]).toEqual([seed, []]);
    const spi = currentPair(stage.sender.tunnel)?.outboundSpi;
    expect([seed, spi !== undefined && stage.receiver.core.sa.inbound(spi) !== null]).toEqual([seed, true]);
    stage.close();
  }
});
