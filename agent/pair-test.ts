/**
 * Tests the pair, because somebody asks: a hello to each spitrap peer on every path, and what comes back of it. A hello starts nothing at
 * the other end. An `eem` peer is left alone: whatever notification comes to it may be its stop. Opened by app.ts, asked by answers.ts.
 */
import type { Timer } from '../shared/clock.ts';
import { clockOffset, type PeerLink } from '../shared/coordinate/hello.ts';
import type { DurationMs } from '../shared/model/time.ts';
import type { Config, PeerConfig } from './config/config.ts';
import { formatEndpoint } from './config/fields.ts';
import type { PairTestAnswer, PathTest, PeerTest } from './control/protocol.ts';
import type { AgentEvents } from './events.ts';
import type { Heartbeat } from './heartbeat.ts';
import type { SendOutcome } from './net/signalling.ts';
import type { Endpoint, World } from './ports.ts';

/** An attempt on a path is given up on after three seconds (effects/send-signal.ts). */
const ANSWERS_WITHIN_MS: DurationMs = 3_500;

export interface PairTestRoom {
  readonly config: Pick<Config, 'peers'>;
  readonly clock: World['clock'];
  readonly heartbeat: Pick<Heartbeat, 'links' | 'greet' | 'cfg'>;
  readonly events: AgentEvents;
}

export class PairTest {
  readonly #room: PairTestRoom;
  readonly #ends = new Set<() => void>();
  /** Whoever asks meanwhile gets the same answer. */
  #running: Promise<PairTestAnswer> | null = null;

  constructor(room: PairTestRoom) {
    this.#room = room;
  }

  /** Never rejects. */
  run(): Promise<PairTestAnswer> {
    this.#running ??= this.#testAll().finally(() => {
      this.#running = null;
    });
    return this.#running;
  }

  close(): void {
    for (const end of [...this.#ends]) end();
  }

  async #testAll(): Promise<PairTestAnswer> {
    return { peers: await Promise.all(this.#room.config.peers.map((peer) => this.#test(peer))) };
  }

  async #test(peer: PeerConfig): Promise<PeerTest> {
    const before = this.#room.heartbeat.links.get(peer.name);
    if (peer.kind === 'eem' || before === undefined) return untested(peer);
    const paths = new Map<string, SendOutcome>();
    const answered = await this.#greet(peer, paths);
    const link = this.#room.heartbeat.links.get(peer.name) ?? before;
    return this.#describe(peer, link, answered, paths);
  }

  /** Whether it said hello in answer; resolves when every path has answered too, or after the bound. */
  #greet({ name, send }: PeerConfig, paths: Map<string, SendOutcome>): Promise<boolean> {
    const { clock, events, heartbeat } = this.#room;
    const samplesBefore = heartbeat.links.get(name)?.samples.at(-1);
    return new Promise((resolve) => {
      let answered = false;
      const end = (): void => {
        timer.cancel();
        events.off('hello', onHello);
        this.#ends.delete(end);
        resolve(answered);
      };
      const look = (): void => {
        if (answered && paths.size === send.length) end();
      };
      // Its own hello of this very second is none of ours: an answer has our time in it, which makes a sample.
      const onHello = (peer: string): void => {
        if (peer !== name || heartbeat.links.get(name)?.samples.at(-1) === samplesBefore) return;
        answered = true;
        look();
      };
      const timer: Timer = clock.timer('pair test', ANSWERS_WITHIN_MS, end);
      this.#ends.add(end);
      events.on('hello', onHello);
      heartbeat.greet(name, (endpoint, outcome) => {
        paths.set(formatEndpoint(endpoint), outcome);
        look();
      });
    });
  }

  #describe(peer: PeerConfig, link: PeerLink, answered: boolean, outcomes: ReadonlyMap<string, SendOutcome>): PeerTest {
    const paths = peer.send.map((endpoint) => pathTest(endpoint, outcomes.get(formatEndpoint(endpoint))));
    const sample = answered ? link.samples.at(-1) : undefined;
    const cfg = link.cfg === null ? 'unknown' : link.cfg === this.#room.heartbeat.cfg ? 'agrees' : 'differs';
    return {
      peer: peer.name,
      kind: peer.kind,
      answered,
      detail: trouble(paths, answered, cfg),
      paths,
      roundTripMs: sample?.delayMs ?? null,
      offsetMs: answered ? (clockOffset(link)?.offsetMs ?? null) : null,
      version: link.version,
      mode: link.mode,
      cfg,
      armed: answered ? link.armed : 'unknown',
    };
  }
}

function trouble(paths: readonly PathTest[], answered: boolean, cfg: PeerTest['cfg']): string {
  if (paths.length === 0) return 'it has no address to send to (peers[].send)';
  const dead = paths.filter((path) => !path.acknowledged).map((path) => path.endpoint);
  const troubles = [
    dead.length === 0 ? '' : `not acknowledged at ${dead.join(', ')}`,
    answered
      ? ''
      : dead.length === paths.length
        ? ''
        : 'it acknowledged and said no hello of its own: its way to us may be dead (from, firewall)',
    cfg === 'differs' ? 'its agreed values or timing differ from ours' : '',
  ];
  return troubles.filter((text) => text !== '').join('; ');
}

function pathTest(endpoint: Endpoint, outcome: SendOutcome | undefined): PathTest {
  const shown = formatEndpoint(endpoint);
  switch (outcome?.kind) {
    case 'acknowledged':
      return { endpoint: shown, acknowledged: true, roundTripMs: outcome.roundTripMs, detail: '' };
    case 'sent':
      return { endpoint: shown, acknowledged: false, roundTripMs: null, detail: 'sent as a trap, which nobody acknowledges' };
    case 'failed':
      return {
        endpoint: shown,
        acknowledged: false,
        roundTripMs: null,
        detail: `${outcome.error.code}: ${outcome.error.message}`,
      };
    case undefined:
      return { endpoint: shown, acknowledged: false, roundTripMs: null, detail: 'no answer in time' };
  }
}

const untested = ({ name, kind, send }: PeerConfig): PeerTest => ({
  peer: name,
  kind,
  answered: false,
  detail: 'of kind eem: not asked, since a notification may be its stop',
  paths: send.map((endpoint) => ({
    endpoint: formatEndpoint(endpoint),
    acknowledged: false,
    roundTripMs: null,
    detail: 'not asked',
  })),
  roundTripMs: null,
  offsetMs: null,
  version: null,
  mode: null,
  cfg: 'unknown',
  armed: 'unknown',
});
