/** GET /metrics, /healthz and /readyz of a fleet process. docs/metrics.md. Open to strangers: words alone, no names. */
import { isSpitrapError } from '../../../shared/errors.ts';
import type { HttpReply } from '../../http-ports.ts';
import type { FleetRoom, FleetRoute } from '../fleet-room.ts';

export const metrics: FleetRoute = {
  method: 'GET',
  path: '/metrics',
  access: 'read',
  about: 'Every metric of the fleet (metrics.md), in the text format of Prometheus.',
  answer: async (_request, room) => ({
    status: 200,
    headers: { 'content-type': room.metrics.contentType, 'cache-control': 'no-store' },
    body: Buffer.from(await room.metrics.text()),
  }),
};

const words = (problems: readonly string[]): HttpReply => ({
  status: problems.length === 0 ? 200 : 503,
  headers: { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' },
  body: Buffer.from(`${problems.length === 0 ? 'ok' : problems.join('\n')}\n`),
});

/** Its index answers. */
const indexFails = async (room: FleetRoom): Promise<boolean> => {
  try {
    await room.shared.json('health', () => room.index().state());
    return false;
  } catch (error) {
    if (isSpitrapError(error)) return true;
    throw error;
  }
};

export const healthz: FleetRoute = {
  method: 'GET',
  path: '/healthz',
  access: 'open',
  about: '200: alive. 503: the index can not be read.',
  answer: async (_request, room) => words((await indexFails(room)) ? ['index'] : []),
};

export const readyz: FleetRoute = {
  method: 'GET',
  path: '/readyz',
  access: 'open',
  about: '200: takes in what agents tell, and answers. 503: one word a problem: `index`, `engine`.',
  answer: async (_request, room) =>
    words([...((await indexFails(room)) ? ['index'] : []), ...(room.engine().connected ? [] : ['engine'])]),
};
