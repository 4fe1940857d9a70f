/**
 * The box's output held against real devices: with values masked, every line that the box prints for a command must occur
 * in some file of that command in ../shared/corpus. Skipped when the corpus is not there.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { HUB_ADDRESS, login, SPOKE_ADDRESS, stage } from './lab-support.ts';

const CORPUS = new URL('../../../shared/corpus/', import.meta.url);

/** Values to one sign each; indentation counts, the width of columns does not. */
function shape(line: string): string {
  const indent = /^\s*/.exec(line.replaceAll('\t', '        '))![0];
  const body = line
    .trim()
    .replace(/"[^"]*"/g, '"Q"')
    .replace(/\{[^}]*\}/g, '{}')
    .replace(/^[*.]?(\d+:\d+:\d+\.\d+ \w+) \w{3} \w{3} \d+ \d{4}$/, '$1 DATE')
    .replace(/\b\d+(?:[ywdh]\d*[ywdh]?)\b|\b\d+:\d\d:\d\d(?:\.\d+)?\b/g, 'T')
    .replace(/(?<= T +)[SDILNXTC12]{1,4}$/, 'ATTRIB')
    .replace(/\b\d+\.\d+\.\d+\.\d+(?:\/\d+\.\d+\.\d+\.\d+)?/g, 'A')
    .replace(/\b(?:[\dA-F]*:){2,}[\dA-F:]*\b/g, 'A')
    .replace(/A\/\d+/g, 'A/N')
    .replace(/\b(?:Tunnel|Tu|Virtual-Access|Ethernet|[A-Za-z]*Gig\w*)\d[\d/.]*/g, 'I')
    .replace(/flow_id: [^,]+/g, 'flow_id: F')
    .replace(/sibling_flags \w+/g, 'sibling_flags H')
    .replace(/\b0x[\dA-Fa-f]+\b/g, 'H')
    .replace(/\b[\dA-F]{8}\b|\b[\dA-F]{16}\b/g, 'H')
    .replace(/\b\d+\b/g, 'N')
    .replace(/\s+/g, ' ');
  return indent + body;
}

interface Case {
  readonly command: string;
  readonly folders: readonly string[];
  readonly ikeVersion?: 1 | 2;
  readonly platform?: 'cisco-ios' | 'cisco-iosxe';
  /** Lines that are right and that the corpus happens not to have, each with where they are known from. */
  readonly known?: readonly RegExp[];
}

/** IOS begins this line with a space; the corpus files were trimmed at their start. */
const IKEV2_HEADING = /^ IPv4 Crypto IKEv2 {2}SA $/;

const cases: readonly Case[] = [
  { command: 'show clock', folders: ['show-clock'] },
  {
    command: 'show crypto ipsec sa',
    folders: [
      'show-crypto-ipsec-sa',
      'show-crypto-ipsec-sa-peer',
      'show-crypto-ipsec-sa-interface',
      'show-crypto-ipsec-sa-detail',
    ],
  },
  {
    command: `show crypto ipsec sa peer ${SPOKE_ADDRESS} detail`,
    folders: ['show-crypto-ipsec-sa-detail', 'show-crypto-ipsec-sa-peer-detail'],
  },
  { command: 'show crypto isakmp sa', folders: ['show-crypto-isakmp-sa'] },
  {
    command: 'show crypto isakmp sa detail',
    folders: ['show-crypto-isakmp-sa-detail'],
    // The legend stands above the table on every IOS 15; the corpus begins below it.
    known: [/^Codes: C - IKE/, /^ {7}(?:K|T|psk|renc) - /],
  },
  {
    command: 'show crypto ikev2 sa',
    folders: ['show-crypto-ikev2-sa', 'show-crypto-ikev2-sa-detail'],
    ikeVersion: 2,
    known: [IKEV2_HEADING],
  },
  {
    command: `show crypto ikev2 sa remote ${SPOKE_ADDRESS} detailed`,
    folders: ['show-crypto-ikev2-sa-detail', 'show-crypto-ikev2-sa'],
    ikeVersion: 2,
    known: [IKEV2_HEADING],
  },
  { command: 'show crypto session', folders: ['show-crypto-session', 'show-crypto-session-detail'] },
  { command: 'show crypto session detail', folders: ['show-crypto-session', 'show-crypto-session-detail'] },
  {
    command: 'show crypto session detail',
    folders: ['show-crypto-session', 'show-crypto-session-detail'],
    platform: 'cisco-iosxe',
  },
  { command: 'show crypto session detail', folders: ['show-crypto-session', 'show-crypto-session-detail'], ikeVersion: 2 },
  { command: 'show crypto sockets', folders: ['show-crypto-sockets'] },
  { command: 'show crypto ipsec spi-lookup detail', folders: ['show-crypto-ipsec-spi-lookup'] },
  { command: 'show dmvpn', folders: ['show-dmvpn'] },
  { command: 'show dmvpn', folders: ['show-dmvpn'], platform: 'cisco-iosxe' },
  { command: 'show ip nhrp', folders: ['show-ip-nhrp'] },
  {
    command: 'show debugging',
    folders: ['show-debug'],
    platform: 'cisco-iosxe',
    // The corpus has HSRP debugs on, not crypto ones.
    known: [/^Cryptographic Subsystem:$/, /^ {2}Crypto \w+ debugging is on$/],
  },
  { command: 'show logging', folders: ['show-logging'] },
  {
    command: 'show platform hardware qfp active statistics drop',
    folders: ['show-platform-hardware-qfp-active-statistics-drop'],
    platform: 'cisco-iosxe',
    // `never` until someone clears them; drop causes are as many as a platform has features.
    known: [/^Last clearing of QFP drops statistics : never$/, /^\w+ +\d+ +\d+ *$/],
  },
  {
    command: 'show platform hardware qfp active feature ipsec datapath drops all',
    folders: ['show-platform-hardware-qfp-ipsec-drops'],
    platform: 'cisco-iosxe',
  },
];

const present = existsSync(CORPUS);
describe.skipIf(!present)(
  `output has the shape of real devices'${present ? '' : ' (SKIPPED: ../shared/corpus is not here)'}`,
  () => {
    test.each(
      cases.map((each) => [`${each.command} (${each.platform ?? 'cisco-ios'}, IKEv${each.ikeVersion ?? 1})`, each] as const),
    )('%s', async (_, each) => {
      const platform = each.platform ?? 'cisco-ios';
      const { clock, hub, pair } = stage({
        hub: { platform, logHost: '192.0.2.9' },
        pair: { ikeVersion: each.ikeVersion ?? 1, dpdSeconds: 10 },
      });
      await clock.advance(5_000);
      const hand = login(hub);
      hand.run(`debug crypto condition peer ipv4 ${HUB_ADDRESS}`);
      hand.run('debug crypto isakmp');
      pair.desync();
      await clock.advance(1_000);
      pair.repair();
      await clock.advance(1_000);
      hub.console('clear logging');
      const printed = hand.run(each.command).split('\n').slice(0, -1);
      const real = new Set(each.folders.flatMap(realLines).map(shape));
      const strange = printed.filter(
        (line) => line.trim() !== '' && !real.has(shape(line)) && !each.known?.some((known) => known.test(line)),
      );
      expect(strange).toEqual([]);
      expect(printed.length).toBeGreaterThan(0);
      pair.close();
    });
  },
);

function realLines(folder: string): string[] {
  const directory = new URL(`${folder}/`, CORPUS);
  return readdirSync(directory)
    .filter((name) => name.endsWith('.txt'))
    .flatMap((name) => readFileSync(new URL(name, directory), 'utf8').split(/\r?\n/));
}
