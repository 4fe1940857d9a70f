/**
 * `spitrap signal listen`: prints each notification that comes to a port. With a configuration through the production receiver, judged
 * as the agent would (accepted, or refused and why); without one as it is: v1 and v2c decoded, of v3 the header. Acts on nothing, and
 * answers nothing unless told to: an inform that is answered counts as delivered at its sender.
 */
import type { Timer } from '../../../shared/clock.ts';
import { isSpitrapError, SpitrapError } from '../../../shared/errors.ts';
import { limits } from '../../../shared/limits.ts';
import { printable } from '../../../shared/model/printable.ts';
import type { Monotonic, Wall } from '../../../shared/model/time.ts';
import { ulid } from '../../../shared/model/ulid.ts';
import type { Config } from '../../config/config.ts';
import { formatEndpoint } from '../../config/fields.ts';
import { ephemeralEngine } from '../../net/engine.ts';
import type { Notification, Refusal } from '../../net/signalling.ts';
import { openSnmpReceiver } from '../../net/snmp-receiver.ts';
import type { Endpoint } from '../../ports.ts';
import { hear } from '../../sources/peer-signal.ts';
import { snmpPeer } from '../../wiring.ts';
import { configFrom } from '../config-from.ts';
import { type CliContext, durationFrom, exitCodes } from '../subcommand.ts';
import { describeDatagram } from './describe-datagram.ts';
import { endpointOf, usage } from './target.ts';

export interface ListenOptions {
  readonly config?: string;
  readonly listen?: string;
  readonly answer?: boolean;
  readonly for?: string;
  readonly count?: string;
  readonly json?: boolean;
}

/** One line of output: as JSON all of it, in words what a person needs. Values are text from outside until they are printed. */
export interface Told {
  readonly from: string;
  readonly what: string;
  readonly fields: Readonly<Record<string, string | number | boolean | null>>;
}

/** Ends with the signal that stops it, after --for, or after --count. @throws LISTEN_REFUSED, USAGE, and what loadConfig does. */
export async function listenSignals(options: ListenOptions, context: CliContext): Promise<number> {
  const loaded = options.config === undefined ? null : configFrom(options.config, context);
  if (loaded === null && options.listen === undefined)
    throw usage('where? Give --listen ADDRESS:PORT, or the configuration whose signal.listen is meant: -c FILE');
  if (loaded === null && options.answer)
    throw usage('--answer needs -c FILE: without it nobody is known, and nothing is answered');
  for (const warning of loaded?.warnings ?? []) context.stderr.write(`warning: ${warning}\n`);
  const listen = options.listen === undefined ? loaded!.config.signal.listen : endpointOf(options.listen);
  const { clock } = context.world;
  const teller = new Teller(options, context);
  const door = loaded === null ? openPlain(listen, teller, context) : openJudged(loaded.config, listen, options, teller, context);
  const { local, close } = await door.catch((error: unknown) => {
    if (!isSpitrapError(error, 'LISTEN_REFUSED') || loaded === null || options.listen !== undefined) throw error;
    throw new SpitrapError('LISTEN_REFUSED', `${error.message}; the agent itself may have it: listen beside it with --listen`, {
      cause: error,
    });
  });
  context.stderr.write(
    `listening on ${formatEndpoint(local)}${loaded === null ? '' : `, judging as ${loaded.config.device.name} of role ${loaded.config.role}`}; ${options.answer ? 'informs are ANSWERED: their senders take them for delivered' : 'informs are not answered'}, nothing acts; Ctrl-C ends\n`,
  );
  let timer: Timer | null = null;
  const over = new Promise<void>((resolve) => {
    if (options.for !== undefined) timer = clock.timer('listen', durationFrom('--for', options.for), resolve);
  });
  try {
    await Promise.race([over, teller.enough, context.stopSignal()]);
  } finally {
    (timer as Timer | null)?.cancel();
    await close();
    teller.end();
  }
  return exitCodes.ok;
}

interface Door {
  readonly local: Endpoint;
  readonly close: () => Promise<void>;
}

async function openPlain(listen: Endpoint, teller: Teller, { world }: CliContext): Promise<Door> {
  const socket = await world.datagrams.bind(listen, { receiveBufferBytes: limits.udpReceiveBufferBytes });
  socket.onMessage((bytes, from) => teller.tell({ from: formatEndpoint(from), ...describeDatagram(bytes) }));
  return { local: socket.local, close: () => socket.close() };
}

async function openJudged(
  config: Config,
  listen: Endpoint,
  options: ListenOptions,
  teller: Teller,
  { world }: CliContext,
): Promise<Door> {
  const receiver = await openSnmpReceiver({
    listen,
    peers: config.peers.map(snmpPeer),
    // Not the agent's: its boots are its own. Who sends here by v3 finds this engine by asking, and the agent's again afterwards.
    engine: ephemeralEngine(null, world),
    world,
    onNotification: (notification) => {
      if (options.answer) notification.respond();
      teller.tell(judged(notification, config, () => ulid(world.clock.wall(), world.random.bytes(10)), options.answer === true));
    },
    onRefusal: (refusal) => teller.tell(refused(refusal)),
  });
  return { local: receiver.local, close: () => receiver.close() };
}

/** In the words of agent/signals.ts, which counts the same reasons. */
function judged(notification: Notification, config: Config, newId: () => string, answer: boolean): Told {
  const heard = hear(notification, config.peers, config.signal.values, newId);
  const { version, confirmed, root, trapOid, intData1, intData2, strData, policyName, sysUpTimeMs } = notification;
  const phase = heard.kind === 'input' ? heard.input.kind : heard.kind === 'hello' ? 'hello' : null;
  const notOurs = config.role === 'hub' && (phase === 'alert' || phase === 'stop');
  const reason = heard.kind === 'refused' ? heard.reason : notOurs ? 'not-my-role' : null;
  const detail = heard.kind === 'refused' ? heard.detail : notOurs ? `a ${phase} to an agent of role hub` : '';
  const kind = `v${version} ${confirmed ? 'inform' : 'trap'}`;
  const verdict = reason === null ? `accepted: ${phase}` : `refused: ${reason} (${detail})`;
  const values =
    root === null ? trapOid : `${intData1 ?? 'unset'} ${intData2 ?? 'unset'} root ${root} ${JSON.stringify(strData)}`;
  return {
    from: formatEndpoint(notification.from),
    what: `${notification.peer} ${kind} ${values} ${verdict}`,
    fields: {
      peer: notification.peer,
      version: String(version),
      confirmed,
      root,
      trapOid,
      intData1,
      intData2,
      strData,
      policyName,
      sysUpTimeMs,
      phase,
      accepted: reason === null,
      reason,
      detail,
      answered: confirmed && answer,
    },
  };
}

const refused = ({ peer, from, reason, detail }: Refusal): Told => ({
  from: formatEndpoint(from),
  what: `${peer ?? 'nobody that is known'} refused: ${reason} (${detail})`,
  fields: { peer, accepted: false, reason, detail },
});

/** Bounded lines at a bounded pace; counts what it left out. */
class Teller {
  readonly enough: Promise<void>;
  readonly #options: ListenOptions;
  readonly #context: CliContext;
  readonly #countMax: number;
  #reached: () => void = () => {};
  #told = 0;
  #dropped = 0;
  #second: Monotonic;
  #inSecond = 0;

  constructor(options: ListenOptions, context: CliContext) {
    this.#options = options;
    this.#context = context;
    this.#countMax = countFrom(options.count);
    this.#second = context.world.clock.monotonic();
    this.enough = new Promise((resolve) => {
      this.#reached = resolve;
    });
  }

  tell(told: Told): void {
    if (this.#told >= this.#countMax) return;
    const { clock } = this.#context.world;
    const now = clock.monotonic();
    if (now - this.#second >= 1_000) {
      this.#second = now;
      this.#inSecond = 0;
    }
    if (this.#inSecond >= limits.signalLinesPerSecondMax) {
      this.#dropped++;
      return;
    }
    this.#inSecond++;
    this.#told++;
    this.#context.stdout.write(`${this.#options.json ? json(told, clock.wall()) : words(told, clock.wall())}\n`);
    if (this.#told >= this.#countMax) this.#reached();
  }

  end(): void {
    const more = this.#dropped > 0 ? `, ${this.#dropped} more came faster than ${limits.signalLinesPerSecondMax} a second` : '';
    this.#context.stderr.write(`${this.#told} told${more}\n`);
  }
}

function countFrom(text: string | undefined): number {
  if (text === undefined) return Number.POSITIVE_INFINITY;
  if (!/^[1-9]\d{0,8}$/.test(text)) throw usage('--count is how many are waited for: a whole number from 1');
  return Number(text);
}

const LINE_CHARACTERS_MAX = 600;
const iso = (wall: Wall): string => new Date(wall).toISOString();
const words = ({ from, what }: Told, wall: Wall): string => `${iso(wall)} ${from} ${printable(what, LINE_CHARACTERS_MAX)}`;

function json({ from, fields }: Told, wall: Wall): string {
  const safe = Object.entries(fields).map(([key, value]) => [
    key,
    typeof value === 'string' ? printable(value, LINE_CHARACTERS_MAX) : value,
  ]);
  return JSON.stringify({ at: iso(wall), from, ...Object.fromEntries(safe) });
}
