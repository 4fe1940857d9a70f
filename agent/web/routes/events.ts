/** GET /api/v1/events: server-sent events (event-stream.ts), read with fetch, so that a token can be sent with it. */
import type { Route } from '../route.ts';

export const events: Route = {
  method: 'GET',
  path: '/api/v1/events',
  access: 'read',
  about: 'Server-sent events: `status`, `decision`, `alarm`.',
  answer: (_request, room) => ({
    status: 200,
    headers: { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-store', 'x-accel-buffering': 'no' },
    body: { open: room.streamTo() },
  }),
};
