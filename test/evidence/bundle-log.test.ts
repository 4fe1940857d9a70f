import { expect, test } from 'vitest';
import { type WindowSource, writeDeviceLog } from '../../agent/evidence/bundle-log.ts';
import { momentNow } from '../../agent/evidence/window.ts';
import { limits } from '../../shared/limits.ts';
import { createRedactor } from '../../shared/redact/redact.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { FakeDisk } from '../support/fake-disk.ts';

const redact = createRedactor(Buffer.from('key'));
const now = momentNow(new FakeClock());

async function written(pieces: readonly Buffer[]) {
  const disk = new FakeDisk();
  await disk.makeFolder('/b');
  const ring: WindowSource = {
    holes: () => [],
    copyWindow: async (_from, _to, sink) => {
      for (const piece of pieces) await sink(piece);
      return { bytes: pieces.reduce((sum, piece) => sum + piece.length, 0), skippedBytes: 0, problems: [] };
    },
  };
  const about = await writeDeviceLog('/b', 'device.log', { from: now, to: now }, ring, redact, disk);
  return { text: disk.content('/b/device.log').toString('latin1'), about };
}

const LOG = [
  '*Mar 12: one',
  'snmp-server community s3cretCommunity RO',
  '-----BEGIN RSA PRIVATE KEY-----',
  'MIIEpAIBAAKCAQEA',
  'c2VjcmV0',
  '-----END RSA PRIVATE KEY-----',
  'last line \xff\x00 without an end',
].join('\n');

test('wherever the pieces are cut, the log is what it would be in one', async () => {
  const bytes = Buffer.from(LOG, 'latin1');
  const whole = await written([bytes]);
  expect(whole.text).toBe(redact(LOG).text);
  expect(whole.text).not.toMatch(/s3cret|MIIE|c2Vjc/);
  for (let cut = 1; cut < bytes.length; cut++) {
    const { text, about } = await written([bytes.subarray(0, cut), bytes.subarray(cut)]);
    expect(text).toBe(whole.text);
    expect(about).toEqual(whole.about);
  }
});

test('an endless line is let through in parts, every byte of it, and memory stays bounded', async () => {
  const pieces = Array.from({ length: 20 }, () => Buffer.alloc(limits.ringCopyBytes, 0x41));
  const { about } = await written(pieces);
  expect(about).toMatchObject({ bytes: 20 * limits.ringCopyBytes, redacted: 0, problems: [] });
});

test('without a ring it says so', async () => {
  const disk = new FakeDisk();
  expect(await writeDeviceLog('/b', 'device.log', { from: now, to: now }, null, redact, disk)).toMatchObject({
    file: null,
    problems: ['no ring'],
  });
});
