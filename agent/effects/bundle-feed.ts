/**
 * What is on its way into the bundles of running incidents: opens each folder once, hands outputs over in order, keeps them in memory
 * while the folder cannot be had, and tells the seal when nothing is on its way any more. A capture never waits for the disk.
 * Called by perform.ts; bounded by limits.captureBytesMax an incident, which capture.ts holds.
 */

import type { IncidentFacts } from '../../shared/bundle/incident-file.ts';
import { asSpitrapError } from '../../shared/errors.ts';
import { limits } from '../../shared/limits.ts';
import type { IncidentId } from '../../shared/model/ulid.ts';
import type { Bundle, SavedOutput } from '../evidence/bundle.ts';
import type { Bundles } from '../evidence/bundles.ts';
import type { Logger } from '../log.ts';

interface Feed {
  opening: Promise<Bundle> | null;
  /** Outputs that no folder could take yet. */
  waiting: SavedOutput[];
  waitingBytes: number;
  /** Ends when everything handed over so far is saved, or waits. Never rejects. */
  tail: Promise<void>;
  planned: IncidentFacts['planned'];
}

export class BundleFeed {
  readonly #bundles: Pick<Bundles, 'open'>;
  readonly #log: Logger;
  readonly #feeds = new Map<IncidentId, Feed>();

  constructor(bundles: Pick<Bundles, 'open'>, log: Logger) {
    this.#bundles = bundles;
    this.#log = log;
  }

  /** Makes the folder now, so that a crash leaves it. */
  open(id: IncidentId): void {
    this.#opened(id).catch((error: unknown) =>
      this.#log.error(
        { incident: id, error: asSpitrapError(error).message },
        'bundle: its folder could not be made; tried again at the next output and at the seal',
      ),
    );
  }

  /** A command of a plan, told before the first is sent: a hole can then be seen. */
  plan(id: IncidentId, round: IncidentFacts['planned'][number]['round'], command: string): void {
    this.#feed(id).planned.push({ round, command });
  }

  plannedOf(id: IncidentId): IncidentFacts['planned'] {
    return this.#feeds.get(id)?.planned ?? [];
  }

  /** What left unsealed, because no disk took it, is not kept in memory for ever. */
  keepOnly(open: readonly IncidentId[]): void {
    for (const id of this.#feeds.keys()) if (!open.includes(id)) this.#feeds.delete(id);
  }

  /** Hands an output over and returns at once. What a dead disk would keep in memory beyond the limit is named, and not kept. */
  save(id: IncidentId, output: SavedOutput): void {
    const feed = this.#feed(id);
    const bytes = output.result.output.length;
    const fits = feed.waitingBytes + bytes <= limits.captureBytesMax;
    feed.waiting.push(fits ? output : withoutText(output));
    if (fits) feed.waitingBytes += bytes;
    feed.tail = feed.tail.then(() => this.#drain(id, feed)).catch(() => {});
  }

  /** Resolves when everything handed over so far is on disk, or waits for a folder. */
  settled(id: IncidentId): Promise<void> {
    return this.#feed(id).tail;
  }

  /** The bundle with every output in it. Rejects with DISK_FAILED when its folder cannot be had. */
  async ready(id: IncidentId): Promise<Bundle> {
    const feed = this.#feed(id);
    await feed.tail;
    await this.#drain(id, feed);
    return await this.#opened(id);
  }

  /** Sealed: whatever still comes is the caller's to turn away. */
  forget(id: IncidentId): void {
    this.#feeds.delete(id);
  }

  /** Rejects when the folder cannot be had; then they go on waiting. */
  async #drain(id: IncidentId, feed: Feed): Promise<void> {
    const bundle = await this.#opened(id);
    for (let output = feed.waiting.shift(); output !== undefined; output = feed.waiting.shift()) {
      await bundle.saveOutput(output);
      feed.waitingBytes -= output.result.output.length;
    }
  }

  #feed(id: IncidentId): Feed {
    const known = this.#feeds.get(id);
    if (known !== undefined) return known;
    const feed: Feed = { opening: null, waiting: [], waitingBytes: 0, tail: Promise.resolve(), planned: [] };
    this.#feeds.set(id, feed);
    return feed;
  }

  /** Opened once; a folder that could not be made is tried again the next time. */
  #opened(id: IncidentId): Promise<Bundle> {
    const feed = this.#feed(id);
    if (feed.opening !== null) return feed.opening;
    const opening = this.#bundles.open(id);
    feed.opening = opening;
    opening.catch(() => {
      feed.opening = null;
    });
    return opening;
  }
}

function withoutText(output: SavedOutput): SavedOutput {
  const { result } = output;
  const why = `${result.output.length} characters not kept: more than ${limits.captureBytesMax} bytes waited for the disk`;
  return { ...output, result: { ...result, output: '', detail: result.detail === null ? why : `${result.detail}; ${why}` } };
}
