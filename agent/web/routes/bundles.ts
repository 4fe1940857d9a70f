/**
 * GET /api/v1/bundles/:id and /api/v1/bundles/:id/files/:name: a sealed bundle, file by file, in pieces if asked for, for the other end's
 * agent (evidence/peer-bundles.ts) or curl. Only what the bundle's manifest names is ever served.
 */
import { SpitrapError } from '../../../shared/errors.ts';
import { limits } from '../../../shared/limits.ts';
import { isIncidentId } from '../../../shared/model/ulid.ts';
import { MANIFEST, textOf } from '../../evidence/bundle-files.ts';
import { type BundleListing, manifestFiles } from '../../evidence/bundle-listing.ts';
import type { HttpReply } from '../../http-ports.ts';
import type { Disk } from '../../ports.ts';
import { jsonReply, type PageRoom, Refusal, type Route } from '../route.ts';

export const bundle: Route = {
  method: 'GET',
  path: '/api/v1/bundles/:id',
  access: 'read',
  about: 'What a sealed bundle holds: `{ id, files: [{ name, bytes, sha256 }] }`. The id may be one that was merged into it.',
  answer: async ({ params }, room) => jsonReply(await listingOf(params['id']!, room)),
};

export const bundleFile: Route = {
  method: 'GET',
  path: '/api/v1/bundles/:id/files/:name+',
  access: 'read',
  about: 'One of its files; `Range: bytes=FROM-` or `bytes=FROM-TO` gives a part.',
  answer: async ({ params, headers }, room) => {
    const { id, folder, names } = await manifestOf(params['id']!, room);
    const name = names.find((known) => known.name === params['name'])?.name;
    const file = name === undefined ? null : await room.disk.stat(`${folder}/${name}`);
    if (file === null || file.folder)
      throw new Refusal(404, 'not-found', `the bundle ${id} has no such file; /api/v1/bundles/${id} lists them`);
    const path = `${folder}/${name}`;
    const { from, to, part } = rangeOf(headers['range'], file.bytes);
    return {
      status: part ? 206 : 200,
      headers: {
        'content-type': 'application/octet-stream',
        'cache-control': 'no-store',
        'accept-ranges': 'bytes',
        ...(part ? { 'content-range': `bytes ${from}-${to - 1}/${file.bytes}` } : {}),
      },
      body: { bytes: to - from, parts: pieces(path, from, to, room.disk) },
    } satisfies HttpReply;
  },
};

interface Manifest {
  readonly id: string;
  readonly folder: string;
  readonly names: readonly { readonly name: string; readonly sha256: string | null }[];
}

/** Rejects with INCIDENT_UNKNOWN, DISK_FAILED, BUNDLE_DAMAGED. */
async function manifestOf(asked: string, { disk, stored }: PageRoom): Promise<Manifest> {
  const id = isIncidentId(asked) ? await stored.sealedId(asked) : null;
  if (id === null) throw new SpitrapError('INCIDENT_UNKNOWN', `no sealed bundle ${asked} here (yet)`);
  const folder = stored.folderOf(id);
  const manifest = await textOf(`${folder}/${MANIFEST}`, limits.bundleManifestBytesMax, disk);
  return { id, folder, names: [{ name: MANIFEST, sha256: null }, ...manifestFiles(manifest)] };
}

async function listingOf(asked: string, room: PageRoom): Promise<BundleListing> {
  const { id, folder, names } = await manifestOf(asked, room);
  const files: BundleListing['files'][number][] = [];
  for (const { name, sha256 } of names) {
    const look = await room.disk.stat(`${folder}/${name}`);
    if (look !== null && !look.folder) files.push({ name, bytes: look.bytes, sha256 });
  }
  return { id, files };
}

/** RFC 9110 §14: one range; what is none of its forms is passed over, as the RFC has it. */
function rangeOf(
  header: string | undefined,
  bytes: number,
): { readonly from: number; readonly to: number; readonly part: boolean } {
  const asked = /^bytes=(\d{1,15})-(\d{0,15})$/.exec(header ?? '');
  if (asked === null) return { from: 0, to: bytes, part: false };
  const from = Number(asked[1]);
  const to = asked[2] === '' ? bytes : Math.min(bytes, Number(asked[2]) + 1);
  if (from >= bytes || to <= from)
    throw new Refusal(416, 'bad-range', `the file has ${bytes} bytes`, { 'content-range': `bytes */${bytes}` });
  return { from, to, part: true };
}

async function* pieces(path: string, from: number, to: number, disk: Disk): AsyncGenerator<Buffer> {
  const file = await disk.open(path, 'read');
  try {
    for (let at = from; at < to; ) {
      const piece = await file.read(at, Math.min(limits.ringCopyBytes, to - at));
      if (piece.length === 0) return;
      at += piece.length;
      yield piece;
    }
  } finally {
    await file.close().catch(() => {});
  }
}
