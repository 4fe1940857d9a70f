/** The files of the page as they are sent: packed for whoever takes it, as they are for whoever does not (agent/web/routes/page-files.ts). */
import { readdirSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { createDisk } from '../../agent/evidence/disk.ts';
import { readPageFiles } from '../../agent/web/page-files.ts';
import type { PageRequest, PageRoom } from '../../agent/web/route.ts';
import { pageFiles } from '../../agent/web/routes/page-files.ts';

const folder = new URL('../../agent/web/page/', import.meta.url);
const files = await readPageFiles(createDisk());
const get = (accepted?: string) =>
  pageFiles.answer(
    {
      params: { file: 'page.css' },
      headers: accepted === undefined ? {} : { 'accept-encoding': accepted },
    } as unknown as PageRequest,
    { files } as PageRoom,
  ) as unknown as { headers: Record<string, string>; body: Buffer };

describe('packed', () => {
  test.each(['gzip', 'gzip, deflate, br, zstd', 'br;q=1.0, gzip;q=0.8', 'deflate , GZIP ; q=1'])('%s', (accepted) => {
    const { headers, body } = get(accepted);
    expect(headers).toMatchObject({
      'content-encoding': 'gzip',
      'content-type': 'text/css; charset=utf-8',
      vary: 'accept-encoding',
    });
    expect(gunzipSync(body)).toEqual(files.get('page.css')!.bytes);
  });
});

describe('as they are', () => {
  test.each([undefined, '', 'identity', 'gzip;q=0', 'gzip; q=0.00', 'x-gzip-not', 'br'])('%s', (accepted) => {
    const { headers, body } = get(accepted);
    expect(headers['content-encoding']).toBeUndefined();
    expect(body).toEqual(readFileSync(new URL('page.css', folder)));
  });
});

test('all of the page is a few dozen kilobytes on the line', () => {
  expect([...files.keys()].sort()).toEqual(readdirSync(folder).sort());
  const sent = [...files.values()].reduce((sum, { gzip }) => sum + gzip.length, 0);
  expect(sent).toBeLessThan(48 * 1_024);
});

test('every script is asked for at once, not one after the other', () => {
  const html = files.get('index.html')!.bytes.toString();
  const scripts = [...files.keys()].filter((name) => name.endsWith('.js'));
  expect(scripts.filter((name) => !html.includes(`"/${name}"`))).toEqual([]);
});
