/**
 * `spitrap eem export`: everything that a router needs to be one half of the pair by itself, as blocks of IOS lines, each with its
 * why and its source. Pure: agent/cli/eem/export.ts prints them. The applets: export-applets.ts, SNMP: export-snmp.ts.
 */
import { arming } from '../platforms/cisco/arming.ts';
import { DEAD_MAN, deadManApplet, hubApplets, spokeApplets } from './export-applets.ts';
import { type ExportBlock, type OtherEnd, placeholder, type RouterPlan } from './export-plan.ts';
import { snmpLines } from './export-snmp.ts';

/** Which IOS it needs at least; Cisco 116005 says both. */
export const LEAST_RELEASE =
  'EEM 3.0: IOS 12.4(22)T or later. Cisco tested its applets on 15.1(4)M4; these ran on a simulated router only.';

const configuring = (lines: readonly string[]): string[] => ['configure terminal', ...lines, 'end'];

/** In the order in which they are used: configure, test, arm, disarm, remove. */
export function exportRouter(plan: RouterPlan): ExportBlock[] {
  const snmp = snmpLines(plan);
  const hub = plan.detects ? plan.others.map((other) => hubApplets(plan, other)) : [];
  const spoke = plan.stopped ? plan.others.map((other) => spokeApplets(plan, other)) : [];
  const applets = [...hub, ...spoke].flat();
  return [
    ...logging(),
    snmpBlock(plan, snmp.enter, snmp.notes),
    session(plan),
    ...(plan.detects ? [hubBlock(plan, hub.flat(2))] : []),
    ...(plan.stopped ? [spokeBlock(plan, spoke.flat(2))] : []),
    ...tests(plan),
    ...arm(plan),
    ...disarm(plan),
    remove(snmp.remove, applets),
  ];
}

function logging(): ExportBlock[] {
  return [
    {
      part: 'configure',
      title: 'Logging and stamps',
      why: 'Debug output to the console can hang a router, so that goes first. The default trap level, informational, sends the %CRYPTO message to the syslog host and not one debug. A rate limit drops debugs first. Sequence numbers show which lines never came.',
      source: 'Cisco 10374; docs/router.md, "Logging"',
      notes: ['changing the size of the buffer empties it, and takes so much memory'],
      lines: configuring([
        'no logging console',
        'logging buffered 1000000',
        'logging trap debugging',
        'no logging rate-limit',
        'service timestamps debug datetime msec',
        'service timestamps log datetime msec',
        'service sequence-numbers',
        `logging host ${placeholder('address of your syslog server')}`,
      ]),
    },
    {
      part: 'configure',
      title: 'Time',
      why: 'The stamps of two routers can be put in order only when both clocks are in sync. IOS marks a stamp * when its clock was never set, and . when it is in sync no more.',
      source: 'docs/router.md, "Time"; Cisco 116005, whose own run has unsynchronized stamps',
      notes: [],
      lines: configuring([`ntp server ${placeholder('address of a time server')}`]),
    },
  ];
}

function snmpBlock(plan: RouterPlan, lines: readonly string[], notes: readonly string[]): ExportBlock {
  const sends = plan.detects
    ? [
        'The stop is a trap of action snmp-trap, which needs traps event-manager, and one line a host: a second one for the same address and type replaces the first.',
      ]
    : [];
  const takes = plan.stopped
    ? ['event snmp-notification needs snmp-server manager, which opens UDP 162: an ACL before it lets in the other end alone.']
    : [];
  const unset = plan.others.filter(({ takesAt }) => plan.detects && takesAt.length === 0);
  return {
    part: 'configure',
    title: 'SNMP',
    why: [...sends, ...takes].join(' '),
    source: 'Cisco 116005; IOS SNMP Support Commands; docs/eem.md, "SNMP by version"',
    notes: [
      ...notes,
      ...unset.map(({ name }) => `nothing is sent to ${name}: no address for it is known`),
      ...plan.others.flatMap((other) => mustKnow(plan, other)),
    ],
    lines: configuring(lines),
  };
}

/** What has to be right at the other end, for this one to be understood there. */
function mustKnow(plan: RouterPlan, { name, kind }: OtherEnd): string[] {
  if (kind === 'router') return [];
  return [
    plan.detects
      ? `${name}'s agent must have this router as a peer of kind eem, from: the address that its trap leaves from (docs/eem.md)`
      : `${name}'s agent must have this router as a peer of kind eem, send: its address, port 162 (docs/eem.md)`,
  ];
}

function session(plan: RouterPlan): ExportBlock {
  return {
    part: 'configure',
    title: 'Who the applets are',
    why: 'An applet runs as nobody, and AAA refuses nobody: this names a user, who must be allowed the lines of the applets. Not needed without AAA command authorization. EEM wants three VTY lines that are free when it starts.',
    source: 'docs/eem.md, "The applet, line by line"; IOS Embedded Event Manager Command Reference',
    notes: ['IOS has five VTY lines unless told otherwise: line vty 0 15 gives sixteen'],
    lines: configuring([`event manager session cli username ${plan.eemUser ?? placeholder('user whom AAA allows these lines')}`]),
  };
}

function hubBlock(plan: RouterPlan, lines: readonly string[]): ExportBlock {
  return {
    part: 'configure',
    title: `The hub's applet: message, evidence, ${plan.waitS} s, stop at both ends`,
    why: `Both spellings of the message; the address of srcaddr and no other (116005 has srcaddr=11.1.1.3, which 11.1.1.30 matches too, and whose dots are any character). Labels of one width run in the order of their numbers. maxrun holds the wait of ${plan.waitS} s and every command at its slowest: at the default of 20 s what is left is killed, undebug all and the trap included. The trap goes before undebug all: it costs no command, so both ends stop together, and a command that hangs does not keep it back.`,
    source: 'Cisco 116005 and 115801; docs/eem.md, "The applet, line by line"',
    notes: [
      'in a black hole the message comes each minute, and the applet runs each minute: no event manager applet and its name ends that',
      ...(plan.others.length > 1 && plan.detects
        ? ['a trap goes to every snmp-server host: an incident with one of these ends stops the debugs of all of them']
        : []),
      'disk0: is flash: or bootflash: on some routers; the file grows until somebody deletes it',
    ],
    lines: configuring(lines),
  };
}

function spokeBlock(plan: RouterPlan, lines: readonly string[]): ExportBlock {
  const anyone = plan.others.filter(({ sendsFrom }) => sendsFrom.length === 0);
  return {
    part: 'configure',
    title: "The spoke's applet: off with the debugs when the stop comes",
    why: "The OID ends in a dot: it is a prefix, of PolicyIntData1 at any index. src-ip-address is who really sends: the agent's host where an agent is at the other end, not the tunnel. undebug all is the first command; the evidence is taken after it.",
    source: 'Cisco 116005; CISCO-EMBEDDED-EVENT-MGR-MIB; docs/eem.md',
    notes: [
      ...anyone.map(
        ({ name }) => `any sender counts as ${name}: its address is not known here; give src-ip-address, or an ACL on UDP 162`,
      ),
      'a trap is sent once and never answered: if it is lost the debugs stay on until the dead-man; NAT changes the address it comes from',
    ],
    lines: configuring(lines),
  };
}

function tests(plan: RouterPlan): ExportBlock[] {
  const file = plan.detects ? 'hub.txt' : 'spoke.txt';
  return [
    {
      part: 'test',
      title: 'The path of the evidence, before it is needed',
      why: "Note A's own test: a file system that is not writable, or is full, shows now and not in the incident.",
      source: 'Cisco 116005',
      notes: [],
      lines: [`show ip interface brief | tee /append disk0:${file}`, `more disk0:${file}`],
    },
    {
      part: 'test',
      title: 'What is registered, and who is told',
      why: 'The actions are listed in the order in which they run.',
      source: 'docs/eem.md',
      notes: [
        ...(plan.stopped && plan.others.some(({ kind }) => kind === 'agent')
          ? [
              'then, at the agent: spitrap signal send -c FILE --peer THIS-ROUTER --phase stop --bare --yes; it really stops debugs here',
            ]
          : []),
      ],
      lines: [
        'show event manager policy registered',
        'show event manager history events',
        ...(plan.detects ? ['show snmp host'] : []),
      ],
    },
  ];
}

const conditionsOf = (plan: RouterPlan): { on: string; off: string }[] =>
  [...new Set(plan.others.flatMap(({ cryptoAddresses }) => cryptoAddresses))].flatMap(
    (address) => arming.condition(address) ?? [],
  );

function arm(plan: RouterPlan): ExportBlock[] {
  const debugs = plan.debugs.map(arming.debugOn);
  return [
    {
      part: 'arm',
      title: 'Whether it is safe to turn debugs on',
      why: "Debugs can bring a busy router down. Half of its CPU free, no console logging, and nobody else's debugs: undebug all ends those too.",
      source: 'Cisco 10374; docs/arming.md',
      notes: [],
      lines: [arming.ask.cpu, arming.ask.logging, arming.ask.debugging, arming.ask.conditions],
    },
    {
      part: 'arm',
      title: `The dead-man: all debugs off after ${plan.maxDebugS} s, whatever happens`,
      why: 'Its countdown begins when its lines are entered. Entered again it begins anew: do that while the debugs are to stay on.',
      source: 'docs/arming.md; IOS Embedded Event Manager Command Reference, event timer',
      notes: [],
      lines: configuring(deadManApplet(plan.maxDebugS)),
    },
    {
      part: 'arm',
      title: 'Conditions first, then the debugs',
      why: 'A crypto debug without a condition prints what every peer does. The debugs must run before the event: what broke the SA is over when the message comes.',
      source: 'Cisco 116005; IOS Crypto Conditional Debug Support',
      notes: ['at most ten addresses can be conditions', "the other end's debugs go on the same way"],
      lines: [...conditionsOf(plan).map(({ on }) => on), arming.ask.conditions, ...debugs, arming.ask.debugging],
    },
  ];
}

function disarm(plan: RouterPlan): ExportBlock[] {
  return [
    {
      part: 'disarm',
      title: 'Debugs first, then the conditions, then the dead-man',
      why: 'The last condition taken away while a crypto debug is on leaves that debug without one: a flood. So the debugs go first, and are seen to be off. undebug all leaves conditions alone.',
      source: 'docs/arming.md; IOS Crypto Conditional Debug Support',
      notes: [
        'the question "Proceed with removal" means that a crypto debug is still on: answer no, and turn it off first',
        "undebug all in place of the no debug lines ends everybody's debugs",
      ],
      lines: [
        ...plan.debugs.map(arming.debugOff),
        arming.ask.debugging,
        ...conditionsOf(plan).map(({ off }) => off),
        arming.ask.conditions,
        ...configuring([`no event manager applet ${DEAD_MAN}`]),
      ],
    },
  ];
}

const APPLET_LINE = /^event manager applet \S+$/;

function remove(snmp: readonly string[], applets: readonly (readonly string[])[]): ExportBlock {
  const names = applets.flatMap((lines) => lines.filter((line) => APPLET_LINE.test(line)));
  return {
    part: 'remove',
    title: 'To take it all off again',
    why: 'Disarm before it. Applets first, so that nothing starts while the rest goes.',
    source: 'IOS: no before the line',
    notes: [
      'logging, stamps, NTP and the session user stay: what they were before is not known here, and other applets need the user',
      'what the applets wrote to disk0: stays too; delete it when it is copied',
      'snmp-server manager and enable traps event-manager: leave their no out where other applets need them',
    ],
    lines: configuring([...names.map((line) => `no ${line}`), ...snmp]),
  };
}
