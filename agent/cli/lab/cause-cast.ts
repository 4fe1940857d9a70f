/**
 * Two routers of agent/lab/live in front of real agents, and a cause of agent/lab/causes that they act out. A play draws how long its waits
 * are, up to many minutes: it is rehearsed without agents, in no time, to know when its message comes. Where that is soon, it is acted when
 * both agents watch; where not, it has begun in the past, and the agents come in time for the message. Called by stage.ts.
 */
import type { Clock } from '../../../shared/clock.ts';
import { SpitrapError } from '../../../shared/errors.ts';
import type { DurationMs } from '../../../shared/model/time.ts';
import type { Cause, Truth } from '../../lab/causes/cause.ts';
import { causes } from '../../lab/causes/index.ts';
import type { Box, BoxOptions } from '../../lab/contract.ts';
import { drawPlan } from '../../lab/live/draw-plan.ts';
import { LapseClock } from '../../lab/live/lapse-clock.ts';
import { CauseStage, type EndName } from '../../lab/live/stage.ts';
import { Prng } from '../../lab/prng.ts';
import type { Played } from './diagnosis.ts';
import type { End } from './relay.ts';

export interface CastCause {
  readonly boxes: Readonly<Record<End, Box>>;
  readonly platforms: Readonly<Record<End, BoxOptions['platform']>>;
  readonly title: string;
  /** How long ago the play began; 0: it begins with `act`. */
  readonly agoMs: DurationMs;
  /** From `act`, or from now where it has begun, to the message, by the rehearsal. */
  readonly messageInMs: DurationMs;
  /** Conditions, then the debugs of the tunnel's IKE version; in the order in which they are, or were, typed. */
  debugCommands(end: End): readonly string[];
  /** Begins the play, unless it has begun. */
  act(): void;
  /** What was acted, so far as it has been. */
  truth(): Played;
  close(): void;
}

/** The boxes as the lab's SSH, syslog and configurations need them. */
export type BoxesAs = Readonly<Record<End, Omit<BoxOptions, 'clock' | 'platform' | 'seed'>>>;

const NAME: Readonly<Record<End, EndName>> = { hub: 'receiver', spoke: 'sender' };
const END: Readonly<Record<EndName, End>> = { receiver: 'hub', sender: 'spoke' };
/** A message within this is soon: no further draw is needed. */
const SOON_MS: DurationMs = 12_000;
/** The longest that somebody waits for a message with the agents watching: a router that reloads needs 20 s. */
const LIVE_MS_MAX: DurationMs = 30_000;
const DRAWS = 120;
/** When the agents are ready nobody knows: a play that is acted then must come to its message whenever it is. */
const SETTLED_MS: readonly DurationMs[] = [1_500, 4_000, 9_000];
const PLAY_MS_MAX: DurationMs = 1_500_000;
/** Two agents start, log in and hear of each other within 2 s; a loaded machine gets its time. */
const AGENTS_MS: DurationMs = 15_000;
const MESSAGE = '%CRYPTO-4-RECVD_PKT_INV_SPI';

interface Script {
  readonly seed: number;
  readonly messageMs: DurationMs;
  readonly settledMs: DurationMs;
}

/** Throws LAB_FAILED when no draw of the play comes to a message. */
export function castCause(word: string, seed: number, boxes: BoxesAs, clock: Clock): CastCause {
  const cause = causes.find((one) => one.word === word);
  if (!cause) throw new SpitrapError('INTERNAL', `there is no cause ${word} to play`);
  const { script, live } = choose(cause, seed, boxes, clock);
  const agoMs = live ? 0 : Math.max(0, script.messageMs - AGENTS_MS);
  const lapse = new LapseClock(clock, agoMs + (live ? 0 : script.settledMs));
  const stage = build(cause, script.seed, boxes, lapse);
  let truth: Truth | null = null;
  if (!live) {
    typeDebugs(stage);
    lapse.pass(script.settledMs);
    truth = cause.act(stage);
    lapse.pass(agoMs);
  }
  lapse.present();
  return {
    boxes: { hub: stage.boxes.receiver, spoke: stage.boxes.sender },
    platforms: { hub: stage.plan.boxes.receiver.platform, spoke: stage.plan.boxes.sender.platform },
    title: cause.title,
    agoMs: live ? 0 : agoMs,
    messageInMs: live ? script.messageMs : script.messageMs - agoMs,
    debugCommands: (end) => debugCommands(stage, NAME[end]),
    act: () => {
      truth ??= cause.act(stage);
    },
    truth: () => played(truth ?? { cause: cause.word, end: null, what: 'nothing yet', also: [], alsoWithLess: [] }),
    close: () => stage.close(),
  };
}

const played = ({ cause, end, what, also, alsoWithLess }: Truth): Played => ({
  cause,
  end: end === null ? null : END[end],
  what: inLabWords(what),
  also,
  less: alsoWithLess,
});

/** A play speaks of receiver and sender; on the lab's screen they are hub and spoke. */
const inLabWords = (text: string): string => text.replace(/\breceiver\b/g, 'hub').replace(/\bsender\b/g, 'spoke');

/** The first draw whose message comes soon; else the one whose comes first, if somebody can wait for it; else one with a past. */
function choose(cause: Cause, seed: number, boxes: BoxesAs, clock: Clock): { script: Script; live: boolean } {
  const prng = new Prng(seed);
  const waits: Script[] = [];
  for (let draw = 0; draw < DRAWS; draw += 1) {
    const drawn = prng.uint32();
    const settledMs = SETTLED_MS[0]!;
    const messageMs = rehearse(cause, drawn, settledMs, boxes, clock);
    if (messageMs === null) continue;
    waits.push({ seed: drawn, messageMs, settledMs });
    if (messageMs <= SOON_MS && isSteady(cause, drawn, boxes, clock)) return { script: waits.at(-1)!, live: true };
  }
  const [first] = waits;
  if (!first) throw new SpitrapError('LAB_FAILED', `${cause.word} came to no message in ${DRAWS} plays of seed ${seed}`);
  const bearable = waits
    .filter(({ messageMs }) => messageMs <= LIVE_MS_MAX)
    .sort((a, b) => a.messageMs - b.messageMs)
    .find((script) => isSteady(cause, script.seed, boxes, clock));
  return bearable ? { script: bearable, live: true } : { script: first, live: false };
}

const isSteady = (cause: Cause, seed: number, boxes: BoxesAs, clock: Clock): boolean =>
  SETTLED_MS.every((settledMs) => (rehearse(cause, seed, settledMs, boxes, clock) ?? Number.POSITIVE_INFINITY) <= LIVE_MS_MAX);

/** From the act to the hub's message. Null: none comes. */
function rehearse(cause: Cause, seed: number, settledMs: DurationMs, boxes: BoxesAs, clock: Clock): DurationMs | null {
  const lapse = new LapseClock(clock, PLAY_MS_MAX + settledMs);
  const stage = build(cause, seed, boxes, lapse);
  try {
    let hasCome = false;
    stage.boxes.receiver.onSyslog((line) => {
      hasCome ||= line.includes(MESSAGE);
    });
    typeDebugs(stage);
    lapse.pass(settledMs, () => hasCome);
    if (hasCome) return null;
    const begun = lapse.monotonic();
    cause.act(stage);
    lapse.pass(PLAY_MS_MAX, () => hasCome);
    return hasCome ? Math.round(lapse.monotonic() - begun) : null;
  } finally {
    stage.close();
  }
}

function build(cause: Cause, seed: number, boxes: BoxesAs, clock: Clock): CauseStage {
  const prng = new Prng(seed);
  const plan = drawPlan(prng, {
    seed: prng.uint32(),
    clocks: { receiver: clock, sender: clock },
    boxes: { receiver: boxes.hub, sender: boxes.spoke },
  });
  cause.prepare(plan, prng);
  return new CauseStage(plan, clock);
}

function debugCommands({ plan }: CauseStage, name: EndName): readonly string[] {
  const peer = plan.boxes[name === 'receiver' ? 'sender' : 'receiver'].cryptoAddress;
  const ike = plan.settings[name].ikeVersion === 1 ? 'isakmp' : 'ikev2';
  return [`debug crypto condition peer ipv4 ${peer}`, `debug crypto ${ike}`, 'debug crypto ipsec'];
}

function typeDebugs(stage: CauseStage): void {
  for (const name of ['receiver', 'sender'] as const)
    for (const command of debugCommands(stage, name)) stage.boxes[name].console(command);
}
