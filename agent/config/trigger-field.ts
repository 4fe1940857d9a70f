/** `trigger: first` or `trigger: { repeat: 2, within: 5m }` (pair-protocol.md, "What counts as the event"). Used by schema.ts. */
import { formatDuration, parseDuration } from '../../shared/model/time.ts';
import type { Trigger } from '../../shared/model/watch.ts';
import { leaf, Remedy } from './field-notes.ts';

/** The message comes at most once a minute: a repeat within less could never be seen. */
const WITHIN_MS_MIN_EXCLUSIVE = 60_000;
const WITHIN_MS_MAX = 24 * 3_600_000;
const REPEAT: Trigger = { kind: 'repeat', count: 2, withinMs: 300_000 };

export const trigger = () =>
  leaf('first, repeat (2 within 5m), or { repeat: 2, within: 5m }', (raw): Trigger | Remedy => {
    if (raw === 'first') return { kind: 'first' };
    if (raw === 'repeat') return REPEAT;
    if (typeof raw !== 'object' || raw === null || Array.isArray(raw)) return new Remedy('first, or { repeat: 2, within: 5m }');
    const { repeat, within = '5m', ...others } = raw as Record<string, unknown>;
    if (Object.keys(others).length > 0) return new Remedy('only repeat and within stand here: { repeat: 2, within: 5m }');
    if (typeof repeat !== 'number' || !Number.isInteger(repeat) || repeat < 2 || repeat > 1_000)
      return new Remedy('repeat is how many messages of one flow it takes, a whole number from 2 to 1000');
    const withinMs = typeof within === 'string' ? parseDuration(within) : null;
    if (withinMs === null) return new Remedy('within is a duration such as 5m');
    if (withinMs <= WITHIN_MS_MIN_EXCLUSIVE)
      return new Remedy(
        `within ${formatDuration(withinMs)} can never be met: the device sends the message at most once a minute; write more than 60s`,
      );
    if (withinMs > WITHIN_MS_MAX) return new Remedy('within is 24h at most');
    return { kind: 'repeat', count: repeat, withinMs };
  });
