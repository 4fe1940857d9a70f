/**
 * System messages (`%FACILITY-n-MNEMONIC: text`) that explain an incident, facts.md §2: one line of the table each. Called by
 * log-events.ts with the text behind the mnemonic, wrapped lines joined by LF. Linear: bounded gaps, each pattern tried once a message.
 */
import { isInvalidSpi, readInvalidSpi } from '../../../detect/invalid-spi.ts';
import type { SyslogHeader } from '../../../wire/syslog.ts';
import { addressOf, type Draft, detailOf, draft, spiOf } from './draft.ts';

type Reader = (text: string) => Draft | null;
type Named = Readonly<Record<string, string | undefined>>;

const reader =
  (pattern: RegExp, make: (named: Named) => Draft | null): Reader =>
  (text) => {
    const named = pattern.exec(text)?.groups;
    return named === undefined ? null : make(named);
  };

const ADDRESS = '[0-9A-Fa-f:.]{2,45}';

// IKE message from 10.10.10.10 has no SA and is not an initialization offer
// IKE message from 10.1.1.1   failed its sanity check or is malformed
const fromPeer = (kind: 'ike-no-sa' | 'ike-bad-message'): Reader =>
  reader(new RegExp(`IKE message from (?<peer>${ADDRESS})`), ({ peer }) =>
    draft(kind, { peer: addressOf(peer), src: addressOf(peer) }),
  );

// Rec'd packet not an IPSEC packet. (ip) vrf/dest_addr= /62.25.122.10, src_addr= 62.25.122.11, prot= 132
const notIpsec = reader(
  new RegExp(`dest_addr= ?[\\w.-]{0,64}/(?<dst>${ADDRESS}), src_addr= ?(?<src>${ADDRESS}), prot= ?(?<prot>\\d{1,3})`),
  ({ src, dst, prot }) =>
    draft('not-ipsec', { src: addressOf(src), dst: addressOf(dst), peer: addressOf(src), detail: detailOf({ prot }) }),
);

// decrypt: replay check failed
//         connection id=29, sequence number=219                                               wrapped
// IPSec SA receives anti-replay error, DP Handle 6, src_addr 10.1.1.1, dest_addr 10.2.2.2, SPI 0x4c1d1e90
// IPSec SA receives HMAC error, DP Handle 7, src_addr 10.1.1.1, dest_addr 10.2.2.2, SPI 0x4c1d1e90
// decrypt: mac verify failed for connection id=33 local=10.1.1.1 remote=10.2.2.2 spi=7D2DA5C9 seqno=00000019
const CONNECTION = /\bconnection id ?= ?(?<id>\d{1,10})/;
const SEQUENCE = /\b(?:sequence number|seqno) ?= ?(?<number>[0-9A-Fa-f]{1,16})/;
const SOURCE = new RegExp(`\\b(?:src_addr|remote) ?[= ] ?(?<address>${ADDRESS})`);
const DESTINATION = new RegExp(`\\b(?:dest_addr|local) ?[= ] ?(?<address>${ADDRESS})`);
const SPI = /\bspi ?[= ] ?(?<hex>(?:0x)?[0-9A-Fa-f]{1,8})\b/i;

const integrity =
  (kind: 'replay-error' | 'mac-error'): Reader =>
  (text) => {
    const src = addressOf(SOURCE.exec(text)?.groups?.['address']);
    return draft(kind, {
      spis: spiOf(SPI.exec(text)?.groups?.['hex']),
      src,
      dst: addressOf(DESTINATION.exec(text)?.groups?.['address']),
      peer: src,
      detail: detailOf({ connection: CONNECTION.exec(text)?.groups?.['id'], sequence: SEQUENCE.exec(text)?.groups?.['number'] }),
    });
  };

// Crypto tunnel is UP  .  Peer 10.1.1.1:500       Id: 10.1.1.1
// Crypto tunnel v2 is DOWN.  Peer 2001:DB8::1:4500  f_vrf:  INET  i_vrf: SALES    Id: spoke.example.net
const session = reader(
  /\bCrypto tunnel (?:v2 )?is (?<state>UP|DOWN)\b.{0,20}?\bPeer \[?(?<peer>[0-9A-Fa-f:.]{2,45})\]?:(?<port>\d{1,5})(?=\s|$)(?: {1,20}f_vrf: {1,4}\S{0,64})?(?: {1,20}i_vrf: {1,4}\S{0,64})?(?: {1,20}Id: (?<id>\S{1,128}))?/,
  ({ state, peer, port, id }) =>
    draft(state === 'UP' ? 'session-up' : 'session-down', { peer: addressOf(peer), detail: detailOf({ port, id }) }),
);

// Tunnel1: local address : 10.1.1.1 remote address : 10.2.2.2 socket is UP
const socket = reader(
  new RegExp(
    `^(?<interface>\\S{1,64}): local address : (?<local>${ADDRESS}) remote address : (?<peer>${ADDRESS}) socket is (?<state>UP|DOWN)\\b`,
  ),
  ({ interface: name, peer, state }) =>
    draft(state === 'UP' ? 'session-up' : 'session-down', {
      peer: addressOf(peer),
      detail: detailOf({ interface: name, socket: state }),
    }),
);

// Processing of Main Mode failed with peer 10.2.2.1
// Processing of Quick mode failed with peer at 10.1.1.1
const modeFailure = reader(
  new RegExp(`Processing of (?<exchange>\\w{1,20} [Mm]ode) failed with peer (?:at )?(?<peer>${ADDRESS})`),
  ({ exchange, peer }) =>
    draft('ike-mode-failure', { peer: addressOf(peer), detail: detailOf({ exchange: exchange?.toLowerCase() }) }),
);

// ISAKMP is OFF
const onOff = reader(/\bISAKMP is (?<state>ON|OFF)\b/, ({ state }) => draft('isakmp-on-off', { detail: detailOf({ state }) }));

// System restarted --
const restart: Reader = () => draft('restart');
// Reload requested by noc on vty0 (198.51.100.9). Reload Reason: Reload Command.
const reload = reader(/Reload requested(?: by (?<user>\S{1,64}))?/, ({ user }) =>
  draft('restart', { detail: detailOf({ user, phase: 'requested' }) }),
);

// Configured from console by noc on vty0 (198.51.100.9)
// Configured from console by console       Configured from console by vty2 (10.34.195.36)
// Configured from tftp://10.83.21.224//bootstrap by console
const configured = reader(
  /Configured from (?<source>\S{1,200}) by (?<user>\S{1,64})(?: on (?<line>\w{1,20}))?(?: \((?<from>[0-9A-Fa-f:.]{2,45})\))?/,
  ({ source, user, line, from }) => draft('configured', { detail: detailOf({ source, user, line, from }) }),
);

// User:noc  logged command:!exec: clear crypto sa peer 11.1.1.3
const CLEAR = /^!?(?:exec: ?)?(?<command>cle(?:a|ar)? cry[a-z]{0,3} \S.{0,150})$/;
const logged = reader(/User: ?(?<user>\S{0,64}) {1,4}logged command: ?(?<command>\S.{0,200})$/, ({ user, command }) => {
  const cleared = CLEAR.exec(command!.trim())?.groups?.['command'];
  return cleared === undefined ? null : clearedBy(cleared, user);
});

/** `clear crypto sa peer 11.1.1.3`: a peer is named, or all are meant. */
export function clearedBy(command: string, user: string | undefined): Draft {
  const peer = new RegExp(`\\b(?:peer|remote|address) (?:vrf \\S{1,64} )?(?<peer>${ADDRESS})\\b`).exec(command)?.groups?.['peer'];
  return draft('cleared', { peer: addressOf(peer), detail: detailOf({ command: command.trim(), user }) });
}

// FastEthernet0/0.100 Grp 1 state Standby -> Active
// Ethernet0/0 Group 1 state Active -> Speak          Et0/0 Grp 1 state Backup -> Master
const redundancy = reader(
  /(?<interface>\S{1,64}) (?:Grp|Group) (?<group>\S{1,8}) state (?<from>\w{1,12}) -> (?<to>\w{1,12})/,
  ({ interface: name, group, from, to }) => {
    const detail = detailOf({ interface: name, group, from, to });
    if (/^(?:active|master)$/i.test(to!)) return draft('ha-active', { detail });
    return /^(?:active|master)$/i.test(from!) ? draft('ha-standby', { detail }) : null;
  },
);

// Line protocol on Interface Tunnel0, changed state to down
const line = reader(
  /Line protocol on Interface (?<interface>(?:Tunnel|Virtual-Access)\d{1,10}), changed state to (?<state>up|down)/,
  ({ interface: name, state }) => draft(state === 'up' ? 'line-up' : 'line-down', { detail: detailOf({ interface: name }) }),
);

const neighbor = (isUp: boolean, named: Named): Draft =>
  draft(isUp ? 'neighbor-up' : 'neighbor-down', {
    detail: detailOf({ neighbor: named['neighbor'], interface: named['interface'], reason: named['reason'] }),
  });
// EIGRP-IPv4 100: Neighbor 10.0.0.3 (Tunnel0) is down: holding time expired
// IP-EIGRP(0) 100: Neighbor 10.0.0.3 (Tunnel0) is up: new adjacency
const dual = reader(
  new RegExp(`Neighbor (?<neighbor>${ADDRESS}) \\((?<interface>\\S{1,64})\\) is (?<state>up|down)(?:: (?<reason>.{1,120}))?`),
  (named) => neighbor(named['state'] === 'up', named),
);
// Process 1, Nbr 172.16.46.4 on GigabitEthernet2.45 from INIT to DOWN, Neighbor Down: Dead timer expired
const ospf = reader(
  new RegExp(
    `Nbr (?<neighbor>${ADDRESS}) on (?<interface>\\S{1,64}) from (?<from>[\\w-]{1,10}) to (?<to>[\\w-]{1,10})(?:, (?<reason>.{1,120}))?`,
  ),
  (named) => (named['to'] === 'FULL' || named['to'] === 'DOWN' ? neighbor(named['to'] === 'FULL', named) : null),
);
// neighbor 10.0.0.3 Down BGP Notification sent
const bgp = reader(
  new RegExp(`neighbor (?<neighbor>${ADDRESS}) (?:vpn vrf \\S{1,64} )?(?<state>Up|Down)\\b ?(?<reason>.{0,120})`),
  (named) => neighbor(named['state'] === 'Up', named),
);

// System clock has been updated from 18:00:00 UTC Sun Mar 1 2026 to 18:22:02 UTC Thu Mar 12 2026, configured from console by vty0 (198.51.100.9).
const clock = reader(
  /clock has been updated from (?<from>\S.{1,60}?) to (?<to>\S.{1,60}?)(?:, configured from (?<by>.{1,120}?))?\.?$/,
  ({ from, to, by }) => draft('clock-changed', { detail: detailOf({ from, to, by }) }),
);

const readers: Readonly<Record<string, Reader>> = {
  'CRYPTO IKMP_NO_SA': fromPeer('ike-no-sa'),
  'CRYPTO IKMP_BAD_MESSAGE': fromPeer('ike-bad-message'),
  'CRYPTO RECVD_PKT_NOT_IPSEC': notIpsec,
  'CRYPTO PKT_REPLAY_ERR': integrity('replay-error'),
  'IPSEC REPLAY_ERROR': integrity('replay-error'),
  'IPSEC HMAC_ERROR': integrity('mac-error'),
  'CRYPTO RECVD_PKT_MAC_ERR': integrity('mac-error'),
  'CRYPTO SESSION_STATUS': session,
  'CRYPTO IKEV2_SESSION_STATUS': session,
  'CRYPTO IKMP_MODE_FAILURE': modeFailure,
  'CRYPTO ISAKMP_ON_OFF': onOff,
  'DMVPN CRYPTO_SS': socket,
  'IKEV2 SA_UP': () => draft('ike-established'),
  'IKEV2 SA_DOWN': () => draft('ike-deleted'),
  'SYS RESTART': restart,
  'SYS RELOAD': reload,
  'SYS CONFIG_I': configured,
  'SYS CLOCKUPDATE': clock,
  'PARSER CFGLOG_LOGGEDCMD': logged,
  'HSRP STATECHANGE': redundancy,
  'STANDBY STATECHANGE': redundancy,
  'VRRP STATECHANGE': redundancy,
  'GLBP STATECHANGE': redundancy,
  'GLBP FWDSTATECHANGE': redundancy,
  'LINEPROTO UPDOWN': line,
  'DUAL NBRCHANGE': dual,
  'OSPF ADJCHG': ospf,
  'OSPFV3 ADJCHG': ospf,
  'BGP ADJCHANGE': bgp,
};

/** Null: none that matters here, or damaged. */
export function messageDraft(header: Pick<SyslogHeader, 'facilityName' | 'mnemonic'>, text: string): Draft | null {
  if (isInvalidSpi(header)) return invalidSpi(text);
  const read = readers[`${header.facilityName} ${header.mnemonic}`.toUpperCase()];
  return read === undefined ? null : read(text);
}

function invalidSpi(text: string): Draft | null {
  const read = readInvalidSpi(text);
  if (!read.ok) return null;
  const { src, dst, spi, prot, interface: name } = read.message;
  return draft('invalid-spi', {
    spis: [spi],
    src,
    dst,
    peer: src,
    detail: detailOf({ interface: name ?? undefined, prot: String(prot) }),
  });
}
