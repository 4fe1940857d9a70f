/**
 * What there is to say about the rest of a router: logging, stamps, time, VTY lines, EEM and SNMP, as an agent or an applet needs them
 * (docs/router.md, docs/eem.md). Of an excerpt only lines that are there are judged. Called by advise.ts.
 */
import type { ConfigFacts } from './facts.ts';
import { allLines, findLine, numberIn, type Statement } from './statements.ts';
import { type Advice, advice } from './words.ts';

const LEVELS = ['emergencies', 'alerts', 'critical', 'errors', 'warnings', 'notifications', 'informational', 'debugging'];
const DEBUGGING = 7;
const INFORMATIONAL = 6;
/** Less than an incident's debugs take in a minute. */
const BUFFER_BYTES_SMALL = 100_000;
/** Five are IOS's own; EEM wants three, an agent two and a third for a moment, two are left to people. */
const VTYS_ENOUGH = 8;

export function routerPoints(facts: ConfigFacts): Advice[] {
  return [
    ...(facts.whole
      ? []
      : [
          advice(
            'excerpt',
            facts.cut
              ? 'this is a part of a configuration: it has the header and does not come to end'
              : 'this is an excerpt: it has neither the header of show running-config nor version',
            'Logging, stamps, time, VTY lines, EEM and SNMP are judged only by lines that are there.',
          ),
        ]),
    ...consolePoint(facts),
    ...loggingPoints(facts),
    ...stampPoints(facts),
    ...(facts.whole && findLine(facts.globals, /^s?ntp (?:server|peer|master)\b/) === null
      ? [
          advice(
            'no-ntp',
            'no time server',
            'The stamps of both ends can not be put in order; IOS marks them * or . then.',
            [],
            ['ntp server <address of a time server>'],
          ),
        ]
      : []),
    ...vtyPoints(facts),
    ...eemPoints(facts),
    ...snmpPoints(facts),
  ];
}

const off = (line: Statement | null): boolean => line?.words[0] === 'no';
const list = (line: Statement | null): Statement[] => (line === null ? [] : [line]);

function levelOf(line: Statement, preset: number): number {
  const word = line.words.slice(2).find((each) => /^[0-7]$/.test(each) || LEVELS.includes(each));
  return word === undefined ? preset : /^\d$/.test(word) ? Number(word) : LEVELS.indexOf(word);
}

function consolePoint({ globals, whole }: ConfigFacts): Advice[] {
  const line = findLine(globals, /^(?:no )?logging console\b/);
  if (line === null && !whole) return [];
  if (line !== null && (off(line) || levelOf(line, DEBUGGING) < DEBUGGING))
    return [
      advice('console-quiet', 'debugs do not go to the console', 'Debug output to a serial console can hang a router.', [line]),
    ];
  return [
    advice(
      'console-debugs',
      `debugs go to the console${line === null ? ', the default' : ''}`,
      'Debug output to a serial console of 9600 baud can hang the router: before anything is armed.',
      list(line),
      ['no logging console'],
    ),
  ];
}

function loggingPoints({ globals, whole }: ConfigFacts): Advice[] {
  const trap = findLine(globals, /^(?:no )?logging trap\b/);
  const trapLow = trap === null ? whole : off(trap) || levelOf(trap, INFORMATIONAL) < DEBUGGING;
  const buffer = findLine(globals, /^(?:no )?logging buffered\b/);
  const bytes = numberIn(buffer, / (\d{4,10})\b/) ?? 4_096;
  const small = buffer === null ? whole : off(buffer) || bytes < BUFFER_BYTES_SMALL;
  const hosts = allLines(globals, /^logging (?:host \S|(?:\d+\.){3}\d)/);
  const limit = findLine(globals, /^(?:no )?logging rate-limit (?!console)/);
  return [
    ...(trapLow
      ? [
          advice(
            'trap-level',
            `debugs do not reach the syslog host${trap === null ? ': the default level is informational' : ''}`,
            'At informational the message itself is sent, and not one debug.',
            list(trap),
            ['logging trap debugging'],
          ),
        ]
      : []),
    ...(whole && hosts.length === 0
      ? [
          advice(
            'no-logging-host',
            'no syslog host',
            'What led to the message is then in the buffer alone, and rolls over.',
            [],
            ['logging host <address of the agent or of a syslog server>'],
          ),
        ]
      : []),
    ...(small
      ? [
          advice(
            'buffer-small',
            buffer === null || off(buffer) ? 'no logging buffer is set' : `the logging buffer has ${bytes} bytes`,
            'The buffer is what an agent looks a message up in when it came by UDP; a minute of debugs fills a small one. A new size empties it.',
            list(buffer),
            ['logging buffered 1000000'],
          ),
        ]
      : []),
    ...(limit !== null && !off(limit)
      ? [
          advice(
            'rate-limited',
            'messages are rate-limited',
            'Debugs are dropped first, and silently but for a counter.',
            [limit],
            ['no logging rate-limit'],
          ),
        ]
      : []),
  ];
}

function stampPoints({ globals, whole }: ConfigFacts): Advice[] {
  const points = (['debug', 'log'] as const).flatMap((what) => {
    const line = findLine(globals, new RegExp(`^(?:no )?service timestamps(?: ${what}|$)`));
    if (line === null && !whole) return [];
    if (line !== null && !off(line) && /\bdatetime\b.*\bmsec\b/.test(line.words.join(' '))) return [];
    return [
      advice(
        `${what}-stamps`,
        `${what === 'debug' ? 'debugs' : 'messages'} have no stamp of date and milliseconds`,
        'Which came first, at which end, is told by milliseconds.',
        list(line),
        [`service timestamps ${what} datetime msec`],
      ),
    ];
  });
  const numbers = findLine(globals, /^(?:no )?service sequence-numbers/);
  const unnumbered = numbers === null ? whole : off(numbers);
  return [
    ...points,
    ...(unnumbered
      ? [
          advice('sequence-numbers', 'lines have no sequence numbers', 'A line that never came goes unnoticed.', list(numbers), [
            'service sequence-numbers',
          ]),
        ]
      : []),
  ];
}

function vtyPoints({ sections }: ConfigFacts): Advice[] {
  const vtys = sections.filter(({ head }) => /^line vty \d/.test(head.words.join(' ')));
  if (vtys.length === 0) return [];
  const heads = vtys.map(({ head }) => head);
  const count = 1 + heads.reduce((most, { words }) => Math.max(most, Number(words[3] ?? words[2])), 0);
  const never = vtys.flatMap(({ head, body }) => {
    const line = findLine(body, /^(?:exec-timeout \d|no exec-timeout)/);
    return line !== null && /^(?:exec-timeout 0(?: 0)?|no exec-timeout)$/.test(line.words.join(' ')) ? [{ head, line }] : [];
  });
  return [
    ...(count < VTYS_ENOUGH
      ? [
          advice(
            'vty-lines',
            `${count} VTY lines`,
            'An agent holds two and takes a third for a moment, EEM wants three that are free, people want two. Give the new ones what the old ones have (transport, login, access-class).',
            heads,
            [`line vty ${count} 15`, ' transport input ssh'],
          ),
        ]
      : []),
    ...(never.length > 0
      ? [
          advice(
            'vty-never-times-out',
            'sessions on VTY lines never time out',
            'A session that was left holds a line for ever, and lines are few.',
            never.map(({ line }) => line),
            never.flatMap(({ head }) => [head.words.join(' '), ' exec-timeout 10 0']),
          ),
        ]
      : []),
  ];
}

/** The message, or the notification of the other end. */
const OURS = /inv_spi|1\.3\.6\.1\.4\.1\.9\.10\.(?:91|134)\.1\.2\.3/;

function eemPoints({ globals, sections, whole }: ConfigFacts): Advice[] {
  const applets = sections.filter(({ head }) => head.words[1] === 'manager');
  const ours = applets.filter(({ body }) => body.some(({ words }) => OURS.test(words.join(' '))));
  const aaa = findLine(globals, /^aaa authorization commands /);
  const user = findLine(globals, /^event manager session cli username \S/);
  const asks = applets.filter(({ head }) => !head.words.includes('bypass'));
  return [
    ...(ours.length > 0
      ? [
          advice(
            'eem-applet',
            `applets for this fault: ${ours.map(({ head }) => head.named[3]).join(', ')}`,
            'spitrap eem lint FILE says what is wrong with them. Beside an agent they turn debugs off that the agent looks after.',
            ours.map(({ head }) => head),
          ),
        ]
      : whole
        ? [
            advice(
              'eem-none',
              'no applet for this fault',
              'None is needed where an agent stands. For a router by itself: spitrap eem export (EEM 3.0, IOS 12.4(22)T or later).',
            ),
          ]
        : []),
    ...(aaa !== null && user === null && asks.length > 0
      ? [
          advice(
            'eem-user',
            'AAA is asked about each command, and applets run as nobody',
            'Their commands are refused, undebug all too.',
            [aaa, ...asks.map(({ head }) => head)],
            ['event manager session cli username <user whom AAA allows these lines>'],
          ),
        ]
      : []),
  ];
}

function snmpPoints({ globals, whole }: ConfigFacts): Advice[] {
  const traps = findLine(globals, /^snmp-server enable traps(?:$| event-manager)/);
  const manager = findLine(globals, /^snmp-server manager$/);
  const known = allLines(globals, /^snmp-server (?:community (?:public|private)\b|host .*\b(?:public|private)\b)/);
  const enter = [
    ...(traps === null ? ['snmp-server enable traps event-manager'] : []),
    ...(manager === null ? ['snmp-server manager'] : []),
  ];
  return [
    ...(enter.length === 0
      ? [
          advice(
            'snmp-ready',
            'event-manager traps are sent and notifications taken',
            'A router by itself can signal and be signalled. An ACL before UDP 162.',
            [traps!, manager!],
          ),
        ]
      : whole || traps !== null || manager !== null
        ? [
            advice(
              'snmp-not-ready',
              `${enter.length === 2 ? 'neither are event-manager traps sent nor notifications taken' : traps === null ? 'event-manager traps are not sent' : 'notifications are not taken'}`,
              'Not needed between two agents. For a router by itself: the first for a hub, the second for a spoke; spitrap eem export writes all lines.',
              [...list(traps), ...list(manager)],
              enter,
            ),
          ]
        : []),
    ...(known.length > 0
      ? [
          advice(
            'snmp-public',
            'a community that everybody knows',
            'Whoever knows it can send a stop from a spoofed address.',
            known,
            // IOS needs no more of a community than its name.
            known.map(({ text }) => `no ${text.replace(/^(snmp-server community \S+).*$/, '$1')}`),
          ),
        ]
      : []),
  ];
}
