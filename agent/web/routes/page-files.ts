/** GET / and the files of the page: open to whoever reaches the listener, since nothing of the agent is in them. */
import type { HttpReply } from '../../http-ports.ts';
import { type PageRoom, Refusal, type Route } from '../route.ts';

/** Its scripts and styles are files of ours, and it asks nobody but us. */
const PAGE_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

export const page: Route = {
  method: 'GET',
  path: '/',
  access: 'open',
  about: 'The page.',
  answer: (_request, room) => fileReply('index.html', room),
};

export const pageFiles: Route = {
  method: 'GET',
  path: '/:file',
  access: 'open',
  about: 'Its scripts, style and icon.',
  answer: ({ params }, room) => fileReply(params['file']!, room),
};

function fileReply(name: string, { files }: PageRoom): HttpReply {
  const file = files.get(name);
  if (file === undefined) throw new Refusal(404, 'not-found', `there is nothing at /${name}`);
  return {
    status: 200,
    headers: { 'content-type': file.type, 'cache-control': 'no-cache', 'content-security-policy': PAGE_POLICY },
    body: file.bytes,
  };
}
