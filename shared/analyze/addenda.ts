/** What came to a flow after its bundle was sealed: revised verdicts, and the message again (docs/bundle.md, the addendum). Called by flows.ts. Pure, never throws. */
import type { BundleText } from '../bundle/bundle-text.ts';
import { verdicts } from '../detect/judge.ts';
import { limits } from '../limits.ts';
import { flowKey } from '../model/flow.ts';
import type { FlowCase } from './case.ts';

export interface Later {
  /** By flowKey; the last word counts. */
  readonly judged: ReadonlyMap<string, FlowCase['judged']>;
  /** All sightings so far, and the last one's wall clock. */
  readonly again: ReadonlyMap<string, { readonly count: number; readonly atWallMs: number }>;
}

export function laterOf({ addenda }: BundleText): Later {
  const judged = new Map<string, FlowCase['judged']>();
  const again = new Map<string, { count: number; atWallMs: number }>();
  for (const line of addenda) {
    const record = recordOf(line);
    const kind = field(record, 'kind');
    if (kind === 'judged') for (const { key, verdict } of judgedFlows(record)) judged.set(key, verdict);
    if (kind !== 'seen-again') continue;
    const key = keyOf(field(record, 'flow'));
    const [count, atWallMs] = [field(record, 'count'), field(record, 'atWall')];
    if (key !== null && isCount(count) && isCount(atWallMs)) again.set(key, { count, atWallMs });
  }
  return { judged, again };
}

function recordOf(line: string): unknown {
  if (line.length > limits.journalRecordBytesMax) return null;
  try {
    return field(JSON.parse(line), 'record');
  } catch {
    return null;
  }
}

function judgedFlows(record: unknown): { key: string; verdict: FlowCase['judged'] }[] {
  const flows = field(record, 'flows');
  if (!Array.isArray(flows)) return [];
  return flows.flatMap((one: unknown) => {
    const key = keyOf(field(one, 'flow'));
    const verdict = verdicts.find((word) => word === field(one, 'verdict'));
    return key === null || verdict === undefined ? [] : [{ key, verdict }];
  });
}

function keyOf(flow: unknown): string | null {
  const [src, dst, spi] = [field(flow, 'src'), field(flow, 'dst'), field(flow, 'spi')];
  return typeof src === 'string' && typeof dst === 'string' && isCount(spi) ? flowKey({ src, dst, spi }) : null;
}

const isCount = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value);

const field = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>)[name] : undefined;
