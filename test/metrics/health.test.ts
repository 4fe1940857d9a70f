/** When an agent is alive, and when it would take the next incident: a router that is down must not get an agent restarted. */
import { describe, expect, test } from 'vitest';
import { liveness, readiness } from '../../agent/metrics/health.ts';
import type { AgentStatus } from '../../agent/status/status.ts';
import { timing } from '../../shared/coordinate/timing.ts';
import { statusSample } from '../status/status-sample.ts';

const ready = { state: 'ready', sinceMs: 0, lastError: null } as const;
const well: AgentStatus = {
  ...statusSample,
  device: { ...statusSample.device, sessions: { capture: ready, control: { ...ready, state: 'busy' } } },
  sources: [{ ...statusSample.sources[0]!, state: 'open' }],
  peers: statusSample.peers.map((peer) => ({ ...peer, missedHellos: 1 })),
  journal: { ...statusSample.journal, degraded: null },
};

test('all is well', () => {
  expect(readiness(well)).toEqual({ ok: true, problems: [] });
  expect(liveness(well)).toEqual({ ok: true, problems: [] });
});

test('a peer is taken for silent when the alarm says so (hello.ts: silent for longer than three), not before', () => {
  const missing = (missedHellos: number): boolean =>
    readiness({ ...well, peers: well.peers.map((peer) => ({ ...peer, missedHellos })) }).ok;
  expect([missing(timing.missingHellosMax - 1), missing(timing.missingHellosMax)]).toEqual([true, false]);
});

describe('not ready, and alive all the same', () => {
  const down = { state: 'backing-off', sinceMs: 5_000, lastError: 'SSH_UNREACHABLE: no answer' } as const;
  test.each<[string, Partial<AgentStatus>]>([
    ['session-control', { device: { ...well.device, sessions: { capture: ready, control: down } } }],
    ['sources', { sources: well.sources.map((source) => ({ ...source, state: 'interrupted' })) }],
    ['sources', { sources: [] }],
    ['peer', { peers: well.peers.map((peer) => ({ ...peer, missedHellos: 4 })) }],
    ['peer', { peers: well.peers.map((peer) => ({ ...peer, lastHelloAt: null })) }],
    ['hold', { hold: { on: true, until: null, by: 'command' } }],
  ])('%s', (what, change) => {
    const health = readiness({ ...well, ...change });
    expect(health.ok).toBe(false);
    expect(health.problems.map((problem) => problem.what)).toEqual([what]);
    expect(liveness({ ...well, ...change }).ok).toBe(true);
  });
});

test('a router’s applet says no hello, and an observer needs no login', () => {
  const silent = { ...well.peers[0]!, kind: 'eem', lastHelloAt: null, missedHellos: 0 } as const;
  expect(readiness({ ...well, peers: [silent] }).ok).toBe(true);
  const closed = { state: 'closed', sinceMs: 0, lastError: null } as const;
  expect(
    readiness({ ...well, mode: 'observe', device: { ...well.device, sessions: { capture: closed, control: closed } } }).ok,
  ).toBe(true);
});

test('what it decides does not reach the disk: neither ready nor well', () => {
  const status: AgentStatus = { ...well, journal: { ...well.journal, degraded: 'ENOSPC' } };
  expect(liveness(status).problems).toEqual([{ what: 'journal', detail: 'what is decided does not reach the disk: ENOSPC' }]);
  expect(readiness(status).problems.map(({ what }) => what)).toEqual(['journal']);
});
