/** Source spi-watch over a scripted shell: a lost SA is told once, a rekey is not, a charon that restarts is waited for, trouble is said. */
import { describe, expect, test } from 'vitest';
import { noAudit } from '../../agent/device/audit.ts';
import { openDevice } from '../../agent/device/pool.ts';
import type { World } from '../../agent/ports.ts';
import { spiWatch } from '../../agent/sources/spi-watch.ts';
import type { FlowSighting, Observation, SourceState } from '../../shared/model/observation.ts';
import { ciscoIos } from '../../shared/platforms/cisco-ios/cisco-ios.ts';
import { LIST_SAS, SPI_SETS, XFRM_STATE } from '../../shared/platforms/linux-strongswan/lines.ts';
import { linuxStrongswan } from '../../shared/platforms/linux-strongswan/linux-strongswan.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { fixedRandom } from '../support/fixed-random.ts';
import { target } from '../support/log-in.ts';
import { ScriptedIos } from '../support/scripted-ios.ts';

const table = (packets: number): string =>
  `table inet spitrap {\n\tset udp4 {\n\t\ttypeof ip saddr . ip daddr . @th,64,32\n\t\telements = { 198.51.100.2 . 198.51.100.1 . 0xb6811b10 counter packets ${packets} bytes 328 expires 4m58s996ms }\n\t}\n}\n`;
const sas = (spi: string | null): string =>
  `${spi === null ? '' : `list-sa event {peer {version=2 state=ESTABLISHED local-host=198.51.100.1 remote-host=198.51.100.2 child-sas {net-1 {name=net state=INSTALLED spi-in=${spi} spi-out=e7647732}}}}\n`}list-sas reply {}\n`;

/** A gateway of three answers. */
class Gateway {
  packets = 5;
  /** Null: no SA. */
  spi: string | null = 'b6811b10';
  charon = true;
  states = '';
  noise = '';
  readonly shell = new ScriptedIos({
    answer: (command) => {
      if (command === SPI_SETS) return this.noise + table(this.packets);
      if (command === LIST_SAS)
        return this.charon ? sas(this.spi) : "connecting to 'unix:///var/run/charon.vici' failed: No such file\n";
      return command === XFRM_STATE ? this.states : '';
    },
  });
}

async function open(gateway: Gateway) {
  const clock = new FakeClock();
  const device = openDevice({
    name: 'hub1',
    platform: linuxStrongswan,
    target,
    enablePassword: null,
    shells: gateway.shell,
    clock,
    random: fixedRandom,
    audit: noAudit,
  });
  const seen: Observation[] = [];
  const world = { clock, random: fixedRandom } as unknown as World;
  const config = { kind: 'spi-watch', name: 'spi-watch', everyMs: 1_000 } as const;
  const source = await spiWatch.open('spi-watch', config, { world, device, emit: (one) => seen.push(one) });
  await clock.advance(3_000);
  const sightings = () => seen.filter((one): one is FlowSighting => one.kind === 'sighting');
  const states = () => seen.filter((one): one is SourceState => one.kind === 'source-state');
  return { clock, source, sightings, states };
}

describe('spi-watch', () => {
  test('an SA that is lost while its packets come: told once, with the flow, in our own words', async () => {
    const gateway = new Gateway();
    const { clock, sightings, states } = await open(gateway);
    gateway.spi = null;
    for (let second = 0; second < 10; second++) {
      gateway.packets += 2;
      await clock.advance(1_100);
    }
    expect(sightings()).toHaveLength(1);
    expect(sightings()[0]).toMatchObject({
      flow: { src: '198.51.100.2', dst: '198.51.100.1', spi: 0xb6811b10 },
      from: target.address,
      line: expect.stringMatching(
        /^spitrap spi-watch: ESP without an SA: src=198\.51\.100\.2 dst=198\.51\.100\.1 spi=0xb6811b10 packets=\d+ \(\d since the last look\)$/,
      ),
    });
    expect(states().map(({ state }) => state)).toEqual(['open']);
  });

  test('a rekey: the packets of the old SPI cease with its SA', async () => {
    const gateway = new Gateway();
    const { clock, sightings } = await open(gateway);
    gateway.packets += 3;
    gateway.spi = 'c0ffee01';
    await clock.advance(10_000);
    expect(sightings()).toEqual([]);
  });

  test('an SA that only the kernel has is known', async () => {
    const gateway = new Gateway();
    gateway.spi = null;
    gateway.states =
      'src 198.51.100.2 dst 198.51.100.1\n\tproto esp spi 0xb6811b10(3061914384) reqid 1(0x00000001) mode tunnel\n';
    const { clock, sightings } = await open(gateway);
    for (let second = 0; second < 5; second++) {
      gateway.packets += 2;
      await clock.advance(1_100);
    }
    expect(sightings()).toEqual([]);
  });

  test('of a table that is half understood nothing is told, and it is said', async () => {
    const gateway = new Gateway();
    const { clock, sightings, states } = await open(gateway);
    gateway.spi = null;
    gateway.noise = 'what is this\n';
    for (let second = 0; second < 10; second++) {
      gateway.packets += 2;
      await clock.advance(1_100);
    }
    expect(sightings()).toEqual([]);
    expect(states().at(-1)).toMatchObject({
      state: 'interrupted',
      detail: expect.stringContaining('not understood: what is this'),
    });
  });

  test('a charon that restarts is waited for; then its lost SAs are told, and nothing was interrupted', async () => {
    const gateway = new Gateway();
    const { clock, sightings, states } = await open(gateway);
    gateway.charon = false;
    for (let second = 0; second < 2; second++) {
      gateway.packets += 5;
      await clock.advance(1_100);
    }
    expect(sightings()).toEqual([]);
    gateway.charon = true;
    gateway.spi = null;
    for (let second = 0; second < 4; second++) {
      gateway.packets += 5;
      await clock.advance(1_100);
    }
    expect(sightings()).toHaveLength(1);
    expect(states().map(({ state }) => state)).toEqual(['open']);
  });

  test('one that stays away is said, once, in its own words; and that it is back', async () => {
    const gateway = new Gateway();
    const { clock, states } = await open(gateway);
    gateway.charon = false;
    await clock.advance(20_000);
    expect(states().map(({ state }) => state)).toEqual(['open', 'interrupted']);
    expect(states()[1]?.detail).toContain('charon.vici');
    gateway.charon = true;
    await clock.advance(3_000);
    expect(states().map(({ state }) => state)).toEqual(['open', 'interrupted', 'open']);
  });

  test('closing ends the session; only lines of the grammar were sent', async () => {
    const gateway = new Gateway();
    const { clock, source, states } = await open(gateway);
    const closing = source.close();
    await clock.advance(5_000);
    await closing;
    expect(gateway.shell.openLines).toBe(0);
    expect(states().at(-1)?.state).toBe('closed');
    expect(new Set(gateway.shell.typed)).toEqual(new Set(['', 'export LC_ALL=C', SPI_SETS, LIST_SAS, XFRM_STATE, 'exit']));
  });

  test('a platform that counts no ESP by flow is a fault of the configuration', async () => {
    const context = { world: {} as World, device: { platform: ciscoIos } as never, emit: () => {} };
    const config = { kind: 'spi-watch', name: 'spi-watch', everyMs: 1_000 } as const;
    await expect(spiWatch.open('spi-watch', config, context)).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
  });
});
