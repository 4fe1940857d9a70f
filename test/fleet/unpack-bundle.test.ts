/** Archives of the object store, ours and such as somebody made to do harm: what is unpacked, and what is refused with nothing outside its folder. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createDisk } from '../../agent/evidence/disk.ts';
import { unpackBundle } from '../../agent/fleet/unpack-bundle.ts';
import { tar, tarEnd, tarHeader, tarPadding } from '../../agent/support/tar.ts';
import { limits } from '../../shared/limits.ts';
import { inPieces } from '../support/stored-bundle.ts';

const ID = '01KAX3R2F8M0T9W5Y1Z4H6J999';
const disk = createDisk();
let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'spitrap-unpack-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const file = (name: string, text = 'x') => ({ name, bytes: Buffer.from(text) });
const unpack = (archive: Buffer, size?: number) => unpackBundle(inPieces(archive, size), join(root, 'in'), new Set([ID]), disk);
const packed = (...files: { name: string; bytes: Buffer }[]): Buffer => gzipSync(tar(files, 0));

/** One header with some of its bytes changed, its checksum right again. */
function header(name: string, bytes: number, change: (block: Buffer) => void): Buffer {
  const block = Buffer.from(tarHeader(name, bytes, 0));
  change(block);
  block.fill(' ', 148, 156);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\u0000 `, 148, 'latin1');
  return block;
}
const oneOf = (block: Buffer, content = Buffer.alloc(0)): Buffer =>
  gzipSync(Buffer.concat([block, content, tarPadding(content.length), tarEnd]));

describe('what is unpacked', () => {
  test.each([1, 511, 512, 4_096])('files with the id in front, in pieces of %i', async (size) => {
    await unpack(packed(file(`${ID}/incident.json`, '{}'), file(`${ID}/commands/01-show.txt`, 'a'.repeat(513))), size);
    expect(readFileSync(join(root, 'in/incident.json'), 'utf8')).toBe('{}');
    expect(readFileSync(join(root, 'in/commands/01-show.txt'), 'utf8')).toHaveLength(513);
  });

  test('files without it, an empty one, and a folder that is named', async () => {
    const folder = header(`${ID}/commands/`, 0, (block) => block.write('5', 156, 'latin1'));
    await unpack(gzipSync(Buffer.concat([folder, tar([file('device.log', ''), file('commands/a.txt')], 0)])));
    expect(readdirSync(join(root, 'in')).sort()).toEqual(['commands', 'device.log']);
  });
});

describe('what is refused', () => {
  const names = ['../evil', `${ID}/../evil`, '/etc/passwd', `${ID}/a/b/c`, `${ID}/.hidden`, 'a/..', `${ID}/a\\b`];
  test.each(names)('a name that leads elsewhere: %s', async (name) => {
    await expect(unpack(packed(file(name)))).rejects.toMatchObject({ code: 'BUNDLE_DAMAGED' });
    expect(readdirSync(root)).toEqual(['in']);
    expect(readdirSync(join(root, 'in'))).toEqual([]);
    expect(existsSync(join(root, 'evil'))).toBe(false);
  });

  test.each([
    ['a symbolic link', '2'],
    ['a hard link', '1'],
    ['a device', '3'],
    ['a pipe', '6'],
    ['a header of pax', 'x'],
    ['a long name of GNU', 'L'],
  ])('%s', async (_what, type) => {
    const block = header(`${ID}/a`, 0, (at) => {
      at.write(type, 156, 'latin1');
      at.write('/etc/passwd', 157, 'latin1');
    });
    await expect(unpack(oneOf(block))).rejects.toThrow(/no regular file/);
    expect(readdirSync(join(root, 'in'))).toEqual([]);
  });

  test('a file that stands twice', async () => {
    await expect(unpack(packed(file(`${ID}/a`), file('a')))).rejects.toThrow(/stands in it twice/);
  });

  test('a file that is larger than any of ours, before a byte of it is written', async () => {
    const block = header(`${ID}/a`, limits.bundleFileBytesMax + 1, () => {});
    await expect(unpack(oneOf(block))).rejects.toThrow(/larger than any of ours/);
    expect(readdirSync(join(root, 'in'))).toEqual([]);
  });

  test('a length that is none, or counted in bytes of base 256', async () => {
    for (const length of ['        abc ', '\u0080\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0001'])
      await expect(unpack(oneOf(header(`${ID}/a`, 0, (at) => void at.write(length, 124, 'latin1'))))).rejects.toThrow(
        /no length/,
      );
  });

  test('more files than any bundle of ours', async () => {
    const many = Array.from({ length: limits.bundleFilesMax + 1 }, (_, n) => file(`f${n}`, ''));
    await expect(unpack(packed(...many))).rejects.toThrow(/more than 2048 files/);
  });

  test('an archive that ends in the middle, of a file or of its last block', async () => {
    const whole = tar([file(`${ID}/a`, 'y'.repeat(2_000))], 0);
    for (const bytes of [100, 600, 2_100])
      await expect(unpack(gzipSync(whole.subarray(0, bytes)))).rejects.toThrow(/ends in the middle/);
  });

  test('what is no gzip, half of one, no tar, or nothing', async () => {
    await expect(unpack(Buffer.from('hello'))).rejects.toThrow(/not a gzip file/);
    const whole = packed(file(`${ID}/a`, 'y'.repeat(2_000)));
    await expect(unpack(whole.subarray(0, whole.length - 12))).rejects.toThrow(/not a gzip file/);
    await expect(unpack(gzipSync(Buffer.alloc(2_048, 'z')))).rejects.toThrow(/no tar archive/);
    await expect(unpack(gzipSync(Buffer.from(tarEnd)))).rejects.toThrow(/no file in it/);
  });

  test('a bomb behind its end is not read to its own', async () => {
    const bomb = gzipSync(Buffer.concat([tar([file(`${ID}/a`)], 0), Buffer.alloc(16 * limits.bundleTrailerBytesMax)]));
    await expect(unpack(bomb)).rejects.toThrow(/more behind its end/);
  });

  test('what the store rejects with comes out as it is', async () => {
    async function* broken(): AsyncGenerator<Uint8Array> {
      yield packed(file('a')).subarray(0, 20);
      throw Object.assign(new Error('the connection is gone'), { code: 'X' });
    }
    await expect(unpackBundle(broken(), join(root, 'in'), new Set([ID]), disk)).rejects.toThrow('the connection is gone');
  });
});
