import { beforeEach, describe, expect, test } from 'vitest';
import { openEngine, parseEngineId } from '../../agent/net/engine.ts';
import type { World } from '../../agent/ports.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { FakeDisk } from '../support/fake-disk.ts';
import { seededRandom } from '../support/seeded-random.ts';

const MINUTES_AT_START = Math.floor((Date.UTC(2026, 2, 12, 18, 22, 10) - Date.UTC(2020, 0, 1)) / 60_000);
let disk: FakeDisk;
let clock: FakeClock;
const open = (configured: string | null = null, dataDir = '/data') =>
  openEngine(dataDir, configured, { clock, disk, random: seededRandom(disk.operations.length + 1) } as unknown as World);

beforeEach(() => {
  disk = new FakeDisk();
  clock = new FakeClock();
});

describe('snmpEngineID', () => {
  test('is made once, of the form of RFC 3411, and kept', async () => {
    const first = await open();
    expect(first.idHex).toMatch(/^80007ed905[0-9a-f]{24}$/);
    expect(first.remarks).toHaveLength(1);
    const second = await open();
    expect(second.idHex).toBe(first.idHex);
    expect(second.remarks).toEqual([]);
  });
  test('the configured one is taken and survives its removal from the configuration', async () => {
    expect((await open('0x80:00:00:09:03:aa')).idHex).toBe('8000000903aa');
    expect((await open()).idHex).toBe('8000000903aa');
  });
  test.each(['', 'xyz', '8000', '00'.repeat(8), 'ff'.repeat(8), 'ab'.repeat(33), '80000009030'])(
    '%j is refused',
    async (text) => {
      expect(parseEngineId(text)).toBeNull();
      await expect(open(text)).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
    },
  );
  test.each(['', '{', 'null', '[]', '{"engineId":"80","boots":1}', '{"engineId":"8000000903aa","boots":-1}', 'x'.repeat(5_000)])(
    'a damaged file (%j) is put aside and said so',
    async (content) => {
      disk.put('/data/engine.json', content);
      const engine = await open();
      expect(engine.idHex).toMatch(/^80007ed905/);
      expect(engine.remarks.join(' ')).toMatch(/damaged/);
      expect(disk.content('/data/engine.json.damaged').toString()).toBe(content);
      expect((await open()).idHex).toBe(engine.idHex);
    },
  );
});

describe('boots and time', () => {
  test('boots are the minutes since 2020, or one more than the last', async () => {
    expect((await open()).stamp()).toEqual({ boots: MINUTES_AT_START, timeS: 0 });
    expect((await open()).stamp().boots).toBe(MINUTES_AT_START + 1);
    clock.stepWall(-86_400_000 * 365);
    expect((await open()).stamp().boots).toBe(MINUTES_AT_START + 2);
  });
  test('they rise even when dataDir is lost', async () => {
    const before = (await open()).stamp().boots;
    disk = new FakeDisk();
    await clock.advance(61_000);
    expect((await open()).stamp().boots).toBeGreaterThan(before);
  });
  test('they are on disk before the engine is given out: a power cut does not bring them back', async () => {
    const engine = await open();
    disk.losePower();
    expect(JSON.parse(disk.content('/data/engine.json').toString())).toEqual({ engineId: engine.idHex, boots: MINUTES_AT_START });
    expect((await open()).stamp().boots).toBe(MINUTES_AT_START + 1);
  });
  test('a disk that fails keeps the engine from opening', async () => {
    disk.fail('sync', 'EIO');
    await expect(open()).rejects.toMatchObject({ code: 'DISK_FAILED' });
  });
  test('the time follows the monotonic clock, not the wall', async () => {
    const engine = await open();
    await clock.advance(90_500);
    clock.stepWall(3_600_000);
    expect(engine.stamp()).toEqual({ boots: MINUTES_AT_START, timeS: 90 });
    expect(engine.upTimeTicks()).toBe(9_050);
  });
  test('at 2^31-1 s the time rolls over into the boots', async () => {
    const engine = await open();
    await clock.advance(0x7fff_ffff * 1_000);
    expect(engine.stamp()).toEqual({ boots: MINUTES_AT_START, timeS: 0x7fff_ffff });
    await clock.advance(1_000);
    expect(engine.stamp()).toEqual({ boots: MINUTES_AT_START + 1, timeS: 0 });
  });
  test('boots stick at their maximum', async () => {
    disk.put('/data/engine.json', '{"engineId":"8000000903aa","boots":2147483647}');
    expect((await open()).stamp().boots).toBe(0x7fff_ffff);
  });
});

test('salts never repeat and follow each other', async () => {
  const engine = await open();
  const salts = Array.from({ length: 3 }, () => engine.nextSalt().readBigUInt64BE());
  expect(salts).toEqual([salts[0], BigInt.asUintN(64, salts[0]! + 1n), BigInt.asUintN(64, salts[0]! + 2n)]);
});
