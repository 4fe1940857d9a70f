/**
 * What else of a router's configuration its applets live by: SNMP, logging, addresses, AAA, VTY lines, debugs typed beside them. Fed a
 * statement at a time by read-config.ts. IOS "SNMP Configuration Guide", "System Message Logging".
 */
import { canonicalAddress } from '../model/address.ts';
import type { EemConfig, Line, RouterInterface, Setting, SnmpHost } from './applet.ts';
import { type Statement, statementText } from './statement.ts';

/** `taken`: read, and in the facts with its line; `foreign`: another matter, or without weight here; `unread`: ours, and not understood. */
export type Taken = 'taken' | 'foreign' | 'unread';

type RouterFacts = Omit<EemConfig, 'lines' | 'linesNotRead' | 'applets' | 'environment' | 'unread' | 'foreign'>;

interface OpenInterface {
  readonly name: string;
  readonly addresses: string[];
  isCrypto: boolean;
  tunnelSource: string | null;
}

/** Of `snmp-server`, known and without weight for an applet. */
const SNMP_QUIET =
  /^(?:location|contact|chassis-id|ifindex|view|group|user|engineID|packetsize|queue-length|trap-timeout|tftp-server-list|cache|context|ip|drop|file-transfer|inform|queue-limit|source-interface|system-shutdown|enable traps)\b/i;
const LOGGING_QUIET =
  /^(?:buffered|monitor|facility|source-interface|origin-id|on|queue-limit|count|userinfo|event|history|persistent|exception|rate-limit|reload|synchronous|discriminator|message-counter|delimiter|esm|filter|dmvpn|snmp-authfail|snmp-trap|alarm|cns-events|size|buginf|smartlog|file)\b/i;
export class RouterReader {
  sessionUser: Setting<string> = null;
  #hostname: string | null = null;
  #sawInterface = false;
  #vtyLines: number | null = null;
  #manager: Setting<boolean> = null;
  #trapsEnabled: Setting<boolean> = null;
  #trapSource: Setting<string> = null;
  #console: Setting<string> = null;
  #trapLevel: Setting<string> = null;
  #stamps: Setting<string> = null;
  #aaa: Setting<boolean> = null;
  readonly #hosts: SnmpHost[] = [];
  readonly #communities: Setting<string>[] = [];
  readonly #loggingHosts: Setting<string>[] = [];
  readonly #interfaces: OpenInterface[] = [];
  readonly #tunnelPeers = new Set<string>();
  readonly #debugs: Line[] = [];
  readonly #conditions: Line[] = [];
  #open: OpenInterface | null = null;

  facts(): RouterFacts {
    const sources = new Set(this.#interfaces.flatMap(({ tunnelSource }) => (tunnelSource === null ? [] : [tunnelSource])));
    const interfaces = this.#interfaces.map(
      ({ name, addresses, isCrypto, tunnelSource }): RouterInterface => ({
        name,
        addresses,
        isCrypto: isCrypto || sources.has(name),
        tunnelSource,
      }),
    );
    return {
      isWhole: this.#sawInterface,
      hostname: this.#hostname,
      sessionUser: this.sessionUser,
      snmpHosts: this.#hosts,
      snmpCommunities: this.#communities,
      trapsEnabled: this.#trapsEnabled,
      manager: this.#manager,
      trapSource: this.#trapSource,
      loggingConsole: this.#console,
      loggingTrap: this.#trapLevel,
      loggingHosts: this.#loggingHosts,
      debugStamps: this.#stamps,
      aaaAuthorization: this.#aaa,
      vtyLines: this.#vtyLines,
      interfaces,
      tunnelPeers: [...this.#tunnelPeers],
      debugs: this.#debugs,
      conditions: this.#conditions,
    };
  }

  /** `exit`, `end`: no interface any more. */
  leave(): void {
    this.#open = null;
  }

  take(statement: Statement): Taken {
    const all = statement.words.map(({ text }) => text);
    const isNo = all[0]?.toLowerCase() === 'no';
    const words = isNo ? all.slice(1) : all;
    const line: Line = { line: statement.line, text: statementText(statement) };
    const rest = words.slice(1).join(' ');
    switch (words[0]?.toLowerCase()) {
      case 'hostname':
        if (!isNo && words[1] !== undefined) this.#hostname = words[1];
        return 'foreign';
      case 'interface':
        return this.#interface(words, isNo);
      case 'snmp-server':
        return this.#snmp(words, rest, line, isNo);
      case 'logging':
        return this.#logging(words, rest, line, isNo);
      case 'service':
        if (/^timestamps debug\b/i.test(rest) && !isNo) this.#stamps = { ...line, value: rest };
        return 'foreign';
      case 'aaa':
        if (/^authorization (?:commands|exec|config-commands)\b/i.test(rest) && !isNo) this.#aaa = { ...line, value: true };
        return 'foreign';
      case 'line':
        return this.#line(words);
      case 'debug':
        (/^crypto condition\b/i.test(rest) ? this.#conditions : this.#debugs).push(line);
        return 'taken';
      case 'version':
        return 'foreign';
      default:
        return this.#other(words);
    }
  }

  #interface(words: readonly string[], isNo: boolean): Taken {
    this.#open = null;
    if (isNo || words[1] === undefined) return 'foreign';
    this.#sawInterface = true;
    this.#open = { name: words.slice(1).join(''), addresses: [], isCrypto: false, tunnelSource: null };
    this.#interfaces.push(this.#open);
    return 'foreign';
  }

  #line(words: readonly string[]): Taken {
    this.#open = null;
    this.#sawInterface = true;
    const [first, last] = [Number(words[2]), Number(words[3] ?? words[2])];
    if (words[1]?.toLowerCase() === 'vty' && Number.isInteger(first) && Number.isInteger(last) && last >= first && last < 10_000)
      this.#vtyLines = (this.#vtyLines ?? 0) + last - first + 1;
    return 'foreign';
  }

  #snmp(words: readonly string[], rest: string, line: Line, isNo: boolean): Taken {
    const value = !isNo;
    if (/^manager$/i.test(rest)) this.#manager = { ...line, value };
    else if (/^enable traps(?: event-manager)?$/i.test(rest)) this.#trapsEnabled = { ...line, value };
    else if (/^trap-source /i.test(rest)) this.#trapSource = { ...line, value: words.slice(2).join('') };
    else if (/^source-interface (?:traps|informs) /i.test(rest)) this.#trapSource = { ...line, value: words.slice(3).join('') };
    else if (/^community \S+/i.test(rest)) this.#communities.push({ ...line, value: words[2]! });
    else if (/^host /i.test(rest)) {
      if (isNo) return this.#noHost(words[2]);
      const host = snmpHost(words.slice(2), line);
      if (host === null) return 'unread';
      this.#hosts.push(host);
    } else return SNMP_QUIET.test(rest) || /^manager /i.test(rest) ? 'foreign' : 'unread';
    return 'taken';
  }

  /** What a paste takes away first is not overwritten. */
  #noHost(address: string | undefined): Taken {
    for (let at = this.#hosts.length - 1; at >= 0; at -= 1) if (this.#hosts[at]!.address === address) this.#hosts.splice(at, 1);
    return 'foreign';
  }

  #logging(words: readonly string[], rest: string, line: Line, isNo: boolean): Taken {
    if (/^console\b/i.test(rest)) this.#console = { ...line, value: isNo ? 'off' : levelIn(words) };
    else if (/^trap\b/i.test(rest)) this.#trapLevel = { ...line, value: isNo ? 'off' : levelIn(words) };
    else if (/^host \S+/i.test(rest)) this.#loggingHosts.push({ ...line, value: words[2]! });
    else if (words[1] !== undefined && isAddress(words[1])) this.#loggingHosts.push({ ...line, value: words[1] });
    else return LOGGING_QUIET.test(rest) ? 'foreign' : 'unread';
    return 'taken';
  }

  #other(words: readonly string[]): Taken {
    const said = words.join(' ').toLowerCase();
    const address = words.find((word) => isAddress(word));
    if (this.#open !== null) {
      if (/^ip(?:v6)? address /.test(said)) {
        // IPv6 has its prefix length in the same word.
        const found = address ?? words[2]?.split('/')[0];
        if (found !== undefined && isAddress(found)) this.#open.addresses.push(found);
      } else if (/^standby \d+ ip /.test(said) && address !== undefined) this.#open.addresses.push(address);
      else if (/^crypto map /.test(said)) this.#open.isCrypto = true;
      else if (/^tunnel source /.test(said)) this.#open.tunnelSource = words.slice(2).join('');
    }
    if (/^(?:set peer|tunnel destination) /.test(said) && address !== undefined) this.#tunnelPeers.add(address);
    return 'foreign';
  }
}

const isAddress = (text: string): boolean => canonicalAddress(text) !== null;

const LEVELS = ['emergencies', 'alerts', 'critical', 'errors', 'warnings', 'notifications', 'informational', 'debugging'];

/** `logging console warnings`, `logging trap 6`; without a level it is the lowest (console) or informational (trap). */
function levelIn(words: readonly string[]): string {
  const found = words.slice(2).find((word) => LEVELS.includes(word.toLowerCase()) || /^[0-7]$/.test(word));
  if (found === undefined) return words[1]!.toLowerCase() === 'trap' ? 'informational' : 'debugging';
  return /^\d$/.test(found) ? LEVELS[Number(found)]! : found.toLowerCase();
}

//   snmp-server host 11.1.1.3 public event-manager
//   snmp-server host 11.1.1.3 vrf X informs version 3 priv user udp-port 10162 event-manager
function snmpHost(words: readonly string[], line: Line): SnmpHost | null {
  const [address, ...rest] = words;
  if (address === undefined) return null;
  let vrf: string | null = null;
  let isInform = false;
  let version: SnmpHost['version'] = null;
  let port = 162;
  const left: string[] = [];
  for (let at = 0; at < rest.length; at += 1) {
    const word = rest[at]!.toLowerCase();
    const value = rest[at + 1];
    if (word === 'vrf' && value !== undefined) {
      vrf = value;
      at += 1;
    } else if (word === 'udp-port' && value !== undefined && /^\d{1,5}$/.test(value)) {
      port = Number(value);
      at += 1;
    } else if (left.length === 0 && word === 'version' && (value === '1' || value === '2c' || value === '3')) {
      version = value;
      at += version === '3' && /^(?:auth|noauth|priv)$/i.test(rest[at + 2] ?? '') ? 2 : 1;
    } else if (left.length === 0 && (word === 'informs' || word === 'traps')) isInform = word === 'informs';
    else left.push(rest[at]!);
  }
  const [community, ...types] = left;
  if (community === undefined) return null;
  return { ...line, address, vrf, isInform, version, community, port, types: types.map((type) => type.toLowerCase()) };
}
