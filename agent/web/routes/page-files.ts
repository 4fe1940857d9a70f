/** GET / and the files of the page: open to whoever reaches the listener, since nothing of the agent is in them. */
import type { HttpReply } from '../../http-ports.ts';
import type { PageFiles } from '../page-files.ts';
import { type PageRequest, Refusal, type Route } from '../route.ts';

/** Its scripts and styles are files of ours, and it asks nobody but us. */
const PAGE_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** Of any page of ours. */
interface FilesRoom {
  readonly files: PageFiles;
}

export const page: Route<FilesRoom> = {
  method: 'GET',
  path: '/',
  access: 'open',
  about: 'The page.',
  answer: (request, room) => fileReply('index.html', request, room),
};

export const pageFiles: Route<FilesRoom> = {
  method: 'GET',
  path: '/:file',
  access: 'open',
  about: 'Its scripts, style and icon.',
  answer: (request, room) => fileReply(request.params['file']!, request, room),
};

/** Of a page that stands on scripts of an agent's: under the path at which they are beside it in the sources. */
export const sharedPageFiles: Route<FilesRoom> = {
  method: 'GET',
  path: '/web/page/:file',
  access: 'open',
  about: 'Scripts that it shares with the page of an agent.',
  answer: (request, room) => fileReply(`web/page/${request.params['file']!}`, request, room),
};

function fileReply(name: string, { headers }: PageRequest, { files }: FilesRoom): HttpReply {
  const file = files.get(name);
  if (file === undefined) throw new Refusal(404, 'not-found', `there is nothing at /${name}`);
  const packed = takesGzip(headers['accept-encoding']);
  return {
    status: 200,
    headers: {
      'content-type': file.type,
      'cache-control': 'no-cache',
      vary: 'accept-encoding',
      'content-security-policy': PAGE_POLICY,
      ...(packed && { 'content-encoding': 'gzip' }),
    },
    body: packed ? file.gzip : file.bytes,
  };
}

/** RFC 9110, 12.5.3: named, and not with a weight of zero. */
const takesGzip = (accepted = ''): boolean =>
  accepted.split(',').some((one) => /^\s*gzip\s*(?:;\s*q=(?!0(?:\.0*)?\s*$)[\d.]+\s*)?$/i.test(one));
