/**
 * What `GET /metrics` answers: every family of the shelf off a fresh status, the counts, and Node's own. The only importer of prom-client
 * besides counts.ts. Opened by web/server.ts with the page. Format: Prometheus text exposition 0.0.4.
 */
import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import type { AgentEvents } from '../events.ts';
import type { AgentStatus } from '../status/status.ts';
import { countInto } from './counts.ts';
import { families } from './families.ts';
import type { Family } from './family.ts';

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
}

export function openMetrics(rooms: MetricsRooms): Metrics {
  const registry = new Registry();
  const stopCounting = countInto(registry, rooms.events);
  const { close, ...served } = serveFamilies(registry, families, rooms.status);
  return {
    ...served,
    close() {
      stopCounting();
      close();
    },
  };
}

/** Families read off a status, and Node's own. */
export function serveFamilies<Status>(registry: Registry, shelf: readonly Family<Status>[], status: () => Status): Metrics {
  // Memory, CPU, event loop lag, open files: names as every Node exporter has them.
  collectDefaultMetrics({ register: registry });
  for (const name of MISNAMED) registry.removeSingleMetric(name);
  const shown = shelf.map((family) => {
    const options = { name: family.name, help: family.help, labelNames: [...family.labels], registers: [registry] };
    return { family, metric: family.kind === 'counter' ? new Counter(options) : new Gauge(options) };
  });
  return {
    contentType: registry.contentType,
    async text() {
      const now = status();
      for (const { family, metric } of shown) {
        // Anew at each scrape: a peer that is gone has no sample left behind.
        metric.reset();
        // Without labels a reset is a zero, and a zero is a word.
        if (family.labels.length === 0) metric.remove();
        for (const { labels, value } of family.read(now))
          metric.inc(Object.fromEntries(family.labels.map((name, index) => [name, labels[index] ?? ''])), value);
      }
      return registry.metrics();
    },
    close: () => registry.clear(),
  };
}
