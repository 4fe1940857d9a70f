/**
 * `spitrap lab --real`: strongSwan gateways in namespaces, a real desync, real ESP dropped, real stops, and a machine that is the same
 * afterwards. Each run takes 8 to 12 s. Root and Debian packages (npm run lab:real:setup); skipped without them, but not in CI.
 */
import { existsSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { LabProcess, processesNaming } from '../support/lab-process.ts';

const PROGRAMS = [
  '/usr/sbin/charon-systemd',
  '/usr/sbin/swanctl',
  '/usr/sbin/nft',
  '/usr/bin/tcpdump',
  '/usr/sbin/sshd',
  '/usr/bin/sudo',
];
/** Who cleared it is as certain as the clocks of a namespace, which nobody calls in sync; that the hub lost it is certain. */
const LOST = ['cleared-one-side', 'delete-lost', 'receiver-lost-sa'];
const isReady = process.getuid?.() === 0 && PROGRAMS.every((program) => existsSync(program)) && existsSync('/dev/net/tun');

const linksOf = (name: string): Set<string> =>
  new Set(
    readdirSync('/proc')
      .filter((pid) => /^\d+$/.test(pid))
      .flatMap((pid) => {
        try {
          return [readlinkSync(`/proc/${pid}/ns/${name}`)];
        } catch {
          return [];
        }
      }),
  );

/** What a run could leave behind, but for its own folder. */
const machine = () => ({
  network: linksOf('net').size,
  mounts: linksOf('mnt').size,
  named: existsSync('/run/netns') ? readdirSync('/run/netns') : [],
  mounted: readFileSync('/proc/self/mountinfo', 'utf8').includes('spitrap'),
  interfaces: readdirSync('/sys/class/net').sort(),
  users: readFileSync('/etc/passwd', 'utf8'),
  groups: readFileSync('/etc/group', 'utf8'),
  etc: [
    ...readdirSync('/etc'),
    ...(existsSync('/etc/strongswan.d') ? readdirSync('/etc/strongswan.d') : []),
    ...readdirSync('/etc/sudoers.d'),
  ].sort(),
  run: readdirSync('/run').sort(),
  log: readdirSync('/var/log').filter((name) => name.includes('spitrap')),
  processes: ['charon-systemd', 'lab_sshd_config', 'setpriv', 'nsenter'].flatMap(processesNaming),
});

/** Processes that were killed take a moment to go. */
const sameAs = (before: ReturnType<typeof machine>) => expect.poll(machine, { timeout: 10_000, interval: 50 }).toEqual(before);

interface Result {
  readonly outcome: string;
  readonly spi: string;
  readonly witness: { readonly spi: string; readonly packets: number };
  readonly verdict: { readonly cause: string; readonly sentence: string };
  readonly ends: Readonly<Record<'hub' | 'spoke', { readonly debugsOff: string; readonly bundle: string }>>;
}

describe.skipIf(!isReady && !process.env['CI'])('spitrap lab --real (skipped without root and its Debian packages)', () => {
  let folder: string;
  let before: ReturnType<typeof machine>;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'spitrap-live-real-'));
    before = machine();
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  test.each<[desync: string, loss: string, causes: string[]]>([
    ['child', '0', LOST],
    ['terminate', '0', LOST],
    ['crash', '0', ['receiver-restarted']],
    ['child', '30', LOST],
  ])(
    '%s, %s %% loss: both off, both bundles whole, the SPI that tcpdump saw is the one of the verdict',
    async (desync, loss, causes) => {
      const out = join(folder, 'out');
      const lab = new LabProcess(['--real', '--json', '--desync', desync, '--loss', loss, '--out', out]);
      const { code, stdout, stderr } = await lab.ended;
      expect({ code, stderr, screen: code === 0 ? '' : stdout }).toEqual({ code: 0, stderr: '', screen: '' });
      const result = JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as Result;
      expect(result.outcome).toBe('complete');
      expect(result.witness.spi).toBe(result.spi);
      expect(result.witness.packets).toBeGreaterThan(0);
      expect(result.verdict.sentence).toContain(result.spi);
      expect(causes).toContain(result.verdict.cause);
      for (const end of ['hub', 'spoke'] as const) {
        expect(result.ends[end].debugsOff).toBe('verified');
        // No key, no packet and no secret in a bundle: the kernel hides keys, our levels dump nothing.
        const files = readdirSync(result.ends[end].bundle, { recursive: true, encoding: 'utf8' }).map((name) =>
          join(result.ends[end].bundle, name),
        );
        const text = files
          .filter((name) => /\.(?:txt|log|json)$/.test(name))
          .map((name) => readFileSync(name, 'utf8'))
          .join('\n');
        expect(text).toContain(result.spi);
        const psk = /secret = "(.+)"/.exec(readFileSync(join(out, `${end}-gateway/etc/swanctl/swanctl.conf`), 'utf8'))?.[1] ?? '';
        expect(psk).not.toBe('');
        expect(text).not.toContain(psk);
        expect(text).not.toMatch(/\b(?:enc|auth|auth-trunc|aead) \S+ 0x[0-9a-f]{16,}/);
        expect(text).not.toMatch(/=> \d+ bytes @ 0x/);
      }
      await sameAs(before);
    },
  );

  test.each<[signal: NodeJS.Signals, when: RegExp, code: number | null]>([
    ['SIGINT', /agent: process/, 130],
    ['SIGTERM', /Desync/, 143],
    ['SIGKILL', /debug levels were turned on/, null],
  ])('%s in the middle leaves nothing: no process, namespace, mount, user or file', async (signal, when, code) => {
    const lab = new LabProcess(['--real', '--out', join(folder, 'out')]);
    await lab.shows(when);
    lab.kill(signal);
    expect((await lab.ended).code).toBe(code);
    await sameAs(before);
  });
});
