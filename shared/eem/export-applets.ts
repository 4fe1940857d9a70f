/**
 * The applets of an export: the hub's, the spoke's, the dead-man. Rules: docs/eem.md, "The applet, line by line". Used by export.ts; the simulated router runs them in test/lab/eem-export.test.ts.
 */
import type { OtherEnd, RouterPlan } from './export-plan.ts';

/** A command on a busy router, TACACS included; docs/eem.md. */
const SECONDS_A_COMMAND = 15;
const MARGIN_S = 30;
/** One typed line of IOS has 254 characters. */
const LINE_CHARACTERS_MAX = 254;
export const APPLET_PREFIX = 'spitrap_';
export const DEAD_MAN = `${APPLET_PREFIX}deadman`;
const COUNTDOWN_SECONDS_MAX = 4_294_967;
/** PolicyIntData1: column 9 of ceemHistoryEventEntry. */
const intDataOid = (root: 91 | 134): string => `1.3.6.1.4.1.9.10.${root}.1.2.3.1.9.`;

/** Note A's four, with the clock before them: the file says when. An IKE SA of the version that is debugged. */
const captures = ({ debugs }: RouterPlan, file: string): readonly string[] =>
  [
    'show clock',
    'show crypto sockets',
    ...(debugs.includes('ikev2') ? ['show crypto ikev2 sa'] : []),
    ...(debugs.includes('isakmp') || !debugs.includes('ikev2') ? ['show crypto isakmp sa'] : []),
    'show crypto ipsec sa detail',
    'show dmvpn detail',
  ].map((show) => `${show} | append disk0:${file}`);

type Action = { readonly cli: string } | { readonly other: string };
const cli = (command: string): Action => ({ cli: command });
const say = (text: string, priority = 'informational'): Action => ({ other: `syslog priority ${priority} msg "${text}"` });

/** Labels of one width, ten apart: string order is the order of the numbers, and there is room in between. */
const labelled = (actions: readonly Action[]): string[] =>
  actions.map((action, index) => {
    const label = String(100 + index * 10).padStart(4, '0');
    return ` action ${label} ${'cli' in action ? `cli command "${action.cli}"` : action.other}`;
  });

/** Whole tens of seconds: the wait, every command at its slowest, a margin. */
const maxrunS = (actions: readonly Action[], waitS: number): number =>
  Math.ceil((waitS + actions.filter((action) => 'cli' in action).length * SECONDS_A_COMMAND + MARGIN_S) / 10) * 10;

/** A name that IOS takes for an applet. */
const appletName = (what: string, other: string): string =>
  `${APPLET_PREFIX}${what}_${other.replace(/[^A-Za-z0-9-]/g, '_').slice(0, 40)}`;

/**
 * `srcaddr= *(11\.1\.1\.3|…)([^0-9.]|$)`: that address and no other. No `?`, which a terminal takes for help, and no `\b`, which IOS
 * does not have. IPv6 in both cases of its letters.
 */
export function messagePattern(addresses: readonly string[]): string {
  const each = addresses.map((address) =>
    address.includes(':')
      ? address.replace(/[a-f]/g, (letter) => `[${letter}${letter.toUpperCase()}]`)
      : address.replaceAll('.', '\\.'),
  );
  const end = addresses.some((address) => address.includes(':')) ? '[^0-9A-Fa-f:.]' : '[^0-9.]';
  return `CRYPTO-4-RECV(D_PKT|_PKT)_INV_SPI.*srcaddr= *${each.length === 1 ? each[0] : `(${each.join('|')})`}(${end}|$)`;
}

/** Names that IOS would take for one are numbered: `spoke.1` and `spoke_1`. */
function nameFor(what: string, plan: RouterPlan, other: OtherEnd): string {
  const name = appletName(what, other.name);
  const alike = plan.others.filter((each) => appletName(what, each.name) === name);
  return alike.length > 1 ? `${name}-${plan.others.indexOf(other) + 1}` : name;
}

/** One an other end; addresses that do not fit one line get an applet of their own. */
export function hubApplets(plan: RouterPlan, other: OtherEnd): string[][] {
  const actions: Action[] = [
    cli('enable'),
    say(`bad SPI from ${other.name}, collecting`),
    ...captures(plan, 'hub.txt').map(cli),
    { other: `wait ${plan.waitS}` },
    // First of the two: it costs no command, so that the other end stops at the same moment, and even when a command here hangs.
    { other: `snmp-trap intdata1 ${plan.stopValue} strdata ""` },
    cli('undebug all'),
    say('DONE ON HUB'),
  ];
  const maxrun = maxrunS(actions, plan.waitS);
  const eventLine = (addresses: readonly string[]): string =>
    ` event syslog pattern "${messagePattern(addresses)}" maxrun ${maxrun}`;
  const whole = eventLine(other.cryptoAddresses).length <= LINE_CHARACTERS_MAX;
  const groups = whole ? [other.cryptoAddresses] : other.cryptoAddresses.map((address) => [address]);
  return groups.map((addresses, index) => [
    `event manager applet ${nameFor('hub', plan, other)}${index === 0 ? '' : `_${index + 1}`}`,
    eventLine(addresses),
    ...labelled(actions),
    ' exit',
  ]);
}

/** One an address that the other end sends from: `src-ip-address` takes one. */
export function spokeApplets(plan: RouterPlan, other: OtherEnd): string[][] {
  const actions: Action[] = [
    cli('enable'),
    cli('undebug all'),
    say(`stop received from ${other.name}, debugs off`),
    ...captures(plan, 'spoke.txt').map(cli),
    say('DONE ON SPOKE'),
  ];
  const sources: readonly (string | null)[] = other.sendsFrom.length === 0 ? [null] : other.sendsFrom;
  return sources.map((source, index) => [
    `event manager applet ${nameFor('spoke', plan, other)}${index === 0 ? '' : `_${index + 1}`}`,
    ` event snmp-notification oid ${intDataOid(other.root)} oid-val "${plan.stopValue}" op eq${source === null ? '' : ` src-ip-address ${source}`} maxrun ${maxrunS(actions, 0)}`,
    ...labelled(actions),
    ' exit',
  ]);
}

/** Entered when the debugs go on: its countdown begins then, and begins anew when it is entered again. */
export const deadManApplet = (seconds: number): string[] => [
  `event manager applet ${DEAD_MAN}`,
  ` event timer countdown time ${Math.min(COUNTDOWN_SECONDS_MAX, Math.max(1, Math.ceil(seconds)))} maxrun 60`,
  ...labelled([cli('enable'), cli('undebug all'), say('debugs were on too long: all off', 'critical')]),
  ' exit',
];
