/** agent/metrics/metrics.ts with thousands of peers: others get their turns, and labels of strangers stay labels. */
import { expect, test } from 'vitest';
import { AgentEvents } from '../../agent/events.ts';
import { openMetrics } from '../../agent/metrics/metrics.ts';
import { limits } from '../../shared/limits.ts';
import { statusSample } from '../status/status-sample.ts';

test('5,000 peers are rendered in turns', async () => {
  const [peer] = statusSample.peers;
  const peers = Array.from({ length: 5_000 }, (_, index) => ({ ...peer!, name: `s${index}` }));
  let pauses = 0;
  const pause = async (): Promise<void> => void pauses++;
  const metrics = openMetrics({ events: new AgentEvents(), status: () => ({ ...statusSample, peers }), pause });
  const text = await metrics.text();
  metrics.close();
  const samples = text.split('\n').filter((line) => line.startsWith('spitrap_') && line.includes('peer="s')).length;
  expect(samples).toBeGreaterThan(5_000);
  // A family’s last piece and the next one’s first may share a turn.
  expect(pauses).toBeGreaterThanOrEqual(Math.floor(samples / (2 * limits.metricSamplesPerTurn)));
  // One comment a family, however many turns it took.
  const helps = text.match(/^# HELP (\S+)/gm)!;
  expect(new Set(helps).size).toBe(helps.length);
});

test('quotes, backslashes and line breaks in a label', async () => {
  const [peer] = statusSample.peers;
  const metrics = openMetrics({
    events: new AgentEvents(),
    status: () => ({ ...statusSample, peers: [{ ...peer!, name: 'a"b\\c\nd' }] }),
  });
  const text = await metrics.text();
  metrics.close();
  expect(text).toContain('peer="a\\"b\\\\c\\nd"');
});
