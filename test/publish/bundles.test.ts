/** Bundles on their way into the object store: whole, one at a time, again where they broke off, and told of once they are there. */
import { createHash } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import { afterEach, describe, expect, test } from 'vitest';
import { createClock } from '../../agent/clock.ts';
import { unpackBundle } from '../../agent/fleet/unpack-bundle.ts';
import { silentLog } from '../../agent/log.ts';
import { BundleCourier, objectName } from '../../agent/publish/bundle-courier.ts';
import { bundleTar } from '../../agent/publish/bundle-tar.ts';
import type { FleetBody } from '../../shared/fleet/record.ts';
import { settle } from '../support/fake-clock.ts';
import { FakeDisk } from '../support/fake-disk.ts';
import { FakeCluster } from '../support/fake-engine.ts';
import { fixedRandom } from '../support/fixed-random.ts';
import { engineOptions } from './publishing.ts';

const ID = '01KAX3S4C0000000000000000A';
const OTHER = '01KAX3S4C0000000000000000B';

function bundleOn(disk: FakeDisk, id = ID): Record<string, Buffer> {
  const files: Record<string, Buffer> = {
    'incident.json': Buffer.from(`{"id":"${id}"}\n`),
    'journal.jsonl': Buffer.from('x'.repeat(200_000)),
    'commands/0001-show-clock.txt': Buffer.from('*18:22:10.706 UTC Thu Mar 12 2026\n'),
    'MANIFEST.sha256': Buffer.alloc(0),
  };
  for (const [name, bytes] of Object.entries(files)) disk.put(`/data/incidents/${id}/${name}`, bytes);
  return files;
}

const whole = async (chunks: AsyncIterable<Uint8Array>): Promise<Buffer> => {
  const parts: Uint8Array[] = [];
  for await (const chunk of chunks) parts.push(chunk);
  return Buffer.concat(parts);
};

describe('the archive', () => {
  test('holds every file of the bundle, and whoever reads it has them as they were', async () => {
    const disk = new FakeDisk();
    const files = bundleOn(disk);
    let asked = 0;
    const bytes = await whole(bundleTar(`/data/incidents/${ID}`, ID, disk, async () => void asked++));
    expect(asked).toBeGreaterThanOrEqual(4 + 1);
    expect(gunzipSync(bytes).subarray(257, 262).toString()).toBe('ustar');
    const target = new FakeDisk();
    await unpackBundle(one(bytes), '/out', new Set([ID]), target);
    for (const [name, content] of Object.entries(files)) expect(target.content(`/out/${name}`).equals(content), name).toBe(true);
  });

  test('a file that cannot be read ends it, and so does whoever sets the pace', async () => {
    const disk = new FakeDisk();
    bundleOn(disk);
    disk.fail('read', 'EIO', 1, 'journal.jsonl');
    await expect(whole(bundleTar(`/data/incidents/${ID}`, ID, disk, async () => {}))).rejects.toThrow(/EIO/);
    const halt = async (): Promise<void> => {
      throw new Error('enough');
    };
    await expect(whole(bundleTar(`/data/incidents/${ID}`, ID, disk, halt))).rejects.toThrow('enough');
  });

  async function* one(bytes: Buffer): AsyncGenerator<Uint8Array> {
    yield bytes;
  }
});

describe('the courier', () => {
  const couriers: BundleCourier[] = [];
  afterEach(() => Promise.all(couriers.splice(0).map((courier) => courier.close())));

  function courier(disk: FakeDisk, mayCarry = (): boolean => true) {
    const clock = createClock();
    const cluster = new FakeCluster(clock);
    const told = new Map<string, FleetBody<'bundle'>>();
    const waiting: (() => void)[] = [];
    const made = new BundleCourier({
      ...{ site: 'east', device: 'hub 1', engine: cluster.open(engineOptions), log: silentLog, mayCarry },
      world: { clock, disk, random: fixedRandom },
      folderOf: (id) => `/data/incidents/${id}`,
      told: (id) => told.has(id),
      tell: (id, body) => {
        told.set(id, body);
        for (const resolve of waiting.splice(0)) resolve();
      },
    });
    couriers.push(made);
    const next = (): Promise<void> => new Promise((resolve) => waiting.push(resolve));
    return { made, cluster, told, next };
  }

  test('puts it under its name, and tells of it with what was put', async () => {
    const disk = new FakeDisk();
    bundleOn(disk);
    const { made, cluster, told, next } = courier(disk);
    const carried = next();
    made.want(ID);
    expect(made.waiting).toBe(1);
    await carried;
    const object = `east/hub%201/${ID}.tar.gz`;
    const bytes = cluster.objects.get(`spitrap-bundles/${object}`)!;
    expect(told.get(ID)).toEqual({ object, bytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') });
    await settle();
    made.want(ID);
    expect(made.waiting).toBe(0);
  });

  test('the newest first; one whose folder is gone is let go', async () => {
    const disk = new FakeDisk();
    bundleOn(disk, OTHER);
    bundleOn(disk, ID);
    const { made, told, next } = courier(disk);
    const first = next();
    made.want(ID);
    made.want('01KAX3S4C0000000000000000Z');
    made.want(OTHER);
    await first;
    expect([...told.keys()]).toEqual([OTHER]);
    await next();
    expect([...told.keys()]).toEqual([OTHER, ID]);
    expect(made.lastError).toBeNull();
  });

  test('away in the middle of it: begun anew when it is back', async () => {
    const disk = new FakeDisk();
    bundleOn(disk);
    const { made, cluster, told, next } = courier(disk);
    cluster.away = true;
    made.want(ID);
    const carried = next();
    cluster.away = false;
    await carried;
    await settle();
    expect(told.size).toBe(1);
    expect(made.waiting).toBe(0);
  });

  test('a name of a site and a device of any length fits', () => {
    expect(objectName('x'.repeat(250), 'ä'.repeat(200), ID)).toHaveLength(255);
    expect(objectName('x'.repeat(250), 'ä'.repeat(200), ID)).toMatch(new RegExp(`${ID}\\.tar\\.gz$`));
  });
});
