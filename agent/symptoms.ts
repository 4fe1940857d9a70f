/**
 * What tells of packets without an SA and names no flow, on its way to the machine: whose it is, and whether the device bears it out.
 * A message that was cut before its srcaddr ended is made whole where that can be done: by the configuration when there is one peer,
 * else by the device's own log. Called by intake.ts; asks the device at most one question at a time.
 */
import type { Clock } from '../shared/clock.ts';
import type { InputBody } from '../shared/coordinate/input.ts';
import { readInvalidSpi } from '../shared/detect/invalid-spi.ts';
import { asSpitrapError } from '../shared/errors.ts';
import type { CutMessage, LineChunk, Symptom, Trust } from '../shared/model/observation.ts';
import { peersAt } from '../shared/model/peer-lookup.ts';
import { printable } from '../shared/model/printable.ts';
import type { Monotonic, Wall } from '../shared/model/time.ts';
import type { IncidentId } from '../shared/model/ulid.ts';
import type { Config, PeerConfig } from './config/config.ts';
import type { Device } from './device/device.ts';
import type { Logger } from './log.ts';

export interface SymptomsRoom {
  readonly config: Pick<Config, 'mode' | 'peers'>;
  readonly device: Pick<Device, 'run' | 'platform'>;
  readonly clock: Clock;
  readonly log: Logger;
  readonly newId: () => IncidentId;
  /** To the machine. */
  readonly input: (
    input: InputBody & { readonly kind: 'symptom' },
    when: { readonly at: Monotonic; readonly wall: Wall },
  ) => void;
  /** A line, as if its source had brought it whole. */
  readonly onLine: (chunk: LineChunk) => void;
}

/** The device's log holds it, lacks it, or could not be asked. */
type Borne =
  | { readonly kind: 'found'; readonly line: string }
  | { readonly kind: 'absent' | 'undecided'; readonly detail: string };

/** As long as a question about a whole message takes (coordinate/timing.ts). */
const ASK_TIMEOUT_MS = 5_000;
/** The same symptom again within it says nothing new: a flood of traps must not fill the journal. */
const AGAIN_MS = 10_000;
/** A question about a cut message at most so often: whoever can send one can send thousands. */
const ASK_EVERY_MS = 2_000;
/** Questions that wait for the one before; a device prints such a message once a minute. */
const ASKED_MAX = 8;

export class Symptoms {
  readonly #room: SymptomsRoom;
  #asked = 0;
  /** By source, cause, peer and whether it opens: as many as are configured. */
  readonly #takenAt = new Map<string, Monotonic>();
  #cutAskedAt: Monotonic | null = null;
  #last: Promise<void> = Promise.resolve();

  constructor(room: SymptomsRoom) {
    this.#room = room;
  }

  /** From a counter or a trap: whoever configured `opens` has said what it may do. */
  take = (symptom: Symptom): void => {
    const { config, newId, input } = this.#room;
    const { cause, source, opens, remote, at, wall } = symptom;
    const peers = remote === null ? [] : peersAt(config.peers, remote).map((peer) => peer.name);
    // One that only is noted, which anybody can bring about, takes the place of none that opens.
    const key = `${source} ${cause} ${opens} ${peers.join()}`;
    const before = this.#takenAt.get(key);
    if (before !== undefined && at - before < AGAIN_MS) return;
    this.#takenAt.set(key, at);
    const scope = remote === null ? [] : [remote];
    const detail = printable(symptom.detail, 300);
    input({ kind: 'symptom', id: newId(), cause, source, opens, peers, scope, detail }, { at, wall });
  };

  /** From a line: over UDP or a file the device's own log must hold it. */
  takeLine = (symptom: Symptom, trust: Trust): void => {
    const { config, device } = this.#room;
    const { remote } = symptom;
    // Anybody can make the device log it, by a packet to UDP 500.
    if (remote !== null && peersAt(config.peers, remote).length === 0) {
      this.take({ ...symptom, opens: false, detail: `${symptom.detail}; no peer has this address` });
      return;
    }
    if (trust === 'connected' || config.mode === 'observe' || remote === null) {
      this.take(symptom);
      return;
    }
    const command = `${device.platform.showLogging} | include IKMP_NO_SA`;
    this.#ask(
      command,
      (line) => line.includes('IKMP_NO_SA') && words(line).includes(remote),
      (borne) => {
        const why = borne.kind === 'found' ? 'it stands in the device log' : borne.detail;
        this.take({ ...symptom, opens: symptom.opens && borne.kind !== 'absent', detail: `${symptom.detail}; ${why}` });
      },
    );
  };

  /** Its line is evidence whatever becomes of it; what it lacks is looked for. */
  takeCut = (cut: CutMessage): void => {
    const { config, device, onLine } = this.#room;
    const chunk: LineChunk = {
      kind: 'lines',
      source: cut.source,
      trust: cut.trust,
      bytes: Buffer.from(`${cut.whole}\n`, 'latin1'),
      asCame: cut.bytes,
      from: cut.from,
      at: cut.at,
      wall: cut.wall,
      backlog: false,
    };
    const only = onlyRemote(config.peers);
    const filled = only === null ? null : `${cut.whole}, srcaddr=${only} [its end was cut off: the address is from peers]`;
    if (filled !== null && readInvalidSpi(filled.slice(filled.indexOf('INV_SPI:'))).ok) {
      onLine({ ...chunk, bytes: Buffer.from(`${filled}\n`, 'latin1') });
      return;
    }
    const { spi } = cut;
    if (spi === null || config.mode === 'observe') {
      onLine(chunk);
      // Nothing could bear it out, so a community alone does not do.
      this.#cutSymptom(
        cut,
        cut.trust === 'connected',
        spi === null ? 'its SPI was lost too' : 'mode observe does not ask the device',
      );
      return;
    }
    if (this.#cutAskedAt !== null && cut.at - this.#cutAskedAt < ASK_EVERY_MS) {
      onLine(chunk);
      return;
    }
    this.#cutAskedAt = cut.at;
    this.#ask(
      device.platform.corroborate(spi),
      (line) => /REC(?:V|VD)_PKT_INV_SPI/.test(line) && line.toLowerCase().includes(`${spi.toLowerCase()}(`),
      (borne) => {
        if (borne.kind === 'found') {
          // The device's own words.
          onLine({ ...chunk, trust: 'connected', bytes: Buffer.from(`${borne.line}\n`, 'latin1') });
          return;
        }
        onLine(chunk);
        this.#cutSymptom(cut, cut.trust === 'connected' || borne.kind === 'undecided', borne.detail);
      },
    );
  };

  #cutSymptom({ source, whole, at, wall }: CutMessage, opens: boolean, why: string): void {
    const detail = `${whole}: cut off before its srcaddr ended; ${why}`;
    this.take({ kind: 'symptom', source, cause: 'cut-message', opens, remote: null, detail, at, wall });
  }

  #ask(command: string, wanted: (line: string) => boolean, then: (borne: Borne) => void): void {
    if (this.#asked >= ASKED_MAX) {
      then({ kind: 'undecided', detail: `${this.#asked} such questions wait for the device already` });
      return;
    }
    this.#asked++;
    this.#last = this.#last
      .then(() => this.#look(command, wanted))
      .then((borne) => {
        this.#asked--;
        then(borne);
      })
      .catch((error: unknown) =>
        this.#room.log.error(
          { event: 'internal', error: asSpitrapError(error).message },
          'a symptom could not be taken, a fault of this program: please report it',
        ),
      );
  }

  async #look(command: string, wanted: (line: string) => boolean): Promise<Borne> {
    try {
      const result = await this.#room.device.run('capture', command, { timeoutMs: ASK_TIMEOUT_MS, first: true });
      if (result.status !== 'ok')
        return { kind: 'undecided', detail: `${command}: ${result.status} ${printable(result.detail ?? '', 120)}`.trim() };
      const line = result.output.split(/\r?\n/).findLast(wanted);
      return line === undefined ? { kind: 'absent', detail: 'the device log does not show it' } : { kind: 'found', line };
    } catch (error) {
      return { kind: 'undecided', detail: asSpitrapError(error).message };
    }
  }
}

const words = (line: string): string[] => line.split(/[\s,]+/);

/** The other end, when the configuration knows one alone. */
function onlyRemote(peers: readonly PeerConfig[]): string | null {
  const ranges = peers.flatMap((peer) => peer.cryptoAddresses);
  const [range] = ranges;
  return range !== undefined && ranges.length === 1 && range.bits === (range.family === 6 ? 128 : 32) ? range.base : null;
}
