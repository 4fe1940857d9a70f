/** What Cisco IOS and IOS XE share: prompts, paging, refusals, grammar, parsers. Each platform adds its own to it. No I/O here. */
import type { CaptureRound } from '../../model/capture.ts';
import type { CaptureScope, Platform, PlatformDefinition } from '../platform.ts';
import { adviseLines } from './advise-lines.ts';
import { arming } from './arming.ts';
import { type CapturePlanVariant, capturePlan, SHOW_CLOCK, SHOW_DEBUGGING, SHOW_LOG_COUNTERS } from './capture-plan.ts';
import { parseClock } from './clock.ts';
import { parseCpu } from './cpu.ts';
import { parseDebugConditions } from './debug-condition.ts';
import { debugOffLines, debugOffOne, parseDebugging } from './debugging.ts';
import { evidence } from './evidence.ts';
import { grammar, spiWord } from './grammar.ts';
import { parseIpsecSas } from './ipsec-sa.ts';
import { parseLogCounters } from './log-counters.ts';
import { parseLogging } from './logging.ts';
import { parseLoggingLevels } from './logging-levels.ts';
import { parseLoggingSettings } from './logging-settings.ts';
import { parseMemory } from './memory.ts';
import { PREAMBLE } from './output-lines.ts';
import { parsePrivilege } from './privilege.ts';
import { parseSaCount } from './sa-count.ts';
import { parseOwnLocation } from './users.ts';
import { softwareIn } from './version.ts';
import { parseVtyLines } from './vty-lines.ts';

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\/-]/g, '\\$&');

/** IOS shows at most 20 characters of the host name in `(config…)` prompts. */
const HOST_IN_CONFIG_PROMPT = 20;

const definition: PlatformDefinition = {
  modes: {
    exec: { prompt: (host) => new RegExp(`^${escaped(host)}> ?$`) },
    enable: {
      prompt: (host) => new RegExp(`^${escaped(host)}# ?$`),
      enter: { from: 'exec', send: 'enable', asks: /^Password: ?$/i },
    },
    config: {
      prompt: (host) => new RegExp(`^${escaped(host.slice(0, HOST_IN_CONFIG_PROMPT))}\\(config[^()]{0,40}\\)# ?$`),
      enter: { from: 'enable', send: 'configure terminal' },
      leave: 'end',
    },
  },
  // R1>   hub-01.example.net#   HUB-stby#
  firstPrompt: /^(?<host>[A-Za-z0-9][\w.:/-]{0,62})[>#] ?$/,
  // AAA may refuse either: then the pager answers, and long lines come wrapped.
  onOpen: ['terminal length 0', 'terminal width 0'],
  pager: { shows: /^ ?(?:--More--|<--- More --->) ?$/, answer: ' ', quit: 'q' },
  interrupt: '\x03',
  preamble: [...PREAMBLE, /^\s*\^\s*$/],
  // *Oct 24 04:31:10.058: %CRYPTO-4-RECVD_PKT_INV_SPI: …      000051: Dec  2 12:09:25.719: %SYS-5-RESTART: …
  // *Mar 12 18:22:10.706: ISAKMP:(9577):deleting SA …         3d04h: %SYS-5-CONFIG_I: …
  logLine:
    /^\s*(?:<\d{1,3}>)?(?:\d{1,9}: )?(?:[*.]?[A-Z][a-z]{2} {1,2}\d{1,2} (?:\d{4} )?\d{2}:\d{2}:\d{2}|[*.]?\d{2}:\d{2}:\d{2}[.:]|\d+[ywdh]\d+[wdhm]: |%[A-Z][A-Z0-9_]*-(?:[A-Z0-9_]+-)?[0-7]-[A-Z0-9_]+: )/,
  refusals: [
    // % Invalid input detected at '^' marker.
    // % Incomplete command.
    // % Ambiguous command:  "show cry i"
    // % Unknown command or computer name, or unable to find computer address
    /^% ?(?:Invalid input|Incomplete command|Ambiguous command|Unknown command|Unrecognized command|Bad (?:IP address|mask)|Not supported|Error: )/i,
    // % Authorization failed.
    // Command authorization failed.
    // % Access denied
    /^(?:% ?)?(?:Command )?authorization failed/i,
    /^% ?(?:Access denied|Bad (?:secrets|passwords)|Error in authentication|No password set)/i,
  ],
  questions: [
    // Proceed with removal? [yes/no]:
    { asks: /\[yes\/no\](?:\[[^\]]*\])?: ?$/i, answer: 'no\r' },
    // Proceed? [confirm]      any key but Enter and y is a no
    { asks: /\[confirm\] ?$/i, answer: 'n' },
    { asks: /(?:\(y\/n\)|\[y\/n\])(?:\[[^\]]*\])? ?[:?]? ?$/i, answer: 'n\r' },
  ],
  noFreeLine: [
    /^% ?(?:All|No) (?:free |available )?(?:vty|lines?|connections?)/i,
    /^% ?(?:Too many|Maximum number of) (?:ssh |vty )?(?:sessions|connections|users)/i,
  ],
  logout: 'exit',
  grammar,
};

export function ciscoPlatform(name: string, variant: CapturePlanVariant): Platform {
  return {
    name,
    definition,
    capturePlan: (round: CaptureRound, scope: CaptureScope) => capturePlan(variant, round, scope),
    debugOff: { all: 'undebug all', one: debugOffOne, ones: debugOffLines },
    arming,
    check: { privilege: 'show privilege', users: 'show users', evidence: 'show ip interface brief' },
    advise: adviseLines,
    showDebugging: SHOW_DEBUGGING,
    showClock: SHOW_CLOCK,
    corroborate: (spiAsReceived) => {
      // Not an SPI: a pattern that matches no message, rather than text from a packet in a command.
      return `show logging | include ${spiWord(spiAsReceived) ?? 'INV_SPI-NOT-HEX'}`;
    },
    showLogging: 'show logging',
    software: softwareIn,
    logCounters: SHOW_LOG_COUNTERS,
    terminalMonitor: { on: 'terminal monitor', off: 'terminal no monitor', level: 'show logging | include Monitor logging' },
    evidence,
    parsers: {
      debugging: parseDebugging,
      clock: parseClock,
      saCount: parseSaCount,
      logging: parseLogging,
      logCounters: parseLogCounters,
      ipsecSas: parseIpsecSas,
      conditions: parseDebugConditions,
      privilege: parsePrivilege,
      ownLocation: parseOwnLocation,
      cpu: parseCpu,
      loggingLevels: parseLoggingLevels,
      loggingSettings: parseLoggingSettings,
      vtyLines: parseVtyLines,
      memory: parseMemory,
    },
  };
}
