/**
 * What an agent's configuration and the router's have to do with each other, for `spitrap advise -c`: peers' crypto addresses, where the
 * log goes, conditions, debugs, the platform's name. Called by advise.ts; the view is made by agent/cli/advise.ts.
 */
import { type AddressRange, canonicalAddress, rangeContains } from '../model/address.ts';
import type { ConfigFacts, Peering } from './facts.ts';
import { allLines, findLine } from './statements.ts';
import { type Advice, advice, type Evidence } from './words.ts';

/** Of the configuration of one agent. */
export interface AgentView {
  readonly platform: string;
  readonly peers: readonly { readonly name: string; readonly cryptoAddresses: readonly AddressRange[] }[];
  /** Where it takes the router's log, as the router would name it; null: not known (a relay, a jump host), or it takes no syslog. */
  readonly hosts: readonly string[] | null;
  /** Of its arming; empty: nothing is armed by the pair. */
  readonly conditions: readonly string[];
  readonly debugs: readonly string[];
}

export function agentPoints(facts: ConfigFacts, agent: AgentView): Advice[] {
  return [
    ...platformPoint(facts, agent),
    ...peerPoints(facts, agent),
    ...hostPoints(facts, agent),
    ...armingPoints(facts, agent),
  ];
}

/** IOS ends with 15; IOS XE counts its own way since 16, and as IOS does before. */
const XE_VERSION = 16;

function platformPoint({ globals }: ConfigFacts, { platform }: AgentView): Advice[] {
  const line = findLine(globals, /^version \d/);
  if (line === null || Number.parseInt(line.words[1]!, 10) < XE_VERSION || platform !== 'cisco-ios') return [];
  return [
    advice(
      'platform-differs',
      `the agent has platform: ${platform}, and the router runs IOS XE`,
      'Captures lack what only IOS XE has (counters of the QFP). Set device.platform: cisco-iosxe.',
      [line],
    ),
  ];
}

/** Peers that no line names: a dynamic map, registrations, a name in place of an address, a shape that is not known. */
const takesAny = ({ kind, peers }: Peering): boolean =>
  kind === 'dynamic crypto map' ||
  kind === 'mGRE with tunnel protection, dynamic NHRP map' ||
  kind === 'unknown' ||
  peers.some((peer) => canonicalAddress(peer) === null);

const listed = (texts: readonly string[]): string =>
  texts.length > 8 ? `${texts.slice(0, 8).join(', ')} and ${texts.length - 8} more` : texts.join(', ');

function peerPoints({ peerings }: ConfigFacts, { peers }: AgentView): Advice[] {
  const used = peerings.filter(({ inUse }) => inUse);
  if (used.length === 0) return [];
  const ranges = peers.flatMap(({ cryptoAddresses }) => cryptoAddresses);
  const named = new Map<string, Evidence>();
  for (const { peers: of, lines } of used)
    for (const text of of) {
      const address = canonicalAddress(text);
      const line = lines.find((each) => each.text.split(' ').includes(text)) ?? lines[0]!;
      if (address !== null && !named.has(address)) named.set(address, line);
    }
  const strange = [...named].filter(([address]) => !ranges.some((range) => rangeContains(range, address)));
  const absent = peers.flatMap(({ name, cryptoAddresses }) =>
    cryptoAddresses
      .filter((range) => ![...named.keys()].some((address) => rangeContains(range, address)))
      .map((range) => `${range.text} (${name})`),
  );
  const open = used.filter(takesAny);
  return [
    ...(strange.length === 0
      ? []
      : [
          advice(
            'peer-not-in-agent',
            `peers of the router that no peer of the agent has: ${listed(strange.map(([address]) => address))}`,
            'A bad SPI from there is reported, and nobody is told to stop. Right where no agent stands at the other end; else add it to its cryptoAddresses.',
            strange.map(([, line]) => line),
          ),
        ]),
    ...(absent.length === 0
      ? []
      : open.length > 0
        ? [
            advice(
              'peer-not-judged',
              `no line names the agent's peers ${listed(absent)}`,
              'They may come by what takes any peer, or a name: a dynamic map, NHRP registrations, a shape that is not known.',
              open.flatMap(({ lines }) => lines.slice(0, 1)),
            ),
          ]
        : [
            advice(
              'peer-not-on-router',
              `the agent's peers that are none of the router: ${listed(absent)}`,
              'No message will have such a srcaddr, and the peer is never told. Behind a NAT srcaddr is the address outside. Correct cryptoAddresses.',
              used.flatMap(({ lines }) => lines.slice(0, 1)),
            ),
          ]),
    ...(strange.length + absent.length === 0
      ? [
          advice('peers-fit', 'the peers of the agent are those of the router', 'Each message has a peer that is told.', [
            ...named.values(),
          ]),
        ]
      : []),
  ];
}

function hostPoints({ globals }: ConfigFacts, { hosts }: AgentView): Advice[] {
  if (hosts === null) return [];
  const lines = allLines(globals, /^logging (?:host \S|(?:\d+\.){3}\d)/);
  const ours = lines.filter(({ words }) =>
    hosts.includes(canonicalAddress(words[1] === 'host' ? (words[2] === 'ipv6' ? words[3]! : words[2]!) : words[1]!) ?? ''),
  );
  if (ours.length > 0)
    return [
      advice('logged-to-agent', 'the router sends its log to the agent', 'Port and transport: spitrap check --wait 60s.', ours),
    ];
  return [
    advice(
      'not-logged-to-agent',
      `no logging host is the agent: ${listed(hosts)}`,
      'Its syslog source hears nothing of this router, unless a relay sends its log on.',
      lines,
      [`logging host ${hosts[0] ?? '<address of the agent>'}`],
    ),
  ];
}

function armingPoints({ peerings }: ConfigFacts, { conditions, debugs }: AgentView): Advice[] {
  // Without a condition nothing is ever armed.
  if (conditions.length === 0) return [];
  const used = peerings.filter(({ inUse }) => inUse);
  const named = new Set(used.flatMap(({ peers }) => peers.flatMap((peer) => canonicalAddress(peer) ?? [])));
  const strange = used.length === 0 || used.some(takesAny) ? [] : conditions.filter((address) => !named.has(address));
  const versions = ([1, 2] as const).filter((version) => used.some(({ ike }) => ike === version));
  const lacking = versions.filter((version) => !debugs.includes(version === 1 ? 'isakmp' : 'ikev2'));
  return [
    ...(strange.length === 0
      ? []
      : [
          advice(
            'condition-without-peer',
            `arming.conditions has what is no peer of the router: ${listed(strange)}`,
            'Debugs are limited to peers that do not exist, and show nothing.',
            used.flatMap(({ lines }) => lines.slice(0, 1)),
          ),
        ]),
    ...lacking.map((version) =>
      advice(
        'debugs-lack-ike',
        `IKEv${version} is used, and arming.debugs has no ${version === 1 ? 'isakmp' : 'ikev2'}`,
        'What is negotiated before the message is then in no evidence.',
        used.filter(({ ike }) => ike === version).flatMap(({ lines }) => lines.slice(0, 1)),
      ),
    ),
  ];
}
