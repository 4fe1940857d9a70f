/**
 * Notifications of one peer seen lately: RFC 3414's window alone lets the same bytes in again for 150 s. Kept by snmp-receiver.ts.
 * A copy of an inform (a replay, or a retry because our Response was lost) is never delivered twice, but it is answered as soon as the
 * first one was.
 */
import { hash } from 'node:crypto';
import { limits } from '../../shared/limits.ts';
import type { DurationMs, Monotonic } from '../../shared/model/time.ts';
import { TIME_WINDOW_S } from './engine-notion.ts';

/** A message stamped 150 s ahead of our clock stays in the window for 300 s from now, and both clocks count whole seconds. */
const KEPT_MS: DurationMs = (2 * TIME_WINDOW_S + 2) * 1_000;

export class SeenNotification {
  private responded = false;
  private first: (() => void) | null;
  /** The latest copy: its sender waits for this message id and no longer for the first. */
  private copy: (() => void) | null = null;

  constructor(respondToFirst: (() => void) | null) {
    this.first = respondToFirst;
  }

  respond(): void {
    this.responded = true;
    this.first?.();
    this.copy?.();
    // Each is answered once; and what they hold on to (the whole message) is not needed for the rest of the window.
    this.first = null;
    this.copy = null;
  }

  seenAgain(respondToCopy: (() => void) | null): void {
    if (this.responded) respondToCopy?.();
    else this.copy = respondToCopy;
  }
}

interface Remembered {
  readonly key: string;
  readonly seen: SeenNotification;
  readonly until: number;
}

export class DuplicateWindow {
  /** Entries pushed out before their time; a replay of those would pass. */
  forgotten = 0;
  private readonly entries = new Map<string, Remembered>();
  /** The same, oldest first, from `oldest` on: a Map finds its first key only past all that were deleted before it. */
  private order: Remembered[] = [];
  private oldest = 0;

  /** The earlier notification of the same bytes, or null after remembering this one as `fresh`. */
  find(bytes: Uint8Array, fresh: SeenNotification, now: Monotonic): SeenNotification | null {
    const key = hash('sha256', bytes, 'base64');
    for (let entry = this.order[this.oldest]; entry !== undefined && entry.until <= now; entry = this.order[this.oldest])
      this.forgetOldest();
    const earlier = this.entries.get(key);
    if (earlier !== undefined) return earlier.seen;
    if (this.entries.size >= limits.snmpDuplicatesMax) {
      // Refusing the new one instead would let old traffic hold up a stop.
      this.forgetOldest();
      this.forgotten++;
    }
    const entry: Remembered = { key, seen: fresh, until: now + KEPT_MS };
    this.entries.set(key, entry);
    this.order.push(entry);
    return null;
  }

  private forgetOldest(): void {
    this.entries.delete(this.order[this.oldest++]!.key);
    if (this.oldest < limits.snmpDuplicatesMax) return;
    this.order = this.order.slice(this.oldest);
    this.oldest = 0;
  }
}
