/**
 * What an agent has to tell the fleet: looks at the book after decisions, and at the bundles on disk, and states what it finds; publisher.ts knows
 * what of it is new. So a crash between a seal and its telling loses nothing: at the start all that stands on disk is stated again. Opened by app.ts
 * beside the page and the alarm desk; no decision, no seal and no stop waits for any of it.
 */
import { join } from 'node:path';
import { parseIncidentFile } from '../../shared/bundle/incident-file.ts';
import type { Timer } from '../../shared/clock.ts';
import type { Alarm, Book, Outcome } from '../../shared/coordinate/book.ts';
import type { Verdict } from '../../shared/detect/judge.ts';
import { asSpitrapError } from '../../shared/errors.ts';
import type { FleetBody } from '../../shared/fleet/record.ts';
import { limits } from '../../shared/limits.ts';
import { type IncidentId, isIncidentId } from '../../shared/model/ulid.ts';
import type { Platform } from '../../shared/platforms/platform.ts';
import type { Config, FleetConfig } from '../config/config.ts';
import type { Coordinator } from '../coordinator.ts';
import type { AgentEvents, Decision } from '../events.ts';
import { REPORTS } from '../evidence/bundle-files.ts';
import { reportOfBothEnds, storedVerdicts } from '../evidence/stored-incidents.ts';
import type { Engine } from '../fleet-ports.ts';
import type { Logger } from '../log.ts';
import type { World } from '../ports.ts';
import type { AgentStatus, FleetStatus } from '../status/status.ts';
import { BundleCourier } from './bundle-courier.ts';
import { Publisher } from './publisher.ts';
import { heartbeat, openIncident, raisedAlarm, sealedIncident } from './records.ts';
import { softwareOf } from './software.ts';
import { verdictOf } from './verdict-head.ts';

export interface FleetDeskRoom {
  readonly config: Config;
  readonly fleet: FleetConfig;
  readonly platform: Pick<Platform, 'software'>;
  readonly version: string;
  readonly world: Pick<World, 'clock' | 'random' | 'disk' | 'engines'>;
  readonly coordinator: Pick<Coordinator, 'book'>;
  readonly events: AgentEvents;
  readonly log: Logger;
  readonly clean: (text: string) => string;
  readonly status: () => AgentStatus;
}

/** How often all bundles that stand on disk are looked at where something was dropped, or could not be read. */
const LOOK_AGAIN_MS = 60_000;
/** So few have an incident.json that is read in no time. */
const STORM_FLOWS = 500;
const STORMS_MAX = 16;

export class FleetDesk {
  readonly #room: FleetDeskRoom;
  readonly #engine: Engine;
  readonly #publisher: Publisher;
  readonly #courier: BundleCourier | null;
  /** Sealed ones whose files are to be read, in order. */
  readonly #toRead = new Set<IncidentId>();
  /** The machine's verdict of sealed ones, as it was told. */
  readonly #harm = new Map<string, Verdict>();
  readonly #storms = new Map<IncidentId, FleetBody<'incident'>>();
  #alarms: readonly Alarm[] | null = null;
  #dirty: Timer | null = null;
  #looking: Timer | null = null;
  #reading = false;
  #software: string | null = null;
  #closed = false;

  constructor(room: FleetDeskRoom) {
    this.#room = room;
    const { config, fleet, version, world, log, clean } = room;
    this.#engine = world.engines.open(fleet.engine);
    this.#engine.onState(({ connected, server, why }) => {
      log.info(
        { event: 'fleet-engine', connected, server },
        connected ? `fleet: connected to ${server}` : `fleet: not connected: ${clean(why ?? '?')}; records wait on disk`,
      );
    });
    this.#publisher = new Publisher({
      ...{ folder: join(config.dataDir, 'fleet'), site: config.site, device: config.device.name, version },
      ...{ world, engine: this.#engine, log, clean },
      spoolBytesMax: () => fleet.spoolBytesMax,
      heartbeatMs: () => fleet.heartbeatMs,
    });
    this.#courier = fleet.bundles
      ? new BundleCourier({
          ...{ site: config.site, device: config.device.name, world, engine: this.#engine, log },
          folderOf: (id) => this.#folderOf(id),
          mayCarry: () => this.#publisher.status().waiting.records === 0,
          told: (id) => this.#publisher.told('bundle', id),
          tell: (id, body) => void this.#publisher.tell('bundle', id, body),
        })
      : null;
    this.#publisher.onDrained(() => this.#lookLater());
    room.events.on('decided', this.#onDecided);
    room.events.on('alarm-raised', this.#onChange);
    room.events.on('alarm-cleared', this.#onChange);
  }

  /** Nobody waits for it. Never rejects. */
  async start(): Promise<void> {
    await this.#publisher.start();
    if (this.#closed) return;
    await this.#look();
    this.#tell();
    const { status, config, fleet } = this.#room;
    this.#publisher.beat(() => {
      const { waiting, dropped } = this.#publisher.status();
      const spool = { waiting: waiting.records, bytes: waiting.bytes, dropped: sum(dropped) };
      return heartbeat(status(), { config, spool, everyMs: fleet.heartbeatMs, software: this.#software });
    });
  }

  /** The report of both ends is on the disk. */
  noteBothEnds(id: IncidentId): void {
    this.#read(id);
  }

  status(): FleetStatus {
    const { connected, server, why, waiting, lastSentWall, ...rest } = this.#publisher.status();
    const { clean } = this.#room;
    const said = (text: string | null): string | null => (text === null ? null : clean(text));
    return {
      state: connected ? 'connected' : 'away',
      server,
      why: said(why),
      waitingRecords: waiting.records,
      waitingBytes: waiting.bytes,
      sent: rest.sent,
      heartbeats: rest.heartbeats,
      dropped: rest.dropped,
      refused: rest.refused,
      refusing: said(rest.refusing),
      bundlesWaiting: this.#courier?.waiting ?? 0,
      bundlesSent: this.#courier?.carried ?? 0,
      lastSentAt: lastSentWall === null ? null : new Date(lastSentWall).toISOString(),
      lastError: said(rest.lastError ?? this.#courier?.lastError ?? null),
      degraded: rest.degraded,
    };
  }

  /** Bounded: within the step of the agent's end that it is given. */
  async close(): Promise<void> {
    if (this.#closed) return;
    // The last words of what was decided: on disk, and told at the next start at the latest.
    this.#tell();
    this.#closed = true;
    this.#dirty?.cancel();
    this.#looking?.cancel();
    this.#room.events.off('decided', this.#onDecided);
    this.#room.events.off('alarm-raised', this.#onChange);
    this.#room.events.off('alarm-cleared', this.#onChange);
    await this.#courier?.close();
    await this.#publisher.close();
    await this.#engine.close();
  }

  readonly #onDecided = ({ input, moved }: Decision, before: Book): void => {
    if (input.kind === 'sealed') {
      this.#noteSealed(input.incident, input.outcome, before);
      this.#read(input.incident);
    }
    if (moved) this.#onChange();
  };

  /** Of a storm, whose incident.json is too large to be read here: thousands of flows. As the machine has it. */
  #noteSealed(id: IncidentId, { kind, reasons }: Outcome, { incidents }: Book): void {
    const incident = incidents.find((open) => open.id === id);
    if (incident === undefined || incident.flows.length < STORM_FLOWS) return;
    const sealedAt = new Date(this.#room.world.clock.wall()).toISOString();
    const body = openIncident(incident, this.#room.config, this.#software);
    this.#storms.set(id, { ...body, sealedAt, outcome: kind, reasons: [...reasons] });
    while (this.#storms.size > STORMS_MAX) this.#storms.delete(this.#storms.keys().next().value!);
  }

  /** Not at once, not each: in a storm there are thousands, and nobody waits. */
  readonly #onChange = (): void => {
    if (this.#closed) return;
    this.#dirty ??= this.#room.world.clock.timer('fleet tells', limits.fleetTellMs, () => {
      this.#dirty = null;
      this.#tell();
    });
  };

  /** Of the book as it is now. Never throws. */
  #tell(): void {
    const { coordinator, config, log } = this.#room;
    if (!this.#publisher.ready || this.#closed) return;
    try {
      const { book } = coordinator;
      for (const incident of book.incidents)
        if (incident.sealing !== 'sealed')
          this.#publisher.tell('incident', incident.id, openIncident(incident, config, this.#software));
      for (const { id, judged } of book.closed) {
        const told = this.#harm.get(id);
        if (told !== undefined && judged !== undefined && judged.verdict !== told) this.#read(id);
      }
      this.#tellAlarms(book.alarms);
    } catch (error) {
      log.error(
        { event: 'fleet-tell', error: asSpitrapError(error).message },
        'fleet: what there is to tell could not be gathered',
      );
    }
  }

  #tellAlarms(alarms: readonly Alarm[]): void {
    if (alarms === this.#alarms) return;
    this.#alarms = alarms;
    const standing = new Set(alarms.map(({ key }) => key));
    for (const alarm of alarms) this.#publisher.tell('alarm', alarm.key, raisedAlarm(alarm));
    for (const key of this.#publisher.aboutsOf('alarm')) if (!standing.has(key)) this.#publisher.tell('alarm', key, CLEARED);
  }

  #lookLater(): void {
    this.#looking ??= this.#room.world.clock.timer('fleet looks', LOOK_AGAIN_MS, () => {
      this.#looking = null;
      this.#alarms = null;
      void this.#look().then(() => this.#tell());
    });
  }

  /** All that stands on disk. Never rejects. */
  async #look(): Promise<void> {
    const { world, config, log } = this.#room;
    try {
      const ids = (await world.disk.list(join(config.dataDir, 'incidents'))).filter(isIncidentId);
      const there = new Set<string>(ids);
      for (const { id } of this.#room.coordinator.book.incidents) there.add(id);
      this.#publisher.prune((kind, about) => kind === 'alarm' || there.has(about));
      for (const id of ids) this.#toRead.add(id);
      await this.#readOn();
    } catch (error) {
      log.warn(
        { event: 'fleet-look', error: asSpitrapError(error).message },
        'fleet: the bundles on disk could not be looked at',
      );
    }
  }

  #folderOf(id: string): string {
    return join(this.#room.config.dataDir, 'incidents', id);
  }

  #read(id: IncidentId): void {
    this.#toRead.add(id);
    void this.#readOn();
  }

  /** One after the other, the oldest first. Never rejects. */
  async #readOn(): Promise<void> {
    if (this.#reading || !this.#publisher.ready) return;
    this.#reading = true;
    for (const id of this.#toRead) {
      if (this.#closed) break;
      this.#toRead.delete(id);
      try {
        await this.#tellSealed(id);
      } catch (error) {
        const { log } = this.#room;
        log.warn(
          { event: 'fleet-read', incident: id, error: asSpitrapError(error).message },
          `fleet: the bundle of ${id} could not be read and is not told of yet`,
        );
        this.#lookLater();
      }
    }
    this.#reading = false;
  }

  async #tellSealed(id: IncidentId): Promise<void> {
    const { world, coordinator, platform } = this.#room;
    const folder = this.#folderOf(id);
    const look = await world.disk.stat(join(folder, 'incident.json'));
    if (look === null) return;
    const read =
      look.bytes > limits.pageIncidentBytesMax
        ? null
        : parseIncidentFile((await world.disk.readFile(join(folder, 'incident.json'))).toString('utf8'));
    const file = read?.kind === 'incident' ? read.incident : null;
    const storm = this.#storms.get(id);
    if (file === null && storm === undefined) return;
    const software = file === null ? null : await softwareOf(file, folder, platform, world.disk);
    this.#software = software ?? this.#software;
    const judged = coordinator.book.closed.find((closed) => closed.id === id)?.judged?.verdict;
    const later = judged ?? (await storedVerdicts(folder, world.disk)).at(-1)?.verdict ?? null;
    const body = file === null ? { ...storm!, harm: later ?? storm!.harm } : sealedIncident(file, later, software);
    this.#harm.set(id, body.harm);
    while (this.#harm.size > limits.fleetLedgerMax) this.#harm.delete(this.#harm.keys().next().value!);
    this.#publisher.tell('incident', id, body);
    const both = await verdictOf(reportOfBothEnds(folder, 'json'), true, world.disk);
    const verdict = both ?? (await verdictOf(join(folder, REPORTS.json), false, world.disk));
    if (verdict !== null) this.#publisher.tell('verdict', id, verdict);
    this.#courier?.want(id);
  }
}

/** What it was about stands in its key; the fleet has its text from when it was raised. */
const CLEARED = {
  state: 'cleared',
  severity: 'none',
  text: '',
  remedy: null,
  incident: null,
  since: new Date(0).toISOString(),
} as const;

const sum = (counts: Readonly<Record<string, number>>): number => Object.values(counts).reduce((all, one) => all + one, 0);
