/** The parts of `spitrap lab --real` that need no namespaces: what it asks of the machine, what tcpdump's lines say, how it is asked for. */
import { describe, expect, test } from 'vitest';
import { desyncs, findDesync } from '../../../agent/cli/lab/real/desyncs.ts';
import type { GatewayEnd } from '../../../agent/cli/lab/real/end.ts';
import { gatewayFiles } from '../../../agent/cli/lab/real/files.ts';
import type { Ended, Programs } from '../../../agent/cli/lab/real/programs.ts';
import { checkRequirements } from '../../../agent/cli/lab/real/requirements.ts';
import { Witness } from '../../../agent/cli/lab/real/witness.ts';
import { cli } from '../cli-run.ts';

/** A machine on which some programs fail. */
const machine = (fails: (argv: readonly string[]) => boolean): Programs =>
  ({
    run: async (argv: readonly string[]): Promise<Ended> =>
      fails(argv) ? { code: 1, output: 'unshare: unshare failed: Operation not permitted\n' } : { code: 0, output: '' },
  }) as unknown as Programs;
const root = { os: 'linux', userId: 0 };

describe('what it needs of the machine', () => {
  test('a Debian with all of it', async () => {
    await expect(
      checkRequirements(
        root,
        machine(() => false),
      ),
    ).resolves.toBeUndefined();
  });

  test.each<
    [what: string, machine: { os: string; userId: number | null }, fails: (argv: readonly string[]) => boolean, says: RegExp]
  >([
    ['another system', { os: 'darwin', userId: 0 }, () => false, /makes Linux network namespaces, and this is darwin/],
    ['another user', { os: 'linux', userId: 1_000 }, () => false, /only root may: run it with sudo/],
    [
      'no strongSwan',
      root,
      (argv) => argv.join(' ').includes('charon'),
      /these Debian packages: charon-systemd;.*npm run lab:real:setup/,
    ],
    ['several packages', root, (argv) => /nft|sudo/.test(argv.join(' ')), /these Debian packages: nftables sudo;/],
    ['no TUN', root, (argv) => argv.includes('/dev/net/tun'), /no \/dev\/net\/tun/],
    [
      'a container without namespaces',
      root,
      (argv) => argv[0] === 'unshare',
      /gives none: unshare: unshare failed: Operation not permitted/,
    ],
  ])('%s', async (_what, of, fails, says) => {
    await expect(checkRequirements(of, machine(fails))).rejects.toMatchObject({
      code: 'LAB_FAILED',
      message: expect.stringMatching(says),
    });
  });
});

describe('the witness', () => {
  async function seen(...lines: string[]) {
    let tell: (line: string) => void = () => {};
    const hub = {
      start: () => ({
        gone: new Promise(() => {}),
        onLine: (handler: (line: string) => void) => {
          tell = handler;
        },
      }),
    };
    const witness = new Witness();
    const started = witness.start(hub as unknown as GatewayEnd, '/tmp/witness.pcap');
    tell('tcpdump: listening on wan, link-type EN10MB (Ethernet), snapshot length 262144 bytes');
    await started;
    for (const line of lines) tell(line);
    return witness;
  }

  test('ESP in UDP and raw, by SPI; IKE and noise are not ESP', async () => {
    const witness = await seen(
      '1790000000.100000 IP 198.51.100.2.4500 > 198.51.100.1.4500: UDP-encap: ESP(spi=0xb6811b10,seq=0x3), length 136',
      '1790000000.300000 IP 198.51.100.2.4500 > 198.51.100.1.4500: UDP-encap: ESP(spi=0xb6811b10,seq=0x4), length 136',
      '1790000000.200000 IP 198.51.100.2 > 198.51.100.1: ESP(spi=0x0badcafe,seq=0x1), length 136',
      '1790000000.400000 IP 198.51.100.2.4500 > 198.51.100.1.4500: NONESP-encap: isakmp: phase 2/others ? inf[E]',
      '23 packets captured',
    );
    expect(witness.last()).toEqual({ spi: 0xb6811b10, packets: 2, lastMs: 1_790_000_000_300 });
    expect(witness.of(0x0badcafe)?.packets).toBe(1);
    expect(witness.of(1)).toBeNull();
  });

  test('nothing came', async () => {
    expect((await seen()).last()).toBeNull();
  });
});

test('the files of an end hold its own addresses and secret, and only swanctl.conf has the secret', () => {
  const files = gatewayFiles('spoke', { ike: 1, psk: 'drawn-for-this-run' });
  const holding = files.filter(({ text }) => text.includes('drawn-for-this-run'));
  expect(holding.map(({ path, mode }) => [path, mode])).toEqual([['/etc/swanctl/swanctl.conf', '0600']]);
  expect(holding[0]?.text).toContain('local_addrs = 198.51.100.2\n');
  expect(holding[0]?.text).toContain('version = 1\n');
  expect(new Set(files.map(({ path }) => path)).size).toBe(files.length);
});

describe('how it is asked for', () => {
  test('the desyncs', () => {
    expect(desyncs.map(({ name, ike }) => `${name} ${ike}`)).toEqual(['child 1', 'terminate 2', 'crash 2']);
    expect(() => findDesync('flood')).toThrow(/there are child, terminate, crash/);
  });

  test.each<[args: string[], says: RegExp]>([
    [['lab', '--desync', 'child'], /--desync is for --real/],
    [['lab', '--real', '--scenario', 'storm'], /--real has --desync/],
    [['lab', '--real', '--seed', '7'], /--real has --desync/],
    [['lab', '--real', '--desync', 'flood'], /there is no desync "flood"/],
  ])('%j', async (args, says) => {
    const { code, stderr } = await cli(args);
    expect(code).toBe(2);
    expect(stderr).toMatch(says);
  });
});
