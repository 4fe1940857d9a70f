/**
 * A record within what one may have (shared/fleet/record.ts): texts and lists are cut to their bounds, and one that is too large all the same is
 * cut further until it fits. What was cut ends in `…`. Pure; used by publisher.ts.
 */
import { encodeRecord, type FleetRecord, RECORD_BYTES_MAX } from '../../shared/fleet/record.ts';

const NAME_CHARS = 255;
const TEXT_CHARS = 2_000;
const LIST = 64;
const TAGS = 64;
const TAG_KEY_CHARS = 64;
/** The pairs of a heartbeat. */
const LONG_LIST = 200;
/** Keys whose values may be long. */
const TEXTS = new Set(['text', 'remedy', 'title', 'sentence']);
const LONG_LISTS = new Set(['silent', 'halfArmed']);
const TIGHTER: readonly (readonly [chars: number, list: number])[] = [
  [200, 64],
  [100, 24],
  [64, 8],
  [64, 1],
];

export interface Shortened<R> {
  readonly record: R;
  /** Something had to go that its own bounds would have let stand. */
  readonly cut: boolean;
}

export function shorten<R extends FleetRecord>(record: R): Shortened<R> {
  let fitting = { ...record, body: cutTo(record.body, '', Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY) } as R;
  if (encodeRecord(fitting).length <= RECORD_BYTES_MAX) return { record: fitting, cut: false };
  for (const [chars, list] of TIGHTER) {
    fitting = { ...record, body: cutTo(record.body, '', chars, list) } as R;
    if (encodeRecord(fitting).length <= RECORD_BYTES_MAX) break;
  }
  return { record: fitting, cut: true };
}

function cutTo(value: unknown, key: string, chars: number, list: number): unknown {
  if (typeof value === 'string') return cutText(value, Math.min(chars, TEXTS.has(key) ? TEXT_CHARS : NAME_CHARS));
  if (Array.isArray(value)) {
    const most = Math.min(list, LONG_LISTS.has(key) ? LONG_LIST : LIST);
    const kept = value.slice(0, most).map((one) => cutTo(one, '', chars, list));
    const left = value.length - kept.length;
    // Of plain names one says how many are missing; other lists have their count beside them.
    if (left > 0 && kept.every((one) => typeof one === 'string')) kept[kept.length - 1] = `… ${left + 1} more`;
    return kept;
  }
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value);
  const kept = key === 'tags' || key === 'dropped' ? entries.slice(0, Math.min(TAGS, list)) : entries;
  return Object.fromEntries(
    kept.map(([name, inner]) => [key === 'tags' ? name.slice(0, TAG_KEY_CHARS) : name, cutTo(inner, name, chars, list)]),
  );
}

function cutText(text: string, chars: number): string {
  if (text.length <= chars) return text;
  const head = text.slice(0, chars - 1);
  // Not in the middle of a pair.
  return `${/[\uD800-\uDBFF]$/.test(head) ? head.slice(0, -1) : head}…`;
}
