/**
 * What a running configuration says about crypto: maps, profiles, tunnels, and the kind of each peering as in the table of Cisco 115801
 * ("does invalid SPI recovery work?"). Read by advise.ts; the rest of the router: router-points.ts.
 */
import { limits } from '../limits.ts';
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
  /** False: a crypto map that is on no interface of this file, or all that it is on is shut down. */
  readonly inUse: boolean;
  /** Of `inUse: false`: why. */
  readonly whyUnused: string;
  /** False: keys are entered, or come of a key server. */
  readonly negotiated: boolean;
  /** `tunnel key`: what tells tunnels between the same two addresses apart. */
  readonly tunnelKey: string | null;
  readonly lifetimes: Lifetimes;
  /** `keepalive` or `dpd` of its own IKE profile. */
  readonly dpd: Evidence | null;
  /** It names an IKE profile. */
  readonly ikeProfile: boolean;
  /** Of its IKE SA; null: not said, the default. */
  readonly ikeLifetime: { readonly seconds: number; readonly line: Evidence } | null;
  /** A profile that it names and the file does not have. */
  readonly missing: readonly { readonly name: string; readonly line: Evidence }[];
}

export interface ConfigFacts {
  /** It begins as `show running-config` does, or has its `version`: what is absent is absent. */
  readonly whole: boolean;
  /** It has the header and not the `end`. */
  readonly cut: boolean;
  /** `no crypto isakmp enable`; null: IKE is on. */
  readonly ikeOff: Evidence | null;
  readonly hostname: string;
  readonly globals: readonly Statement[];
  readonly sections: readonly Section[];
  readonly peerings: readonly Peering[];
  /** Beyond limits.advicePeeringsMax; not judged. */
  readonly peeringsLeft: number;
  /** Lines of an ASA. */
  readonly foreign: readonly Evidence[];
}

/** A map that is on more interfaces shows these. */
const APPLIED_MAX = 64;
/** Of a dynamic map; its entries seldom differ in what is judged. */
const ENTRIES_MAX = 32;
const DEFAULT_SECONDS = 3_600;
const DEFAULT_KILOBYTES = 4_608_000;
const ASA =
  /^crypto (?:ikev1 |ikev2 enable|ipsec ikev[12] |map \S+ (?:\d+ (?:set|match)|interface) |dynamic-map \S+ \d+ (?:set|match) )/;

export function readConfig(text: string): ConfigFacts {
  const { globals, sections } = readSections(text);
  const reader = new PeeringReader(globals, sections);
  const peerings = reader.peerings();
  const cut = /^Current configuration : \d/m.test(text) && !/^end\s*$/m.test(text);
  const enable = findLine(globals, /^(?:no )?crypto isakmp enable$/);
  return {
    whole: !cut && /^(?:Building configuration|Current configuration|version \d)/m.test(text),
    cut,
    ikeOff: enable !== null && enable.words[0] === 'no' ? enable : null,
    hostname: findLine(globals, /^hostname \S/)?.named[1] ?? 'this router',
    globals,
    sections,
    peerings: peerings.slice(0, limits.advicePeeringsMax),
    peeringsLeft: Math.max(0, peerings.length - limits.advicePeeringsMax),
    foreign: [...globals, ...sections.map(({ head }) => head)].filter(({ words }) => ASA.test(words.join(' '))),
  };
}

/** Section by name: the first of a name counts. */
const named = (sections: readonly Section[], at: number): ReadonlyMap<string, Section> =>
  new Map(sections.map((section) => [section.head.named[at] ?? '', section] as const).reverse());

const isShut = ({ body }: Pick<Section, 'body'>): boolean =>
  findLine(body, /^(?:no )?shut(?:d|do|dow|down)?$/)?.words[0]?.startsWith('shut') ?? false;

/** Lookups by name are made once: a hostile or huge file has 100,000 maps and as many interfaces. */
class PeeringReader {
  readonly #globals: readonly Statement[];
  readonly #sections: readonly Section[];
  readonly #base: Lifetimes;
  readonly #profiles: Readonly<Record<string, ReadonlyMap<string, Section>>>;
  readonly #applied = new Map<string, { line: Statement; shut: boolean }[]>();
  readonly #dynamic = new Map<string, Section[]>();
  /** `crypto map VPN isakmp-profile P`: of all its entries. */
  readonly #mapProfiles: ReadonlyMap<string, Statement>;
  readonly #ikeLifetime: { seconds: number; line: Evidence } | null;

  constructor(globals: readonly Statement[], sections: readonly Section[]) {
    this.#globals = globals;
    this.#sections = sections;
    this.#profiles = Object.fromEntries(
      ['ipsec', 'isakmp', 'ikev2'].map((kind) => [kind, named(this.#of(new RegExp(`^crypto ${kind} profile `)), 3)]),
    );
    for (const section of this.#interfaces())
      for (const line of section.body)
        if (line.words[0] === 'crypto' && line.words[1] === 'map') {
          const name = line.named[2] ?? '';
          this.#applied.set(name, [...(this.#applied.get(name) ?? []), { line, shut: isShut(section) }].slice(0, APPLIED_MAX));
        }
    for (const section of this.#of(/^crypto dynamic-map /)) {
      const name = section.head.named[2] ?? '';
      const old = this.#dynamic.get(name);
      if (old && old.length < ENTRIES_MAX) old.push(section);
      else if (!old) this.#dynamic.set(name, [section]);
    }
    this.#mapProfiles = new Map(
      allLines(this.#globals, /^crypto map \S+ isakmp-profile \S/).map((line) => [line.named[2]!, line] as const),
    );
    this.#ikeLifetime = this.#policyLifetime();
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
        const applied = this.#applied.get(name!) ?? [];
        // `dynamic` may be the name of a map too.
        const dynamicAt = head.words.indexOf('dynamic', 4);
        const peers = allLines(body, /^set peer \S/);
        const lines = [head, ...peers, ...applied.map(({ line }) => line)];
        const use = {
          inUse: applied.some(({ shut }) => !shut),
          whyUnused: applied.length === 0 ? 'on no interface of this file' : 'on interfaces that are shut down',
          negotiated: head.words.includes('ipsec-isakmp'),
        };
        const common = { ...this.#profiled(section, lines, this.#mapProfiles.get(name!)), ...use };
        const where = `crypto map ${name} ${number}`;
        if (dynamicAt > 0) {
          const entries = this.#dynamic.get(head.named[dynamicAt + 1] ?? '') ?? [];
          const whole = { head, body: entries.flatMap(({ body: of }) => of) };
          const profiled = this.#profiled(whole, [...lines, ...entries.map(({ head: of }) => of)], this.#mapProfiles.get(name!));
          const absent = { name: `crypto dynamic-map ${head.named[dynamicAt + 1]}`, line: head };
          return {
            ...profiled,
            missing: [...(entries.length === 0 ? [absent] : []), ...profiled.missing],
            ...use,
            kind: 'dynamic crypto map',
            where,
            whyUnknown: null,
            peers: [],
          };
        }
        const isIsakmp = head.words.includes('ipsec-isakmp');
        const isMatched = findLine(body, /^match address \S/) !== null;
        if (isIsakmp && peers.length > 0 && isMatched)
          return { ...common, kind: 'static crypto map', where, whyUnknown: null, peers: peers.map(({ named }) => named[2]!) };
        const whyUnknown = isIsakmp
          ? `it has no ${peers.length === 0 ? 'set peer' : 'match address'}: IOS keeps such an entry disabled`
          : `a map that is ${head.words[4] ?? 'not ipsec-isakmp'} is in no row of the table`;
        return { ...common, kind: 'unknown', where, whyUnknown, peers: peers.map(({ named: of }) => of[2]!) };
      });
  }

  #tunnels(): Peering[] {
    return this.#interfaces().flatMap((section) => {
      const { head, body } = section;
      const protection = findLine(body, /^tunnel protection ipsec (?:profile|policy) /);
      if (protection === null) return [];
      const mode = findLine(body, /^tunnel mode /);
      const destination = findLine(body, /^tunnel destination \S/);
      const maps = allLines(body, /^ip(?:v6)? nhrp (?:map (?:\d+\.|[0-9a-f]*:)\S* \S|nhs \S+ nbma )/);
      const dynamic = findLine(body, /^ip(?:v6)? nhrp map multicast dynamic/);
      const lines = [
        head,
        ...(mode ? [mode] : []),
        ...(destination ? [destination] : []),
        protection,
        ...maps,
        ...(dynamic ? [dynamic] : []),
      ];
      const common = {
        ...this.#profiled(section, lines),
        where: head.named.slice(1).join(' '),
        whyUnknown: null,
        inUse: !isShut(section),
        whyUnused: 'shut down',
      };
      // `tunnel destination dynamic`: FlexVPN's client takes it of its peers.
      const isDynamic = destination?.words[2] === 'dynamic';
      const ends = destination === null || isDynamic ? [] : [destination.named[2]!];
      const words = mode?.words.slice(2).join(' ') ?? 'gre ip';
      const unknown = (whyUnknown: string): Peering[] => [{ ...common, kind: 'unknown', peers: ends, whyUnknown }];
      if (head.words[1]!.startsWith('virtual-template'))
        return unknown('a virtual template (dynamic VTI) is in no row of the table');
      if (isDynamic) return unknown('a tunnel whose destination is dynamic (FlexVPN client) is in no row of the table');
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
      // Not spread: a body may have a million lines.
      if (old) for (const line of body) old.body.push(line);
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
    return this.#of(/^crypto (?:gdoi|gkm) group /).map((section) => ({
      ...this.#profiled(section, [section.head]),
      kind: 'unknown',
      where: `GDOI group ${section.head.named[3]}`,
      whyUnknown: 'GET VPN is in no row of the table',
      negotiated: false,
      peers: [],
    }));
  }

  /** What a map entry or the profile of a tunnel says of IKE and lifetimes. */
  #profiled({ body }: { readonly body: readonly Statement[] }, lines: readonly Statement[], ofMap?: Statement) {
    const missing: { name: string; line: Evidence }[] = [];
    const find = (kind: string, named: Statement | null, at: number): readonly Statement[] => {
      const name = named?.named[at];
      if (name === undefined) return [];
      const found = this.#profiles[kind]?.get(name);
      if (found === undefined) missing.push({ name: `crypto ${kind} profile ${name}`, line: named! });
      return found?.body ?? [];
    };
    const protection = findLine(body, /^tunnel protection ipsec profile \S/);
    const ipsec = [...body, ...find('ipsec', protection, 4)];
    // IOS XE takes the IKE profile of a tunnel on its own line too, which goes before the profile's.
    const own = (kind: string): [Statement, number] | null => {
      const at = protection?.words.indexOf(kind, 5) ?? -1;
      return at < 0 ? null : [protection!, at + 1];
    };
    const said = (kind: string, line: Statement | null): [Statement, number] | null =>
      own(kind) ?? (line === null ? null : [line, 2]);
    const two = said('ikev2-profile', findLine(ipsec, /^set ikev2-profile \S/));
    const one = said('isakmp-profile', findLine(ipsec, /^set isakmp-profile \S/)) ?? (ofMap === undefined ? null : [ofMap, 4]);
    const profile = two === null ? find('isakmp', one?.[0] ?? null, one?.[1] ?? 0) : find('ikev2', ...two);
    const lifetime = two === null ? null : findLine(profile, /^lifetime \d/);
    return {
      lines: lines.map(({ line, text }): Evidence => ({ line, text })),
      ike: two !== null ? (2 as const) : missing.some(({ name }) => name.startsWith('crypto ipsec')) ? null : (1 as const),
      inUse: true,
      whyUnused: '',
      negotiated: true,
      tunnelKey: findLine(body, /^tunnel key \S/)?.words[2] ?? null,
      lifetimes: lifetimesOf(allLines(ipsec, /^set security-association lifetime /), this.#base),
      dpd: findLine(profile, two === null ? /^keepalive \d/ : /^dpd \d/),
      ikeProfile: two !== null || one !== null,
      ikeLifetime:
        lifetime !== null ? { seconds: Number(lifetime.words[1]), line: lifetime } : two === null ? this.#ikeLifetime : null,
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
    if (unit === 'days' && !off) all = { ...all, seconds: Number(value) * 86_400, secondsLine: line };
    if (unit === 'seconds' && !off) all = { ...all, seconds: Number(value), secondsLine: line };
    if (unit === 'kilobytes') all = { ...all, kilobytes: off ? null : Number(value), kilobytesLine: line };
  }
  return all;
}
