/**
 * What `GET /metrics` answers: every family of the shelf off a fresh status, the counts, and Node's own. The only importer of prom-client
 * besides counts.ts. Opened by web/server.ts with the page. Format: Prometheus text exposition 0.0.4.
 */
import { collectDefaultMetrics, Registry } from 'prom-client';
import { limits } from '../../shared/limits.ts';
import type { AgentEvents } from '../events.ts';
import type { AgentStatus } from '../status/status.ts';
import { countInto } from './counts.ts';
import { families } from './families.ts';
import type { Family, Sample } from './family.ts';

/** Gauges that end in `_total`; what they count stands in `nodejs_active_handles` and its like too. */
const MISNAMED = ['nodejs_active_handles_total', 'nodejs_active_requests_total', 'nodejs_active_resources_total'];

export interface Metrics {
  readonly contentType: string;
  text(): Promise<string>;
  close(): void;
}

export interface MetricsRooms {
  readonly events: AgentEvents;
  readonly status: () => AgentStatus;
  /** Lets everything else have a turn; absent: nothing else is there. */
  readonly pause?: () => Promise<void>;
}

export function openMetrics(rooms: MetricsRooms): Metrics {
  const registry = new Registry();
  const stopCounting = countInto(registry, rooms.events);
  const { close, ...served } = serveFamilies(registry, families, rooms.status, rooms.pause);
  return {
    ...served,
    close() {
      stopCounting();
      close();
    },
  };
}

/**
 * Families read off a status, and Node's own. The families are rendered here, not by prom-client: of 5,000 peers they are 60,000 samples, and
 * what waits for its turn (a stop) waits for no more than some thousand of them. `pause` gives everything else a turn.
 */
export function serveFamilies<Status>(
  registry: Registry,
  shelf: readonly Family<Status>[],
  status: () => Status,
  pause: () => Promise<void> = async () => {},
): Metrics {
  // Memory, CPU, event loop lag, open files: names as every Node exporter has them.
  collectDefaultMetrics({ register: registry });
  for (const name of MISNAMED) registry.removeSingleMetric(name);
  return {
    contentType: registry.contentType,
    async text() {
      const now = status();
      const parts: string[] = [];
      let since = 0;
      for (const family of shelf) {
        const samples = family.read(now);
        for (let from = 0; from === 0 || from < samples.length; from += limits.metricSamplesPerTurn) {
          const some = samples.slice(from, from + limits.metricSamplesPerTurn);
          parts.push(familyText(family, some, from === 0));
          since += some.length;
          if (since < limits.metricSamplesPerTurn) continue;
          since = 0;
          await pause();
        }
      }
      return `${await registry.metrics()}${parts.join('')}`;
    },
    close: () => registry.clear(),
  };
}

/** Prometheus text exposition 0.0.4. A family without a sample has its two comments all the same. */
function familyText<Status>({ name, help, kind, labels }: Family<Status>, samples: readonly Sample[], isFirst: boolean): string {
  let text = isFirst ? `# HELP ${name} ${escaped(help)}\n# TYPE ${name} ${kind}\n` : '';
  for (const sample of samples) {
    text += name;
    if (labels.length > 0) {
      text += '{';
      for (const [index, label] of labels.entries())
        text += `${index === 0 ? '' : ','}${label}="${escaped(sample.labels[index] ?? '').replaceAll('"', '\\"')}"`;
      text += '}';
    }
    text += ` ${sample.value}\n`;
  }
  return text;
}

const escaped = (text: string): string => text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
