/** GET /api/v1/status: the same as `spitrap status --json`. */
import { API_HEADERS, type Route } from '../route.ts';

export const status: Route = {
  method: 'GET',
  path: '/api/v1/status',
  access: 'read',
  about: 'What the agent says of itself: `spitrap status --json`.',
  answer: (_request, room) => ({ status: 200, headers: API_HEADERS, body: room.shared.json }),
};
