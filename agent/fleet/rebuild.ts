/**
 * `spitrap fleet rebuild`: the index anew from the stream, beside the one in use, whose place it takes when it has caught up. Serving goes on; a
 * running instance goes over by itself (live-index.ts). One that is torn or of another version is not looked at.
 */
import { join } from 'node:path';
import { isSpitrapError, SpitrapError } from '../../shared/errors.ts';
import { EVENT_STREAM, STATE_STREAM } from '../../shared/fleet/record.ts';
import type { Engine } from '../fleet-ports.ts';
import type { Logger } from '../log.ts';
import { consumeInto } from './consumer.ts';
import type { FleetIndexAsk } from './index/fleet-index.ts';
import { currentOf, makeCurrent, newName, othersOf } from './index/folder.ts';
import { openNamed } from './index/open-index.ts';

const LOOK_EVERY_MS = 200;
/** What another rebuild left behind, which did not get to its end: none takes so long without writing. */
const ABANDONED_MS = 3_600_000;

export interface RebuildAsk extends FleetIndexAsk {
  readonly engine: Engine;
  readonly log: Logger;
  /** As it goes on. `behind` null: the engine is away, and it is waited for. */
  readonly onProgress: (progress: { readonly messages: number; readonly behind: number | null }) => void;
}

export interface Rebuilt {
  readonly incidents: number;
  readonly records: number;
  readonly unreadable: number;
}

/** Rejects with ENGINE_FAILED when there is no stream to make it from; what was in use stays so. */
export async function rebuildIndex(ask: RebuildAsk): Promise<Rebuilt> {
  const { clock, disk, engine, folder, random } = ask;
  await disk.makeFolder(folder);
  const stream = await engine.streamState(EVENT_STREAM);
  if (stream === null)
    throw new SpitrapError(
      'ENGINE_FAILED',
      `the engine has no stream ${EVENT_STREAM}: there is nothing to make an index from, and the one in ${folder} stays as it is`,
    );
  const name = newName(random);
  const index = await openNamed(ask, name);
  const consumption = consumeInto(index, engine, ask.log);
  try {
    for (;;) {
      const behind = consumption.behind();
      const messages = consumption.messages();
      ask.onProgress({ messages, behind });
      if (stream.messages === 0 || index.state().sequence >= stream.last || (behind === 0 && messages > 0)) break;
      await clock.sleep('fleet-rebuild', LOOK_EVERY_MS);
    }
    await consumption.close();
    const { incidents, records, unreadable } = index.state();
    await index.close();
    const before = await currentOf(disk, folder).catch(onlyUnreadable);
    const durable = before === null ? null : await durableOf(ask, before);
    await makeCurrent(disk, folder, name);
    await forgetOld(ask, name, before, durable);
    return { incidents, records, unreadable };
  } catch (error) {
    await consumption.close();
    await index.close();
    await disk.remove(join(folder, name)).catch(() => {});
    throw error;
  }
}

const onlyUnreadable = (error: unknown): null => {
  if (isSpitrapError(error, 'INDEX_UNREADABLE')) return null;
  throw error;
};

/** Null: it is not told any more. The engine keeps such a consumer until somebody deletes it. */
async function durableOf(ask: RebuildAsk, name: string): Promise<string | null> {
  try {
    const old = await openNamed(ask, name);
    await old.close();
    return old.durable;
  } catch (error) {
    return onlyUnreadable(error);
  }
}

async function forgetOld(ask: RebuildAsk, name: string, before: string | null, durable: string | null): Promise<void> {
  const { clock, disk, engine, folder, log } = ask;
  if (durable !== null)
    for (const stream of [EVENT_STREAM, STATE_STREAM])
      await engine.forget(stream, durable).catch((error: unknown) => {
        log.warn({ durable, stream, problem: String(error) }, 'the consumer of the index before is left in the engine');
      });
  for (const other of await othersOf(disk, folder, name)) {
    const data = await disk.stat(join(folder, other, 'data.mdb'));
    const abandoned = data === null || clock.wall() - data.modifiedAtMs > ABANDONED_MS;
    // Who still has it open goes on with what is mapped, and over to the new one within seconds.
    if (other === before || abandoned) await disk.remove(join(folder, other));
  }
}
