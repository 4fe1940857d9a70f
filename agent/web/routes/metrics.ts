/** GET /metrics for Prometheus, and whether the agent is alive (/healthz) and would take the next incident (/readyz). docs/metrics.md. */

import { printable } from '../../../shared/model/printable.ts';
import type { HttpReply } from '../../http-ports.ts';
import { type Health, liveness, readiness } from '../../metrics/health.ts';
import type { Route } from '../route.ts';

export const metrics: Route = {
  method: 'GET',
  path: '/metrics',
  access: 'read',
  about: 'Every metric (docs/metrics.md), in the text format of Prometheus.',
  answer: async (_request, room) => ({
    status: 200,
    headers: { 'content-type': room.metrics.contentType, 'cache-control': 'no-store' },
    body: Buffer.from(await room.shared.metrics(() => room.metrics.text())),
  }),
};

/** What stands in it is for whoever may read: a stranger gets the words, not what came back from whom. */
const healthReply = ({ ok, problems }: Health): HttpReply => ({
  status: ok ? 200 : 503,
  headers: { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' },
  body: Buffer.from(`${ok ? 'ok' : problems.map(({ what }) => printable(what, 100)).join('\n')}\n`),
});

export const healthz: Route = {
  method: 'GET',
  path: '/healthz',
  access: 'open',
  about: '200: alive. 503: what is decided does not reach the disk.',
  answer: (_request, room) => healthReply(liveness(room.shared.status)),
};

export const readyz: Route = {
  method: 'GET',
  path: '/readyz',
  access: 'open',
  about: '200: would take the next incident. 503: one word a problem; what came back stands in the status.',
  answer: (_request, room) => healthReply(readiness(room.shared.status)),
};
