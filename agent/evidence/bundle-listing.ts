/** What a bundle holds, as one agent tells the other: made by web/routes/bundles.ts, read (and not believed) by peer-bundles.ts. */
import { z } from 'zod';
import { SpitrapError } from '../../shared/errors.ts';
import { limits } from '../../shared/limits.ts';
import { isIncidentId } from '../../shared/model/ulid.ts';
import { MANIFEST } from './bundle-files.ts';

export interface BundleListing {
  readonly id: string;
  readonly files: readonly {
    readonly name: string;
    readonly bytes: number;
    /** Hex; null: of the manifest, which nothing vouches for but the connection. */
    readonly sha256: string | null;
  }[];
}

/** `<hex>  <name>` a line; what is none of ours is left out here and told by verify.ts. */
export const manifestFiles = (manifest: string): readonly { readonly name: string; readonly sha256: string }[] =>
  manifest.split('\n').flatMap((line) => {
    const [, sha256, name] = /^([0-9a-f]{64}) {2}(\S+)$/.exec(line) ?? [];
    return name !== undefined && isBundleName(name) ? [{ name, sha256: sha256! }] : [];
  });

/** At most one folder deep, nothing hidden, nothing that leads elsewhere. */
export const isBundleName = (name: string): boolean =>
  name.length <= 300 && /^[\w-][\w.-]*(?:\/[\w-][\w.-]*)?$/.test(name) && !name.split('/').includes('..');

const listing = z.object({
  id: z.string().refine(isIncidentId),
  files: z
    .array(
      z.object({
        name: z.string().refine(isBundleName),
        bytes: z.number().int().min(0).max(limits.bundleFileBytesMax),
        sha256: z
          .string()
          .regex(/^[0-9a-f]{64}$/)
          .nullable(),
      }),
    )
    .max(limits.bundleFilesMax),
});

/** @throws SpitrapError BUNDLE_DAMAGED for whatever could not be a bundle of ours. */
export function parseListing(body: Buffer): BundleListing {
  const refused = (why: string): SpitrapError => new SpitrapError('BUNDLE_DAMAGED', `what it lists is no bundle of ours: ${why}`);
  let value: unknown;
  try {
    value = JSON.parse(body.toString('utf8'));
  } catch {
    throw refused('it is not JSON');
  }
  const read = listing.safeParse(value);
  if (!read.success) throw refused(z.prettifyError(read.error).slice(0, 300));
  const names = read.data.files.map(({ name }) => name);
  if (new Set(names).size < names.length) throw refused('a file stands twice');
  if (!names.includes(MANIFEST)) throw refused(`there is no ${MANIFEST}`);
  const bytes = read.data.files.reduce((sum, file) => sum + file.bytes, 0);
  if (bytes > limits.peerBundleBytesMax) throw refused(`${bytes} bytes, ${limits.peerBundleBytesMax} at most`);
  return read.data;
}
