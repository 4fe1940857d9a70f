/** /metrics, /healthz and /readyz over a real socket: who may, what they answer, and what a stranger is not told. */
import { afterEach, expect, test } from 'vitest';
import type { AgentStatus } from '../../agent/status/status.ts';
import { statusSample } from '../status/status-sample.ts';
import { ask, type Stand, standPage, TOKEN } from '../support/page-stand.ts';

let stand: Stand | null = null;
afterEach(async () => {
  await stand?.page.close();
  stand = null;
});

async function open(status: AgentStatus, loopback: 'free' | 'token' = 'free'): Promise<number> {
  stand = await standPage({ status: () => status, config: { loopback } });
  return stand.port;
}

test('/metrics is the text format, off a status of now', async () => {
  const answer = await ask(await open(statusSample), '/metrics');
  expect(answer.status).toBe(200);
  expect(answer.headers['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8');
  expect(answer.text).toContain('spitrap_device_debugs_on 2\n');
});

test('/metrics needs the token where reading does, the two others never', async () => {
  const port = await open(statusSample, 'token');
  expect((await ask(port, '/metrics')).status).toBe(401);
  expect((await ask(port, '/metrics', { headers: { authorization: `Bearer ${TOKEN}` } })).status).toBe(200);
  expect((await ask(port, '/healthz')).status).toBe(200);
  expect((await ask(port, '/readyz')).status).toBe(503);
});

test('not ready: one word a problem, and not what came back from the router', async () => {
  const answer = await ask(await open(statusSample), '/readyz');
  expect(answer.status).toBe(503);
  expect(answer.text).toBe('sources\nsession-control\n');
});

test('not alive when the journal is not written', async () => {
  const port = await open({ ...statusSample, journal: { ...statusSample.journal, degraded: 'ENOSPC: /secret/path' } });
  const answer = await ask(port, '/healthz');
  expect([answer.status, answer.text]).toEqual([503, 'journal\n']);
});

test('a page that is closed counts no more', async () => {
  await open(statusSample);
  const { events, page } = stand!;
  expect(events.listenerCount('alarm-raised')).toBeGreaterThan(0);
  await page.close();
  stand = null;
  expect(events.listenerCount('alarm-raised')).toBe(0);
});
