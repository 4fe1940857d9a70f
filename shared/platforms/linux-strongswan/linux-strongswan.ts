/**
 * Linux gateways with strongSwan (charon, swanctl), as the device room, the captures and the sources need them: a shell, over SSH or on
 * this host, and whole lines alone (lines.ts). No I/O here. What is asked of the host: docs/linux.md.
 */
import { canonicalAddress } from '../../model/address.ts';
import type { Flow } from '../../model/flow.ts';
import type { Parser, Platform, PlatformDefinition } from '../platform.ts';
import { arming } from './arming.ts';
import { capturePlan } from './capture-plan.ts';
import { parseClock } from './clock.ts';
import { DEBUG_LEVELS, parseDebugLevels } from './debug-levels.ts';
import { evidence } from './evidence.ts';
import { grammar } from './grammar.ts';
import * as lines from './lines.ts';
import { parseIkeSas, parseIpsecSas } from './list-sas.ts';
import { parseCpu, parseMemory } from './load.ts';
import { PLUGIN_NOISE } from './output-lines.ts';
import { parseSpiSets } from './spi-sets.ts';
import { noUnknownSpi, readUnknownSpi, unknownSpiAnchors } from './unknown-spi.ts';
import { parseXfrmState } from './xfrm.ts';

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\/-]/g, '\\$&');
const NEVER = /(?!)/;

const definition: PlatformDefinition = {
  modes: {
    exec: { prompt: () => NEVER },
    // The user's own prompt: what each line may do is sudo's business, a line at a time.
    enable: { prompt: (host) => new RegExp(`^${escaped(host)}[$#%>] ?$`) },
    config: { prompt: () => NEVER },
  },
  // spitrap@hub1:~$    [spitrap@hub1 ~]$    bash-5.2$    hub1#
  firstPrompt: /^(?<host>\[?[A-Za-z0-9][\w.@:/~ -]{0,100}\]?)[$#%>] ?$/,
  // spitrap@hub1:~          [spitrap@hub1 ~]
  hostIn: /@(?<name>[\w.-]+)/,
  onOpen: [lines.LOCALE],
  // Nothing here pages; journalctl and systemctl, which do, are no lines of the grammar.
  pager: { shows: NEVER, answer: ' ', quit: 'q' },
  interrupt: '\x03',
  preamble: [PLUGIN_NOISE],
  // 2026-11-22T08:31:41 13[IKE] CHILD_SA net{1} established …         charon's log, while it is followed on this session
  logLine: /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{3,6})? \d{2}\[[A-Z]{3}\] /,
  refusals: [
    // sudo: a password is required                                    no rule for this line
    // Sorry, user spitrap is not allowed to execute '/usr/sbin/swanctl --stats' as root on hub1.
    /^(?:sudo: |Sorry, user )/,
    // bash: sudo: command not found        -bash: swanctl: Permission denied        sh: 1: nft: not found
    /^-?(?:ba|da|z|k)?sh: /,
    // stat: cannot statx '/var/log/charon-spitrap.log': No such file or directory
    // tail: cannot open '/var/log/charon-spitrap.log' for reading: Permission denied
    /^(?:stat|tail|cat|readlink|head): /,
    // connecting to 'unix:///var/run/charon.vici' failed: No such file or directory
    // Error: connecting to 'default' URI failed: Permission denied
    /^(?:Error: )?connecting to .{1,200} failed\b/,
    // Error: No such file or directory                                nft: there is no table of that name
    /^Error: /,
    // This account is currently not available.
    /^This account is currently not available/,
  ],
  questions: [],
  noFreeLine: [/^This account is currently not available/],
  logout: lines.LOGOUT,
  grammar,
};

const sameFlow = (a: Flow, b: Flow): boolean => a.src === b.src && a.dst === b.dst && a.spi === b.spi;

const nothingSaid =
  <T>(value: T): Parser<T> =>
  () => ({ value, unread: [] });

//     (root) NOPASSWD: /usr/sbin/swanctl --reload-settings
const RULES = [/NOPASSWD: .*swanctl --reload-settings/, /NOPASSWD: .*ln -sfn off\.levels/];
const EVERYTHING = /NOPASSWD: ALL/;
// User root may run the following commands on hub1:               whom sudo asks for no password
//     (ALL : ALL) ALL
const ROOT = /^User root may run [^\n]*:\n\s+\(ALL(?: : ALL)?\) ALL$/m;

export const linuxStrongswan: Platform = {
  name: 'linux-strongswan',
  definition,
  capturePlan: (round) => capturePlan(round),
  debugOff: {
    all: lines.DEBUGS_OFF,
    one: (flag) => (flag.text === DEBUG_LEVELS.text ? lines.DEBUGS_OFF : null),
    ones: [lines.DEBUGS_OFF],
  },
  arming,
  check: {
    privilege: lines.SUDO_RULES,
    users: lines.OWN_LOCATION,
    evidence: lines.LIST_CONNS,
    remedy:
      "docs/linux.md, “What stands on the gateway”: sudo's rules, charon's log and its levels, the table, and charon itself",
  },
  advise: [],
  showDebugging: lines.SHOW_DEBUGS,
  showClock: lines.SHOW_CLOCK,
  // One line for every SPI: the set has all that came within five minutes.
  corroborate: () => lines.SPI_SETS,
  bearsOut: (output, flow) => parseSpiSets(output).value?.some(({ flow: seen }) => sameFlow(seen, flow)) ?? false,
  showLogging: lines.SHOW_LOG,
  // charon-systemd 5.9.8 (Linux 6.1.0-26-amd64, x86_64)
  software: (command, output) => {
    const version = command === lines.DAEMON_VERSION ? /\bcharon\S{0,20} (\d[\w.]{0,20})/.exec(output)?.[1] : undefined;
    return version === undefined ? null : `strongSwan ${version}`;
  },
  logCounters: lines.LOG_SIZE,
  terminalMonitor: { on: lines.FOLLOW_LOG, off: lines.UNFOLLOW_LOG, level: lines.LOG_SIZE },
  spiWatch: {
    seen: { command: lines.SPI_SETS, parse: parseSpiSets },
    known: [
      {
        command: lines.LIST_SAS,
        parse: (output) => {
          const { value, unread } = parseIkeSas(output);
          const spis = value?.flatMap((sa) => sa.children.flatMap((child) => child.spiIn ?? []));
          return { value: spis ?? null, unread };
        },
      },
      {
        command: lines.XFRM_STATE,
        parse: (output) => {
          const { value, unread } = parseXfrmState(output);
          return { value: unread.length > 0 ? null : value.map((state) => state.spi), unread };
        },
      },
    ],
  },
  evidence,
  unknownSpi: { anchors: unknownSpiAnchors, start: noUnknownSpi, read: readUnknownSpi },
  parsers: {
    debugging: parseDebugLevels,
    clock: parseClock,
    saCount: (output) => {
      const { value, unread } = parseIkeSas(output);
      return { value: value?.length ?? null, unread };
    },
    // Its own buffer is a file that anything may turn: absence from it proves nothing.
    logging: (output) => ({
      value: { bufferLevel: null, monitorLevel: 0, lines: output.split('\n').filter((line) => line !== '') },
      unread: [],
    }),
    logCounters: nothingSaid(null),
    ipsecSas: parseIpsecSas,
    conditions: nothingSaid({ conditional: false, unmatched: {}, filters: [] }),
    privilege: (output) => ({
      value: EVERYTHING.test(output) || ROOT.test(output) || RULES.every((rule) => rule.test(output)) ? 15 : null,
      unread: [],
    }),
    // 198.51.100.9 51234 198.51.100.1 22          local
    ownLocation: (output) => ({ value: canonicalAddress(/^(\S+) \d+ \S+ \d+$/m.exec(output.trim())?.[1] ?? ''), unread: [] }),
    cpu: parseCpu,
    loggingLevels: nothingSaid({ console: null, monitor: null, buffer: null, trap: null, hosts: [] }),
    loggingSettings: nothingSaid({ msecStamps: null, sequenceNumbers: null, rateLimited: null }),
    vtyLines: nothingSaid(null),
    memory: parseMemory,
  },
};
