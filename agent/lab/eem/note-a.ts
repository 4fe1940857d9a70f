/**
 * Note A's two applets (Cisco 116005) as configuration lines, with what a site changes in them: addresses, value, delay. For the lab's
 * scenarios whose box runs an applet itself; the defaults are the note's own, to the letter.
 */
export interface NoteAHub {
  /** The spoke: whose bad SPIs count, and who is sent the trap. */
  readonly peer: string;
  /** Seconds from the outputs to `undebug all`; default 18. */
  readonly waitSeconds?: number;
  /** IntData1 of the trap; default 2323232. */
  readonly value?: number;
  /** What follows the address in `snmp-server host`; default `public event-manager`, which is version 1. */
  readonly host?: string;
}

export interface NoteASpoke {
  /** The hub: the trap's source address. */
  readonly peer: string;
  readonly value?: number;
  readonly host?: string;
}

const VALUE = 2_323_232;

const snmp = (peer: string, host: string): string[] => [
  'snmp-server enable traps event-manager',
  `snmp-server host ${peer} ${host}`,
  'snmp-server manager',
];

/** The file is `hub.txt` on disk0. A wait beyond some 18 s dies of the default maxrun of 20 s, as on a router. */
export const noteAHub = ({ peer, waitSeconds = 18, value = VALUE, host = 'public event-manager' }: NoteAHub): string[] => [
  ...snmp(peer, host),
  'event manager applet command_hub',
  `event syslog pattern "CRYPTO-4-RECVD_PKT_INV_SPI.*srcaddr=${peer}"`,
  'action 1 cli command "enable"',
  'action 2 syslog msg "command_hub is running ..." priority informational',
  'action 3 cli command "show crypto sockets | append disk0:hub.txt"',
  'action 4 cli command "show crypto isa sa | append disk0:hub.txt"',
  'action 5 cli command "show crypto ipsec sa detail | append disk0:hub.txt"',
  'action 6 cli command "show dmvpn detail | append disk0:hub.txt"',
  `action 7 wait ${waitSeconds}`,
  'action 8 cli command "undebug all"',
  `action 8.1 snmp-trap intdata1 ${value} strdata ""`,
  'action 9 syslog priority informational msg "DONE ON HUB"',
];

export const noteASpoke = ({ peer, value = VALUE, host = 'public event-manager' }: NoteASpoke): string[] => [
  ...snmp(peer, host),
  'event manager applet spoke_app',
  `event snmp-notification oid 1.3.6.1.4.1.9.10.91.1.2.3.1.9. oid-val "${value}" op eq src-ip-address ${peer} maxrun 35`,
  'action 1.0 syslog msg "Received trap from Hub..."',
  'action 2.0 cli command "enable"',
  'action 3.0 cli command "undebug all"',
  'action 4.0 syslog msg "DONE ON SPOKE"',
];
