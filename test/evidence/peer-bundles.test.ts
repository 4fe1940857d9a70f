/**
 * The hub's agent fetches the spoke's sealed bundle over a real page with a real certificate: pinned, resumed, retried, verified, and the
 * report of both ends made. And whatever a peer that is broken or taken over may serve instead.
 */
import { createHash, X509Certificate } from 'node:crypto';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createClock } from '../../agent/clock.ts';
import type { PeerConfig } from '../../agent/config/config.ts';
import { madeAtMs } from '../../agent/evidence/bundle-id.ts';
import { createDisk, diskFailed } from '../../agent/evidence/disk.ts';
import { makeReport } from '../../agent/evidence/make-report.ts';
import { PeerBundles } from '../../agent/evidence/peer-bundles.ts';
import { storedIncidents } from '../../agent/evidence/stored-incidents.ts';
import { createLog } from '../../agent/log.ts';
import { nodeHttp } from '../../agent/net/http.ts';
import type { Disk, Http, HttpRequest, HttpResponse, ReportFiles } from '../../agent/ports.ts';
import type { BundleText } from '../../shared/bundle/bundle-text.ts';
import type { Clock } from '../../shared/clock.ts';
import { limits } from '../../shared/limits.ts';
import { monotonic, type Wall, wall } from '../../shared/model/time.ts';
import type { IncidentId } from '../../shared/model/ulid.ts';
import { cli } from '../cli/cli-run.ts';
import { writeBundleFolder } from '../support/bundle-folder.ts';
import { failover } from '../support/diagnosis/failover.ts';
import { fixedRandom } from '../support/fixed-random.ts';
import { ask, type Stand, securePage, standPage, tlsFixture } from '../support/page-stand.ts';

const READ = 'a-token-that-may-read-only';
const [hub, spoke] = failover().bundles as [BundleText, BundleText];
const id = hub.incident.id as IncidentId;
const pin = `SHA256:${new X509Certificate(readFileSync(tlsFixture('server.pem'))).fingerprint256}`;

let root: string;
let stand: Stand;
let hubData: string;
let spokeBundle: string;
let open: PeerBundles[];
let log: string[];

beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), 'spitrap-peer-'));
  hubData = join(root, 'hub');
  spokeBundle = join(root, 'spoke/incidents', id);
  writeBundleFolder(hub, join(hubData, 'incidents', id));
  writeBundleFolder(spoke, spokeBundle);
  stand = await standPage({ dataDir: join(root, 'spoke'), config: { tls: securePage.tls, readToken: READ, loopback: 'token' } });
  open = [];
  log = [];
});
afterEach(async () => {
  for (const one of open) await one.close();
  await stand.page.close();
  rmSync(root, { recursive: true, force: true });
});

/** Impatient between two tries: five seconds until the next try are fifty milliseconds. On the day of the incident. */
const quick = (now: () => Wall, lateMs: () => number): Clock => {
  const real = createClock();
  return {
    bootId: real.bootId,
    monotonic: () => monotonic(real.monotonic() + lateMs()),
    wall: now,
    timer: (name, delayMs, fire) => real.timer(name, name === 'peer bundle' ? delayMs / 100 : delayMs, fire),
    sleep: (name, delayMs) => real.sleep(name, delayMs),
  };
};
const openedAt = madeAtMs(id);

interface Fetching {
  readonly fingerprint?: string;
  readonly token?: string | null;
  readonly http?: Http;
  readonly now?: () => Wall;
  /** Names of the peers that have this page; the incident's own by default. */
  readonly names?: () => readonly string[];
  readonly disk?: Disk;
  /** Added to what the clock says. */
  readonly lateMs?: () => number;
  readonly onReport?: (theirs: string) => void;
}

function fetcher({
  fingerprint = pin,
  token = READ,
  http = nodeHttp,
  now = () => wall(openedAt + 60_000),
  names = () => [hub.incident.peers[0]!.name],
  disk = createDisk(),
  lateMs = () => 0,
  onReport = () => {},
}: Fetching = {}): PeerBundles {
  const page = { origin: `https://127.0.0.1:${stand.port}`, fingerprint, token };
  const make = (folders: readonly string[]): Promise<ReportFiles> => {
    onReport(folders[1]!);
    return makeReport(folders, disk);
  };
  const one = new PeerBundles({
    dataDir: hubData,
    peers: () => names().map((name) => ({ name, page }) as PeerConfig),
    world: { clock: quick(now, lateMs), random: fixedRandom, disk, http, reports: { make } },
    log: createLog({ level: 'debug', format: 'json', secrets: [READ] }, { write: (text) => void log.push(text), isTTY: false }),
  });
  open.push(one);
  return one;
}

const peers = (): string => join(hubData, 'incidents', `${id}.peers`);
const fetched = (): string => join(peers(), hub.incident.peers[0]!.name);
const causeOfBoth = (): string =>
  (JSON.parse(readFileSync(join(peers(), 'verdict.json'), 'utf8')) as { verdict: { cause: string } }).verdict.cause;
const here = (): Promise<void> =>
  vi.waitFor(() => expect(existsSync(join(peers(), 'verdict.json'))).toBe(true), { timeout: 15_000 });
const said = (text: string | RegExp): Promise<void> => vi.waitFor(() => expect(log.join('')).toMatch(text), { timeout: 15_000 });

function replaceBy(bundle: BundleText, folder: string): void {
  rmSync(folder, { recursive: true });
  writeBundleFolder(bundle, folder);
}

const contentOf = (folder: string): Record<string, string> =>
  Object.fromEntries(
    (readdirSync(folder, { recursive: true }) as string[])
      .filter((name) => statSync(join(folder, name)).isFile())
      .map((name) => [
        name,
        createHash('sha256')
          .update(readFileSync(join(folder, name)))
          .digest('hex'),
      ]),
  );

describe('fetched', () => {
  test('after the seal: the same files, and the report of both ends', async () => {
    await fetcher().noteSealed(id);
    await here();
    expect(contentOf(fetched())).toEqual(contentOf(spokeBundle));
    const verdict = JSON.parse(readFileSync(join(peers(), 'verdict.json'), 'utf8')) as { ends: { name: string }[] };
    expect(verdict.ends.map(({ name }) => name)).toEqual(['hub-b', 'spoke1']);
    expect(readFileSync(join(peers(), 'report.html'), 'utf8')).toContain('spoke1');
    expect(log.join('')).not.toContain(READ);
  });

  test('spitrap report ID is of both ends then; a folder that is named is that one', async () => {
    await fetcher().noteSealed(id);
    await here();
    const both = await cli(['report', id, '--data-dir', hubData, '--json']);
    expect((JSON.parse(both.stdout) as { ends: unknown[] }).ends).toHaveLength(2);
    const own = await cli(['report', join(hubData, 'incidents', id), '--text']);
    expect(own.stdout).toContain('There is no bundle');
  });

  test('the page of the hub serves the report of both, and says so in its list', async () => {
    const list = async (): Promise<{ incidents: { twoEnded: boolean; cause: { name: string } | null }[] }> =>
      JSON.parse((await ask(own.port, '/api/v1/incidents')).text) as never;
    const own = await standPage({ dataDir: hubData });
    expect((await list()).incidents[0]).toMatchObject({ twoEnded: false });
    await fetcher().noteSealed(id);
    await here();
    expect((await list()).incidents[0]).toMatchObject({ twoEnded: true, cause: { name: causeOfBoth() } });
    const { text } = await ask(own.port, `/api/v1/incidents/${id}/report.txt`);
    expect(text).toBe(readFileSync(join(peers(), 'report.txt'), 'utf8'));
    await own.page.close();
  });

  test('what is beside the bundles is no incident of its own', async () => {
    await fetcher().noteSealed(id);
    await here();
    expect((await storedIncidents(hubData, createDisk())).map((one) => one.id)).toEqual([id]);
  });

  test('one that is sealed there later is waited for', async () => {
    renameSync(spokeBundle, `${spokeBundle}.later`);
    await fetcher().noteSealed(id);
    await said(/answered 404/);
    renameSync(`${spokeBundle}.later`, spokeBundle);
    await here();
  });

  test('under the name by which the other end knows it', async () => {
    const other = '01KAX3R2F8M0T9W5Y1Z4H6J999';
    rmSync(spokeBundle, { recursive: true });
    const incident = { ...spoke.incident, id: other, aliases: [id] };
    writeBundleFolder(
      { ...spoke, incident, incidentLines: JSON.stringify(incident, null, 2).split('\n') },
      join(root, 'spoke/incidents', other),
    );
    await fetcher().noteSealed(id);
    await here();
  });

  test('after a restart, from where the first run came to', async () => {
    const asked: string[] = [];
    const broken: Http = {
      request: (request, signal) => {
        asked.push(request.url);
        return asked.length > 4 ? Promise.reject(new Error('the path is gone')) : nodeHttp.request(request, signal);
      },
    };
    const first = fetcher({ http: broken });
    await first.noteSealed(id);
    await said(/the path is gone/);
    await first.close();
    const before = readdirSync(`${fetched()}.part`).length;
    expect(before).toBeGreaterThan(1);
    const files: string[] = [];
    const watched: Http = {
      request: (request, signal) => {
        files.push(request.url);
        return nodeHttp.request(request, signal);
      },
    };
    await fetcher({ http: watched }).start();
    await here();
    // What was whole is not asked for again.
    expect(files.filter((url) => url.endsWith('/files/MANIFEST.sha256'))).toEqual([]);
    expect(contentOf(fetched())).toEqual(contentOf(spokeBundle));
  });

  test('half a file is gone on with, not fetched anew', async () => {
    const path = join(`${fetched()}.part`, 'device.log');
    mkdirSync(`${fetched()}.part`, { recursive: true });
    const whole = readFileSync(join(spokeBundle, 'device.log'));
    appendFileSync(path, whole.subarray(0, 100));
    const ranges: (string | undefined)[] = [];
    const watched: Http = {
      request: (request, signal) => {
        if (request.url.endsWith('device.log')) ranges.push(request.headers['range']);
        return nodeHttp.request(request, signal);
      },
    };
    await fetcher({ http: watched }).noteSealed(id);
    await here();
    expect(ranges).toEqual([`bytes=100-${whole.length - 1}`]);
  });

  test('it goes with our own when that has had its time', async () => {
    await fetcher().noteSealed(id);
    await here();
    const { expireBundles } = await import('../../agent/evidence/retention.ts');
    writeBundleFolder(hub, join(hubData, 'incidents', '01KAX3R2F8M0T9W5Y1Z4H6J999'));
    const world = {
      disk: createDisk(),
      clock: createClock(),
      log: createLog({ level: 'error', format: 'json', secrets: [] }, { write: () => {}, isTTY: false }),
    };
    const deleted = await expireBundles(join(hubData, 'incidents'), { maxAgeMs: 1e15, maxCount: 1, maxBytes: 1e15 }, world);
    expect(deleted).toEqual([id]);
    expect(existsSync(peers())).toBe(false);
  });
});

test('sealed while the start takes it up: fetched once', async () => {
  let listings = 0;
  const counted: Http = {
    request: (request, signal) => {
      if (!request.url.includes('/files/')) listings++;
      return nodeHttp.request(request, signal);
    },
  };
  const one = fetcher({ http: counted });
  await Promise.all([one.start(), one.noteSealed(id), one.noteSealed(id)]);
  await here();
  await said(/the report is of both ends/);
  // The next turn would have been due long since.
  await fetcher({ http: counted }).start();
  await expect(vi.waitFor(() => expect(listings).toBeGreaterThan(1), { timeout: 300 })).rejects.toThrow();
});

describe('room', () => {
  const expire = async (maxBytes: number): Promise<string[]> => {
    const { expireBundles } = await import('../../agent/evidence/retention.ts');
    const world = {
      disk: createDisk(),
      clock: createClock(),
      log: createLog({ level: 'error', format: 'json', secrets: [] }, { write: () => {}, isTTY: false }),
    };
    return await expireBundles(join(hubData, 'incidents'), { maxAgeMs: 1e15, maxCount: 10, maxBytes }, world);
  };
  const later = '01KAX3R2F8M0T9W5Y1Z4H6J999';
  const sizeOf = (folder: string): number =>
    (readdirSync(folder, { recursive: true }) as string[])
      .map((name) => statSync(join(folder, name)))
      .reduce((sum, found) => sum + (found.isFile() ? found.size : 0), 0);

  test.each(['spoke1', 'spoke1.part'])('copies go before evidence that nobody else has, %s too', async (name) => {
    writeBundleFolder(hub, join(hubData, 'incidents', later));
    writeBundleFolder(spoke, join(peers(), name));
    const own = sizeOf(join(hubData, 'incidents', id)) + sizeOf(join(hubData, 'incidents', later));
    expect(await expire(own + sizeOf(peers()))).toEqual([]);
    expect(existsSync(peers())).toBe(true);
    expect(await expire(own + sizeOf(peers()) - 1)).toEqual([]);
    expect(existsSync(peers())).toBe(false);
    expect(await expire(own - 1)).toEqual([id]);
  });

  test('the newest keeps its copies; those of an incident that is gone go', async () => {
    writeBundleFolder(spoke, join(peers(), 'spoke1'));
    const orphan = join(hubData, 'incidents', `${later}.peers`);
    writeBundleFolder(spoke, join(orphan, 'spoke1.part'));
    expect(await expire(1)).toEqual([]);
    expect([existsSync(peers()), existsSync(orphan)]).toEqual([true, false]);
  });
});

describe('in the way of nobody', () => {
  const partAfter = (requests: number, then: () => void): Http => {
    let asked = 0;
    return {
      request: (request, signal) => {
        if (++asked === requests) then();
        return nodeHttp.request(request, signal);
      },
    };
  };

  test('closed while it fetches: nothing more is asked', async () => {
    let asked = 0;
    const closing = partAfter(3, () => void one.close());
    const one = fetcher({
      // Called off or not, this answer comes: what counts is the next question.
      http: {
        request: (request) => {
          asked++;
          return closing.request(request, new AbortController().signal);
        },
      },
    });
    await one.noteSealed(id);
    await vi.waitFor(() => expect(asked).toBe(3));
    await expect(vi.waitFor(() => expect(asked).toBeGreaterThan(3), { timeout: 500 })).rejects.toThrow();
    expect(existsSync(`${fetched()}.part`)).toBe(true);
  });

  test('a peer that a reload takes away: the next piece is not asked for, what came is thrown away', async () => {
    let known = [hub.incident.peers[0]!.name];
    let asked = 0;
    const taken = partAfter(3, () => {
      known = [];
    });
    await fetcher({
      names: () => known,
      http: {
        request: (request, signal) => {
          asked++;
          return taken.request(request, signal);
        },
      },
    }).noteSealed(id);
    await said(/is not asked any more/);
    await vi.waitFor(() => expect(existsSync(`${fetched()}.part`)).toBe(false));
    expect(asked).toBe(3);
  });

  test('a full disk: what was fetched makes way at once, and nobody tries again', async () => {
    const real = createDisk();
    const full: Disk = {
      ...real,
      open: async (path, how) => {
        const file = await real.open(path, how);
        if (how !== 'append' || !path.endsWith('device.log')) return file;
        return {
          append: () => Promise.reject(diskFailed('write to', path, 'ENOSPC')),
          read: (offset, length) => file.read(offset, length),
          truncate: (bytes) => file.truncate(bytes),
          sync: () => file.sync(),
          size: () => file.size(),
          close: () => file.close(),
        };
      },
    };
    await fetcher({ disk: full }).noteSealed(id);
    await said(/not fetched, our own evidence needs the room/);
    await vi.waitFor(() => expect(existsSync(`${fetched()}.part`)).toBe(false));
    expect(log.join('')).not.toMatch(/is not here yet/);
  });

  test('a peer that stands still has its ten minutes, then it is the turn of another; what came stays', async () => {
    let at = 0;
    const slow: Http = {
      request: async (request, signal) => {
        const response = await nodeHttp.request(request, signal);
        if (!request.url.endsWith('device.log')) return response;
        at += 11 * 60_000;
        return { ...response, body: response.body.subarray(0, 10) };
      },
    };
    await fetcher({ http: slow, lateMs: () => at }).noteSealed(id);
    await said(/device\.log is still coming, 10 of/);
    expect(statSync(join(`${fetched()}.part`, 'device.log')).size).toBeGreaterThanOrEqual(10);
  });

  test('a report is there whole or not at all: it is read while it is made anew', async () => {
    const real = createDisk();
    const opened: string[] = [];
    const watched: Disk = {
      ...real,
      open: (path, how) => {
        if (how === 'create') opened.push(path);
        return real.open(path, how);
      },
    };
    await fetcher({ disk: watched }).noteSealed(id);
    await here();
    expect(opened.map((path) => path.slice(peers().length + 1))).toEqual([
      'report.html.part',
      'report.txt.part',
      'verdict.json.part',
    ]);
    await vi.waitFor(() =>
      expect(readdirSync(peers()).sort()).toEqual(
        [hub.incident.peers[0]!.name, 'report.html', 'report.txt', 'verdict.json'].sort(),
      ),
    );
  });

  test('of several peers the report is of the one that the incident names first, whoever comes last', async () => {
    const [first] = hub.incident.peers;
    const incident = { ...hub.incident, peers: [first!, { ...first!, name: 'another-spoke' }] };
    replaceBy({ ...hub, incident, incidentLines: JSON.stringify(incident, null, 2).split('\n') }, join(hubData, 'incidents', id));
    const made: string[] = [];
    await fetcher({ names: () => ['another-spoke', first!.name], onReport: (theirs) => made.push(theirs) }).noteSealed(id);
    await here();
    await vi.waitFor(() => expect(existsSync(join(peers(), 'another-spoke'))).toBe(true));
    await vi.waitFor(() => expect(log.filter((line) => line.includes('is here,'))).toHaveLength(2));
    expect(made.at(-1)).toBe(fetched());
  });
});

describe('not fetched, and said why', () => {
  test('another certificate: nothing was said to whoever shows it, the token least of all', async () => {
    const heard = stand.page.answered;
    await fetcher({ fingerprint: `SHA256:${Array.from({ length: 32 }, () => 'AB').join(':')}` }).noteSealed(id);
    await said(/another certificate than SHA256:AB/);
    expect(stand.page.answered).toBe(heard);
  });

  test('a wrong token', async () => {
    await fetcher({ token: 'not-the-token-at-all' }).noteSealed(id);
    await said(/answered 401/);
  });

  test('after a day', async () => {
    rmSync(spokeBundle, { recursive: true });
    let days = 0;
    await fetcher({ now: () => wall(openedAt + 60_000 + days * 86_400_000) }).noteSealed(id);
    await said(/answered 404/);
    days = 1;
    await said(/given up/);
  });

  test('an incident of last week is not looked for at the start', async () => {
    await fetcher({ now: () => wall(openedAt + 7 * 86_400_000) }).start();
    expect(existsSync(peers())).toBe(false);
    expect(log).toEqual([]);
  });
});

describe('what a peer that was taken over may serve', () => {
  /** The real page, but for what `change` makes of its answers. */
  const lying = (change: (url: string, response: HttpResponse) => HttpResponse | null): Http => ({
    request: async (request: HttpRequest, signal) => {
      const response = await nodeHttp.request(request, signal);
      return change(request.url, response) ?? response;
    },
  });
  const listing = (
    change: (listing: { id: string; files: { name: string; bytes: number; sha256: string | null }[] }) => unknown,
  ): Http =>
    lying((url, response) =>
      url.includes('/files/')
        ? null
        : { ...response, body: Buffer.from(JSON.stringify(change(JSON.parse(response.body.toString())))) },
    );

  test.each<[what: string, http: Http, why: RegExp]>([
    [
      'a name that leads elsewhere',
      listing((all) => ({ ...all, files: [...all.files, { name: '../../HOLD', bytes: 1, sha256: null }] })),
      /no bundle of ours/,
    ],
    [
      'an absolute name',
      listing((all) => ({ ...all, files: [...all.files, { name: '/tmp/x', bytes: 1, sha256: null }] })),
      /no bundle of ours/,
    ],
    [
      'a terabyte',
      listing((all) => ({ ...all, files: all.files.map((file) => ({ ...file, bytes: 2 ** 40 })) })),
      /no bundle of ours/,
    ],
    [
      'many times half a gigabyte',
      listing((all) => ({ ...all, files: all.files.map((file) => ({ ...file, bytes: limits.bundleFileBytesMax })) })),
      /at most/,
    ],
    ['a file twice', listing((all) => ({ ...all, files: [...all.files, all.files[0]] })), /stands twice/],
    ['no manifest', listing((all) => ({ ...all, files: all.files.slice(1) })), /there is no MANIFEST/],
    [
      'no JSON',
      lying((url, response) => (url.includes('/files/') ? null : { ...response, body: Buffer.from('<html>') })),
      /not JSON/,
    ],
    [
      'files that never end growing',
      listing((all) => ({ ...all, files: all.files.map((file) => ({ ...file, bytes: file.bytes + 1 })) })),
      /answered 416|ends at/,
    ],
    [
      'other bytes than its list says',
      lying((url, response) =>
        url.endsWith('device.log') ? { ...response, body: Buffer.alloc(response.body.length, 65) } : null,
      ),
      /another SHA-256/,
    ],
  ])('%s', async (_what, http, why) => {
    await fetcher({ http }).noteSealed(id);
    await said(why);
    expect(existsSync(fetched())).toBe(false);
    expect(existsSync(join(hubData, 'HOLD'))).toBe(false);
    expect(existsSync(join(hubData, 'incidents', id, 'incident.json'))).toBe(true);
  });

  test.each<[what: string, change: (folder: string) => void, why: RegExp]>([
    ['one that is not whole', (folder) => truncateSync(join(folder, 'device.log'), 10), /another SHA-256|not whole/],
    ['our own', (folder) => replaceBy(hub, folder), /our own device/],
    [
      'that of another incident',
      (folder) => {
        const incident = { ...spoke.incident, id: '01KAX3R2F8M0T9W5Y1Z4H6J999' };
        replaceBy({ ...spoke, incident, incidentLines: JSON.stringify(incident, null, 2).split('\n') }, folder);
      },
      /another incident/,
    ],
  ])('%s', async (_what, change, why) => {
    change(spokeBundle);
    await fetcher().noteSealed(id);
    await said(why);
    expect(existsSync(fetched())).toBe(false);
    expect(existsSync(`${fetched()}.part/MANIFEST.sha256`)).toBe(_what === 'one that is not whole');
  });
});

describe('the routes', () => {
  const bearer = { authorization: `Bearer ${READ}` };

  test('a token that reads does not act', async () => {
    expect((await ask(stand.port, `/api/v1/bundles/${id}`, { tls: true, headers: bearer })).status).toBe(200);
    expect(
      (
        await ask(stand.port, '/api/v1/hold', {
          tls: true,
          method: 'POST',
          body: '{"on":true}',
          headers: { ...bearer, 'content-type': 'application/json' },
        })
      ).status,
    ).toBe(401);
    expect((await ask(stand.port, `/api/v1/bundles/${id}`, { tls: true })).status).toBe(401);
  });

  test('parts: as asked, cut at the end, refused beyond it', async () => {
    const path = `/api/v1/bundles/${id}/files/device.log`;
    const whole = readFileSync(join(spokeBundle, 'device.log'), 'utf8');
    const get = (range?: string) =>
      ask(stand.port, path, { tls: true, headers: { ...bearer, ...(range === undefined ? {} : { range }) } });
    expect((await get()).text).toBe(whole);
    const part = await get('bytes=3-9');
    expect([part.status, part.text, part.headers['content-range']]).toEqual([
      206,
      whole.slice(3, 10),
      `bytes 3-9/${whole.length}`,
    ]);
    expect((await get(`bytes=${whole.length - 2}-`)).text).toBe(whole.slice(-2));
    expect((await get(`bytes=5-${whole.length + 100}`)).text).toBe(whole.slice(5));
    expect((await get(`bytes=${whole.length}-`)).status).toBe(416);
    expect((await get('bytes=9-3')).status).toBe(416);
    expect((await get('lines=1-2')).status).toBe(200);
  });

  test.each([
    ['a bundle that is not there', `/api/v1/bundles/01KAX3R2F8M0T9W5Y1Z4H6J999`, 404],
    ['a file that the manifest does not name', `/api/v1/bundles/${id}/files/../../HOLD`, 404],
    ['an open bundle', `/api/v1/bundles/${id}.open`, 404],
    ['no id', '/api/v1/bundles/incidents', 404],
  ])('%s', async (_what, path, status) => {
    expect([400, status]).toContain((await ask(stand.port, path, { tls: true, headers: bearer })).status);
  });
});
