/**
 * A normal rekey on real gateways is not taken for a lost SA: what charon and nft print while SAs come and go under traffic, look by look.
 * Root and Debian packages as for lab-real.test.ts; skipped without them, but not in CI.
 */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { GatewayEnd } from '../../agent/cli/lab/real/end.ts';
import { LAN } from '../../agent/cli/lab/real/files.ts';
import { Programs } from '../../agent/cli/lab/real/programs.ts';
import type { End } from '../../agent/cli/lab/relay.ts';
import { createClock } from '../../agent/clock.ts';
import { createDisk } from '../../agent/evidence/disk.ts';
import { firstLook, look } from '../../shared/detect/unknown-flows.ts';
import { parseIkeSas } from '../../shared/platforms/linux-strongswan/list-sas.ts';
import { parseSpiSets } from '../../shared/platforms/linux-strongswan/spi-sets.ts';

const isReady =
  process.getuid?.() === 0 &&
  ['/usr/sbin/charon-systemd', '/usr/sbin/swanctl', '/usr/sbin/nft'].every((program) => existsSync(program));
const clock = createClock();

describe.skipIf(!isReady && !process.env['CI'])('a rekey under traffic (skipped without root and its Debian packages)', () => {
  let folder: string;
  let ends: Readonly<Record<End, GatewayEnd>>;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'spitrap-live-rekey-'));
    const programs = new Programs(clock);
    const gateway = (end: End) => new GatewayEnd({ end, folder: `${folder}/${end}`, programs, disk: createDisk(), clock });
    ends = { hub: gateway('hub'), spoke: gateway('spoke') };
  });
  afterEach(async () => {
    await Promise.all([ends.hub.close(), ends.spoke.close()]);
    rmSync(folder, { recursive: true, force: true });
  });

  test.each([1, 2] as const)('IKEv%d: five rekeys, then a lost SA', async (ike) => {
    const { hub, spoke } = ends;
    for (const end of [hub, spoke]) await end.open({ ike, psk: 'only-for-this-run' }, '');
    await new Programs(clock).must(
      hub.inNetwork(['ip', 'link', 'add', 'wan', 'type', 'veth', 'peer', 'name', 'wan', 'netns', String(spoke.pid)]),
    );
    for (const end of [hub, spoke]) await end.addresses();
    for (const end of [hub, spoke]) await end.startCharon();
    await expect
      .poll(async () => [await hub.inboundSpi(), await spoke.inboundSpi()].includes(null), { timeout: 15_000 })
      .toBe(false);
    spoke.start('ping', '-q', '-i', '0.05', '-I', LAN.spoke, LAN.hub);

    let state = firstLook;
    const spis = new Set<number>();
    const told: number[] = [];
    const lookOnce = async (): Promise<void> => {
      const seen = parseSpiSets(await hub.must('nft', 'list', 'table', 'inet', 'spitrap')).value ?? [];
      const known = parseIkeSas(await hub.must('swanctl', '--list-sas', '--raw')).value;
      expect(known).not.toBeNull();
      const inbound = (known ?? []).flatMap((sa) => sa.children.flatMap(({ spiIn }) => spiIn ?? []));
      for (const spi of inbound) spis.add(spi);
      const step = look(state, { seen, known: inbound, at: clock.monotonic() });
      state = step.state;
      told.push(...step.unknown.map(({ flow }) => flow.spi));
    };
    for (let round = 0; round < 5; round++) {
      await (round % 2 === 0 ? spoke : hub).must('swanctl', '--rekey', '--child', 'net');
      for (let more = 0; more < 6; more++) await lookOnce();
    }
    expect(spis.size).toBeGreaterThanOrEqual(4);
    expect(told).toEqual([]);

    // The watch was awake: an SA that is really lost is told within a few looks.
    await hub.crashCharon();
    await hub.startCharon();
    const lookAgain = async (): Promise<number> => {
      await lookOnce();
      return told.length;
    };
    await expect.poll(lookAgain, { timeout: 10_000, interval: 100 }).toBeGreaterThan(0);
    expect(new Set(told).size).toBe(1);
    expect(spis.has(told[0]!)).toBe(true);
  });
});
