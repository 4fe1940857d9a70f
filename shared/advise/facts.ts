/**
 * What a running configuration says about crypto: maps, profiles, tunnels, and the kind of each peering as in the table of Cisco 115801
 * ("does invalid SPI recovery work?"). Read by advise.ts; the rest of the router: router-points.ts.
 */
import { allLines, findLine, readSections, type Section, type Statement } from './statements.ts';
import type { Evidence } from './words.ts';

/** The rows of the table; `unknown` is none of them. */
export type PeeringKind =
  | 'static crypto map'
  | 'dynamic crypto map'
  | 'point-to-point GRE with tunnel protection'
  | 'mGRE with tunnel protection, static NHRP map'
  | 'mGRE with tunnel protection, dynamic NHRP map'
  | 'sVTI'
  | 'EzVPN client'
  | 'unknown';

export const recoveryOf: Readonly<Record<PeeringKind, 'yes' | 'no' | 'not applicable' | 'not known'>> = {
  'static crypto map': 'yes',
  'dynamic crypto map': 'no',
  'point-to-point GRE with tunnel protection': 'yes',
  'mGRE with tunnel protection, static NHRP map': 'yes',
  'mGRE with tunnel protection, dynamic NHRP map': 'no',
  sVTI: 'yes',
  'EzVPN client': 'not applicable',
  unknown: 'not known',
};

export interface Lifetimes {
  /** Seconds, kilobytes; null: no such limit. With the line that says so; null: the default of IOS. */
  readonly seconds: number;
  readonly secondsLine: Evidence | null;
  readonly kilobytes: number | null;
  readonly kilobytesLine: Evidence | null;
}

export interface Peering {
  readonly kind: PeeringKind;
  /** `crypto map VPN 5`, `Tunnel0`. */
  readonly where: string;
  /** Of `unknown`: why it is in no row. */
  readonly whyUnknown: string | null;
  readonly peers: readonly string[];
  readonly lines: readonly Evidence[];
  /** Null: the profile that would say is not in the file. */
  readonly ike: 1 | 2 | null;
  /** False: a crypto map that is on no interface of this file. */
  readonly inUse: boolean;
  /** `tunnel key`: what tells tunnels between the same two addresses apart. */
  readonly tunnelKey: string | null;
  readonly lifetimes: Lifetimes;
  /** `keepalive` or `dpd` of its own IKE profile. */
  readonly dpd: Evidence | null;
  /** Of its IKE SA; null: not said, the default. */
  readonly ikeLifetime: { readonly seconds: number; readonly line: Evidence } | null;
  /** A profile that it names and the file does not have. */
  readonly missing: readonly { readonly name: string; readonly line: Evidence }[];
}

export interface ConfigFacts {
  /** It begins as `show running-config` does, or has its `version`: what is absent is absent. */
  readonly whole: boolean;
  readonly hostname: string;
  readonly globals: readonly Statement[];
  readonly sections: readonly Section[];
  readonly peerings: readonly Peering[];
  /** Lines of an ASA. */
  readonly foreign: readonly Evidence[];
}

const DEFAULT_SECONDS = 3_600;
const DEFAULT_KILOBYTES = 4_608_000;
const ASA =
  /^crypto (?:ikev1 |ikev2 enable|ipsec ikev[12] |map \S+ (?:\d+ (?:set|match)|interface) |dynamic-map \S+ \d+ (?:set|match) )/;

export function readConfig(text: string): ConfigFacts {
  const { globals, sections } = readSections(text);
  const reader = new PeeringReader(globals, sections);
  return {
    whole: /^(?:Building configuration|Current configuration|version \d)/m.test(text),
    hostname: findLine(globals, /^hostname \S/)?.named[1] ?? 'this router',
    globals,
    sections,
    peerings: reader.peerings(),
    foreign: [...globals, ...sections.map(({ head }) => head)].filter(({ words }) => ASA.test(words.join(' '))),
  };
}

class PeeringReader {
  readonly #sections: readonly Section[];
  readonly #base: Lifetimes;

  constructor(globals: readonly Statement[], sections: readonly Section[]) {
    this.#sections = sections;
    const start = { seconds: DEFAULT_SECONDS, secondsLine: null, kilobytes: DEFAULT_KILOBYTES, kilobytesLine: null };
    this.#base = lifetimesOf(allLines(globals, /^crypto ipsec security-association lifetime /), start);
  }

  peerings(): Peering[] {
    return [...this.#maps(), ...this.#tunnels(), ...this.#ezvpn(), ...this.#gdoi()].sort(
      (a, b) => a.lines[0]!.line - b.lines[0]!.line,
    );
  }

  #of(begins: RegExp): Section[] {
    return this.#sections.filter(({ head }) => begins.test(head.words.join(' ')));
  }

  #maps(): Peering[] {
    return this.#of(/^crypto map \S+ \d+/)
      .filter(({ head }) => !ASA.test(head.words.join(' ')))
      .map((section) => {
        const { head, body } = section;
        const [, , name, number] = head.named;
        const applied = this.#of(/^interface /).flatMap(({ body: of }) =>
          of.filter(({ words, named }) => words.length === 3 && words[0] === 'crypto' && named[2] === name),
        );
        const dynamicAt = head.words.indexOf('dynamic');
        const peers = allLines(body, /^set peer \S/);
        const lines = [head, ...peers, ...applied];
        const common = { ...this.#profiled(section, lines), inUse: applied.length > 0 };
        const where = `crypto map ${name} ${number}`;
        if (dynamicAt > 0) {
          const entries = this.#of(/^crypto dynamic-map /).filter(({ head: of }) => of.named[2] === head.named[dynamicAt + 1]);
          const whole = { head, body: entries.flatMap(({ body: of }) => of) };
          const profiled = this.#profiled(whole, [...lines, ...entries.map(({ head: of }) => of)]);
          const absent = { name: `crypto dynamic-map ${head.named[dynamicAt + 1]}`, line: head };
          return {
            ...profiled,
            missing: [...(entries.length === 0 ? [absent] : []), ...profiled.missing],
            inUse: applied.length > 0,
            kind: 'dynamic crypto map',
            where,
            whyUnknown: null,
            peers: [],
          };
        }
        if (head.words.includes('ipsec-isakmp') && peers.length > 0)
          return { ...common, kind: 'static crypto map', where, whyUnknown: null, peers: peers.map(({ named }) => named[2]!) };
        const whyUnknown = head.words.includes('ipsec-isakmp')
          ? 'it has no set peer'
          : `a map that is ${head.words[4] ?? 'not ipsec-isakmp'} is in no row of the table`;
        return { ...common, kind: 'unknown', where, whyUnknown, peers: [] };
      });
  }

  #tunnels(): Peering[] {
    return this.#interfaces().flatMap((section) => {
      const { head, body } = section;
      const protection = findLine(body, /^tunnel protection ipsec (?:profile|policy) /);
      if (protection === null) return [];
      const mode = findLine(body, /^tunnel mode /);
      const destination = findLine(body, /^tunnel destination \S/);
      const maps = allLines(body, /^ip(?:v6)? nhrp (?:map (?!multicast)\S+ \S|nhs \S+ nbma )/);
      const dynamic = findLine(body, /^ip(?:v6)? nhrp map multicast dynamic/);
      const lines = [
        head,
        ...(mode ? [mode] : []),
        ...(destination ? [destination] : []),
        protection,
        ...maps,
        ...(dynamic ? [dynamic] : []),
      ];
      const common = { ...this.#profiled(section, lines), where: head.named.slice(1).join(' '), whyUnknown: null };
      const ends = destination === null ? [] : [destination.named[2]!];
      const words = mode?.words.slice(2).join(' ') ?? 'gre ip';
      const unknown = (whyUnknown: string): Peering[] => [{ ...common, kind: 'unknown', peers: ends, whyUnknown }];
      if (head.words[1]!.startsWith('virtual-template'))
        return unknown('a virtual template (dynamic VTI) is in no row of the table');
      if (/^ipsec\b/.test(words))
        return destination
          ? [{ ...common, kind: 'sVTI', peers: ends }]
          : unknown('a VTI without a tunnel destination is in no row of the table');
      if (/^gre multipoint/.test(words)) return multipoint(common, maps, dynamic, unknown);
      if (/^gre\b/.test(words))
        return destination
          ? [{ ...common, kind: 'point-to-point GRE with tunnel protection', peers: ends }]
          : unknown('GRE without a tunnel destination is in no row of the table');
      return unknown(`tunnel mode ${words} is in no row of the table`);
    });
  }

  /** Interfaces may be taken up again further down: one each, with all their lines. */
  #interfaces(): Section[] {
    const found = new Map<string, { head: Statement; body: Statement[] }>();
    for (const { head, body } of this.#of(/^interface /)) {
      const name = head.words
        .slice(1)
        .join('')
        .replace(/^tunnel|^tun?(?=\d)/, 'tunnel');
      const old = found.get(name);
      if (old) old.body.push(...body);
      else found.set(name, { head, body: [...body] });
    }
    return [...found.values()];
  }

  #ezvpn(): Peering[] {
    return this.#of(/^crypto ipsec client ezvpn /).map((section) => ({
      ...this.#profiled(section, [section.head]),
      kind: 'EzVPN client',
      where: `EzVPN client ${section.head.named[4]}`,
      whyUnknown: null,
      peers: allLines(section.body, /^peer \S/).map(({ named }) => named[1]!),
    }));
  }

  #gdoi(): Peering[] {
    return this.#of(/^crypto gdoi group /).map((section) => ({
      ...this.#profiled(section, [section.head]),
      kind: 'unknown',
      where: `GDOI group ${section.head.named[3]}`,
      whyUnknown: 'GET VPN is in no row of the table',
      peers: [],
    }));
  }

  /** What a map entry or the profile of a tunnel says of IKE and lifetimes. */
  #profiled({ body }: { readonly body: readonly Statement[] }, lines: readonly Statement[]) {
    const missing: { name: string; line: Evidence }[] = [];
    const find = (kind: string, named: Statement | null, at: number): readonly Statement[] => {
      const name = named?.named[at];
      if (name === undefined) return [];
      const found = this.#of(new RegExp(`^crypto ${kind} profile `)).find(({ head }) => head.named[3] === name);
      if (found === undefined) missing.push({ name: `crypto ${kind} profile ${name}`, line: named! });
      return found?.body ?? [];
    };
    const ipsec = [...body, ...find('ipsec', findLine(body, /^tunnel protection ipsec profile \S/), 4)];
    const two = findLine(ipsec, /^set ikev2-profile \S/);
    const isakmp = findLine(ipsec, /^set isakmp-profile \S/);
    const profile = two === null ? find('isakmp', isakmp, 2) : find('ikev2', two, 2);
    const lifetime = two === null ? null : findLine(profile, /^lifetime \d/);
    return {
      lines: lines.map(({ line, text }): Evidence => ({ line, text })),
      ike: two !== null ? (2 as const) : missing.some(({ name }) => name.startsWith('crypto ipsec')) ? null : (1 as const),
      inUse: true,
      tunnelKey: findLine(body, /^tunnel key \S/)?.words[2] ?? null,
      lifetimes: lifetimesOf(allLines(ipsec, /^set security-association lifetime /), this.#base),
      dpd: findLine(profile, two === null ? /^keepalive \d/ : /^dpd \d/),
      ikeLifetime:
        lifetime !== null ? { seconds: Number(lifetime.words[1]), line: lifetime } : two === null ? this.#policyLifetime() : null,
      missing,
    };
  }

  /** IKEv1: of the first policy, which is offered first. */
  #policyLifetime(): { seconds: number; line: Evidence } | null {
    const [first] = this.#of(/^crypto isakmp policy \d/).sort((a, b) => Number(a.head.words[3]) - Number(b.head.words[3]));
    const line = findLine(first?.body ?? [], /^lifetime \d/);
    return line === null ? null : { seconds: Number(line.words[1]), line };
  }
}

/** Maps on one side, registrations on the other: a tunnel that has both is both. */
function multipoint(
  common: Omit<Peering, 'kind' | 'peers'>,
  maps: readonly Statement[],
  dynamic: Statement | null,
  unknown: (why: string) => Peering[],
): Peering[] {
  const found: Peering[] = [];
  if (maps.length > 0) {
    const peers = maps.map(
      ({ words, named }) => named[words.indexOf('nbma') > 0 ? words.indexOf('nbma') + 1 : named.length - 1]!,
    );
    found.push({ ...common, kind: 'mGRE with tunnel protection, static NHRP map', peers: [...new Set(peers)] });
  }
  if (dynamic !== null) found.push({ ...common, kind: 'mGRE with tunnel protection, dynamic NHRP map', peers: [] });
  return found.length > 0 ? found : unknown('mGRE with neither a static NHRP map nor ip nhrp map multicast dynamic');
}

/** `… lifetime seconds 3600`, `… lifetime kilobytes 4608000`, `… lifetime kilobytes disable`; what is not said is inherited. */
function lifetimesOf(lines: readonly Statement[], inherited: Lifetimes): Lifetimes {
  let all = inherited;
  for (const line of lines) {
    const [unit, value] = line.words.slice(line.words.indexOf('lifetime') + 1);
    if (value === undefined) continue;
    const off = value === 'disable';
    if (!off && !/^\d{1,10}$/.test(value)) continue;
    if (unit === 'seconds' && !off) all = { ...all, seconds: Number(value), secondsLine: line };
    if (unit === 'kilobytes') all = { ...all, kilobytes: off ? null : Number(value), kilobytesLine: line };
  }
  return all;
}
