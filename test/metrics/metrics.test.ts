/** What a scrape says: off the status, anew each time; what is counted off the events; hostile names; the page that lists every metric. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { AgentEvents, type Decision } from '../../agent/events.ts';
import { families } from '../../agent/metrics/families.ts';
import { openMetrics } from '../../agent/metrics/metrics.ts';
import type { AgentStatus } from '../../agent/status/status.ts';
import { emptyBook, type Incident } from '../../shared/coordinate/book.ts';
import { monotonic, wall } from '../../shared/model/time.ts';
import { statusSample } from '../status/status-sample.ts';

const docs = (page: string): string => readFileSync(fileURLToPath(new URL(`../../docs/${page}`, import.meta.url)), 'utf8');

async function scrape(status: AgentStatus, ...decisions: Partial<Decision>[]): Promise<string[]> {
  const events = new AgentEvents();
  const before = { ...emptyBook, incidents: [{ id: 'I', stopAt: monotonic(18_000) } as unknown as Incident] };
  const metrics = openMetrics({ events, status: () => status });
  for (const decision of decisions)
    events.emit('decided', { effects: [], moved: true, incident: null, ...decision } as Decision, before);
  const text = await metrics.text();
  metrics.close();
  return text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
}

test('one of everything', async () => {
  const lines = (await scrape(statusSample)).filter((line) => !/^(?:nodejs|process)_|_total\{reason="|_bucket\{/.test(line));
  expect(lines).toMatchSnapshot();
});

test('what is not known is left out, never a zero', async () => {
  const unknown: AgentStatus = {
    ...statusSample,
    device: { ...statusSample.device, debugsOn: null, debugsReadAt: null, clock: null },
    arming: { ...statusSample.arming, cpu: null, leaseLeftMs: null },
    peers: statusSample.peers.map((peer) => ({
      ...peer,
      lastHelloAt: null,
      roundTripMs: null,
      offsetMs: null,
      armed: 'unknown',
    })),
  };
  const names = (await scrape(unknown)).map((line) => line.split(/[ {]/)[0]);
  for (const name of [
    'spitrap_device_debugs_on',
    'spitrap_device_debugs_read_timestamp_seconds',
    'spitrap_device_clock_trusted',
    'spitrap_device_cpu_ratio',
    'spitrap_lease_left_seconds',
    'spitrap_peer_last_hello_timestamp_seconds',
    'spitrap_peer_round_trip_seconds',
    'spitrap_peer_clock_offset_seconds',
    'spitrap_peer_armed',
  ])
    expect(names).not.toContain(name);
});

test('a peer that is gone leaves no sample behind', async () => {
  let status: AgentStatus = statusSample;
  const metrics = openMetrics({ events: new AgentEvents(), status: () => status });
  expect(await metrics.text()).toContain('spitrap_peer_missed_hellos{peer="spoke1"} 2');
  status = { ...statusSample, peers: [] };
  expect(await metrics.text()).not.toContain('spoke1');
  metrics.close();
});

test('decisions, seals, stops and round trips are counted', async () => {
  const outcome = { via: 'control', sentAt: monotonic(18_004), sentAtWall: wall(0), detail: '', appeared: [] } as const;
  const stop = { kind: 'stop-attempted', at: monotonic(18_250), wall: wall(0), incident: 'I' as never, attempt: 0 } as const;
  const lines = await scrape(
    statusSample,
    { input: { ...stop, outcome: { ...outcome, result: 'verified' } }, reason: 'stop-verified', incident: 'I' as never },
    {
      input: { ...stop, attempt: 1, outcome: { ...outcome, result: 'still-on' } },
      reason: 'stop-retried',
      incident: 'I' as never,
    },
    {
      input: {
        ...{ kind: 'delivery', at: monotonic(0), wall: wall(0), incident: 'I' as never, peer: 'spoke1', phase: 'alert' },
        ...{ result: 'acknowledged', attempts: 1, roundTripMs: 12, detail: '' },
      } as never,
      reason: 'delivered',
    },
    {
      input: {
        kind: 'sealed',
        at: monotonic(0),
        wall: wall(0),
        incident: 'I' as never,
        outcome: { kind: 'partial', reasons: [] },
      },
      reason: 'sealed',
    },
  );
  expect(lines).toContain('spitrap_decisions_total{reason="stop-verified"} 1');
  expect(lines).toContain('spitrap_decisions_total{reason="over-budget"} 0');
  expect(lines).toContain('spitrap_incidents_sealed_total{outcome="partial"} 1');
  expect(lines).toContain('spitrap_incidents_sealed_total{outcome="complete"} 0');
  // 4 ms after its plan, verified 246 ms later; the repeat is in neither.
  expect(lines).toContain('spitrap_stop_lateness_seconds_count 1');
  expect(lines).toContain('spitrap_stop_lateness_seconds_bucket{le="0.005"} 1');
  expect(lines).toContain('spitrap_stop_lateness_seconds_bucket{le="0.001"} 0');
  expect(lines).toContain('spitrap_stop_verification_seconds_count 1');
  expect(lines).toContain('spitrap_stop_verification_seconds_bucket{le="0.25"} 1');
  expect(lines).toContain('spitrap_signal_round_trip_seconds_sum{phase="alert"} 0.012');
});

test('a name with quotes, newlines and escapes stays one label', async () => {
  const hostile = 'a"b\\c\nspitrap_hold 1\u001b[31m';
  const lines = await scrape({ ...statusSample, sources: [{ ...statusSample.sources[0]!, name: hostile }] });
  expect(lines.filter((line) => line.startsWith('spitrap_source_up'))).toEqual([
    'spitrap_source_up{source="a\\"b\\\\c\\nspitrap_hold 1\u001b[31m",kind="syslog-tcp"} 0',
  ]);
  expect(lines).toContain('spitrap_hold 0');
});

test('names are Prometheus’s: a counter ends in _total, times are seconds, sizes bytes, and nothing else does', () => {
  for (const { name, kind, labels } of families) {
    expect(name).toMatch(/^spitrap_[a-z0-9]+(?:_[a-z0-9]+)*$/);
    expect(name.endsWith('_total'), name).toBe(kind === 'counter');
    expect(name).not.toMatch(/_(?:ms|milliseconds|percent|kb|mb|minutes)\b/);
    for (const label of labels) expect(label).toMatch(/^[a-z_]+$/);
  }
  expect(new Set(families.map(({ name }) => name)).size).toBe(families.length);
});

test('docs/metrics.md lists every metric with its labels, and no other', async () => {
  const metrics = openMetrics({ events: new AgentEvents(), status: () => statusSample });
  const served = [...(await metrics.text()).matchAll(/^# TYPE (spitrap_\w+) (\w+)$/gm)].map(
    ([, name, type]) => `${name} ${type}`,
  );
  metrics.close();
  // Those of a fleet process: test/docs/fleet-doc.test.ts.
  const [ofAgents = ''] = docs('metrics.md').split('\n## A fleet process\n');
  const listed = [...ofAgents.matchAll(/^\| `(spitrap_\w+)(?:\{([^}]*)\})?` \| (\w+) \|/gm)];
  expect(listed.map(([, name, , type]) => `${name} ${type}`).sort()).toEqual([...served].sort());
  for (const { name, labels } of families)
    expect(listed.find(([, listedName]) => listedName === name)?.[2] ?? '', name).toBe(labels.join(', '));
});

test('the alert rules ask for metrics and reasons that there are', async () => {
  const metrics = openMetrics({ events: new AgentEvents(), status: () => statusSample });
  const text = await metrics.text();
  metrics.close();
  const asked = [...docs('alerts/spitrap.rules.yml').matchAll(/spitrap_\w+/g)].map(([name]) => name);
  expect(asked.length).toBeGreaterThan(15);
  for (const name of asked) expect(text, name).toContain(name);
  for (const [, reason] of docs('alerts/spitrap.rules.yml').matchAll(/reason="([\w-]+)"/g))
    expect(text).toContain(`{reason="${reason}"}`);
});
