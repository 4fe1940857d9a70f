/**
 * One process of a fleet, wired: the engine, what is made in it, the index that is fed from it, reports of its bundles, the page. Started by
 * cli/fleet/run.ts, and by tests with a world of their own. Only the page's listener and a folder that can not be used keep it from starting: an
 * engine that is away is waited for, and what is in the index is served meanwhile.
 */
import { asSpitrapError } from '../../shared/errors.ts';
import { BUNDLE_BUCKET, EVENT_STREAM, eventKinds, STATE_STREAM } from '../../shared/fleet/record.ts';
import { limits } from '../../shared/limits.ts';
import type { EngineKeeps } from '../fleet-ports.ts';
import { Cleanup, type StopStep } from '../lifecycle.ts';
import type { Logger } from '../log.ts';
import type { World } from '../ports.ts';
import { BundleDesk } from './bundle-desk.ts';
import { type FleetConfig, indexFolder, reportsFolder } from './config.ts';
import { openFleetPage } from './fleet-page.ts';
import { openLiveIndex } from './live-index.ts';

export interface RunFleetOptions {
  readonly version: string;
  readonly pid: number;
}

export interface RunningFleet {
  readonly url: string;
  readonly instance: string;
  /** In one line, for systemd. */
  line(): string;
  /** Null: alive; else why not. */
  ailing(): string | null;
  /** Never rejects, bounded. */
  stop(reason: string): Promise<readonly StopStep[]>;
}

/** Of messages that agents repeat after a lost acknowledgement; the index needs none of it. */
const DUPLICATE_WINDOW_MS = 120_000;
const ENSURE_AGAIN_MS = 30_000;

/** Rejects with INDEX_UNREADABLE, INDEX_FAILED, LISTEN_REFUSED, TLS_CREDENTIALS_REFUSED, DISK_FAILED; then all is closed. */
export async function runFleet(
  config: FleetConfig,
  world: World,
  log: Logger,
  { version, pid }: RunFleetOptions,
): Promise<RunningFleet> {
  const { clock, disk, random } = world;
  const cleanup = new Cleanup(clock);
  try {
    const engine = cleanup.add('engine', world.engines.open(config.engine));
    engine.onState(({ connected, server, why }) => {
      if (connected) log.info({ event: 'engine-connected', server }, `connected to ${server}`);
      else log.warn({ event: 'engine-away', why }, `the engine is away: ${why ?? 'not known why'}; it is tried again`);
    });
    if (config.stream.create) cleanup.add('make streams', ensureStreams(config, engine, world, log));
    let url: string | null = null;
    const live = cleanup.add(
      'index',
      await openLiveIndex({
        ...{ folder: indexFolder(config.folder), clock, disk, random, engine, log, version, pid },
        keepMs: config.keepMs,
        page: () => url,
      }),
    );
    const index = () => live.index();
    const desk = new BundleDesk({ world, engine, folder: reportsFolder(config.folder) });
    const page = cleanup.add(
      'page',
      await openFleetPage(config.page, {
        ...{ world, log, index, desk, version },
        engine: () => engine.state(),
        instance: live.instance,
      }),
    );
    url = page.url;
    log.info({ event: 'fleet', page: url, folder: config.folder, instance: live.instance }, `the page of the fleet is at ${url}`);
    return {
      url,
      instance: live.instance,
      line() {
        const { incidents, behind } = index().state();
        const engineWords = engine.state().connected ? (behind === null ? 'connected' : `${behind} behind`) : 'engine away';
        return `fleet: ${incidents} incidents, ${engineWords}, ${url}`;
      },
      ailing() {
        try {
          index().state();
          return null;
        } catch (error) {
          return asSpitrapError(error).message;
        }
      },
      async stop(reason) {
        log.info({ event: 'stopping', reason }, `stopping: ${reason}`);
        return cleanup.stop();
      },
    };
  } catch (error) {
    await cleanup.stop();
    throw error;
  }
}

/** As soon as there is an engine, and again until it worked. What is there otherwise is told, and left. */
function ensureStreams(
  config: FleetConfig,
  engine: ReturnType<World['engines']['open']>,
  { clock }: Pick<World, 'clock'>,
  log: Logger,
): { close(): void } {
  let state: 'wanted' | 'asking' | 'done' | 'closed' = 'wanted';
  const ask = async (): Promise<void> => {
    if (state !== 'wanted' || !engine.state().connected) return;
    state = 'asking';
    try {
      for (const remark of await engine.ensure(keepsOf(config))) log.warn({ event: 'engine-otherwise' }, `the engine: ${remark}`);
      state = 'done';
    } catch (error) {
      log.warn({ event: 'engine-refused', problem: asSpitrapError(error).message }, 'streams could not be made; tried again');
      if (state === 'asking') state = 'wanted';
    }
  };
  engine.onState(() => void ask());
  void ask();
  let timer = clock.timer('fleet streams', ENSURE_AGAIN_MS, function again() {
    void ask();
    if (state !== 'done' && state !== 'closed') timer = clock.timer('fleet streams', ENSURE_AGAIN_MS, again);
  });
  return {
    close() {
      state = 'closed';
      timer.cancel();
    },
  };
}

export function keepsOf({ stream }: Pick<FleetConfig, 'stream'>): EngineKeeps {
  const { bytesMax, ageMaxMs, bundlesBytesMax, replicas } = stream;
  const common = { duplicateWindowMs: DUPLICATE_WINDOW_MS, replicas };
  return {
    streams: [
      {
        ...common,
        name: EVENT_STREAM,
        subjects: eventKinds.map((kind) => `spitrap.*.*.${kind}`),
        perSubjectMax: null,
        bytesMax,
        ageMaxMs,
      },
      {
        ...common,
        name: STATE_STREAM,
        subjects: ['spitrap.*.*.heartbeat'],
        perSubjectMax: 1,
        bytesMax: limits.fleetStateBytesMax,
        ageMaxMs,
      },
    ],
    buckets: [{ name: BUNDLE_BUCKET, bytesMax: bundlesBytesMax, ageMaxMs, replicas }],
  };
}
