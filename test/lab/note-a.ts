/**
 * Note A's configuration of both routers (Cisco 116005), one line a command: the note is printed with the noise of a scan, and lines
 * that its page wraps stand whole here, as IOS takes them. And two boxes that have it, with the network between their SNMP.
 */
import { SimulatedBox } from '../../agent/lab/box.ts';
import type { Box, BoxOptions } from '../../agent/lab/contract.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { boxOptions, HUB_ADDRESS, SPOKE_ADDRESS } from './lab-support.ts';

export const hubSnmp: readonly string[] = [
  'snmp-server enable traps event-manager',
  'snmp-server host 11.1.1.3 public event-manager',
  'snmp-server manager',
];

export const spokeSnmp: readonly string[] = [
  'snmp-server enable traps event-manager',
  'snmp-server host 213.163.222.7 public event-manager',
  'snmp-server manager',
];

export const hubApplet: readonly string[] = [
  'event manager applet command_hub',
  'event syslog pattern "CRYPTO-4-RECVD_PKT_INV_SPI.*srcaddr=11.1.1.3"',
  'action 1 cli command "enable"',
  'action 2 syslog msg "command_hub is running ..." priority informational',
  'action 3 cli command "show crypto sockets | append disk0:hub.txt"',
  'action 4 cli command "show crypto isa sa | append disk0:hub.txt"',
  'action 5 cli command "show crypto ipsec sa detail | append disk0:hub.txt"',
  'action 6 cli command "show dmvpn detail | append disk0:hub.txt"',
  'action 7 wait 18',
  'action 8 cli command "undebug all"',
  'action 8.1 snmp-trap intdata1 2323232 strdata ""',
  'action 9 syslog priority informational msg "DONE ON HUB"',
];

export const spokeApplet: readonly string[] = [
  'event manager applet spoke_app',
  'event snmp-notification oid 1.3.6.1.4.1.9.10.91.1.2.3.1.9. oid-val "2323232" op eq src-ip-address 213.163.222.7 maxrun 35',
  'action 1.0 syslog msg "Received trap from Hub..."',
  'action 2.0 cli command "enable"',
  'action 3.0 cli command "undebug all"',
  'action 4.0 syslog msg "DONE ON SPOKE"',
];

export interface NoteA {
  readonly clock: FakeClock;
  readonly hub: SimulatedBox;
  readonly spoke: SimulatedBox;
  /** Every datagram that a box sent of itself. */
  readonly sent: readonly { readonly from: string; readonly to: string; readonly port: number; readonly bytes: Buffer }[];
  /** ESP from `source` with an SPI that the hub does not know: its message, once a minute. */
  invalidSpi(source?: string): void;
}

/** `lines`: what the boxes are given; Note A's when absent. */
export function noteA(
  change: {
    hub?: Partial<BoxOptions>;
    spoke?: Partial<BoxOptions>;
    hubLines?: readonly string[];
    spokeLines?: readonly string[];
  } = {},
): NoteA {
  const clock = new FakeClock();
  const hub = new SimulatedBox(boxOptions(clock, change.hub));
  const spoke = new SimulatedBox(
    boxOptions(clock, { hostname: 'spoke', seed: 8, cryptoAddress: SPOKE_ADDRESS, ...change.spoke }),
  );
  const refused = [
    ...hub.configure(change.hubLines ?? [...hubSnmp, ...hubApplet]),
    ...spoke.configure(change.spokeLines ?? [...spokeSnmp, ...spokeApplet]),
  ];
  if (refused.length > 0) throw new Error(`the boxes refused: ${refused.join('\n')}`);
  const sent = joinSnmp(clock, hub, spoke);
  const invalidSpi = (source = SPOKE_ADDRESS): void => void hub.core.receiveUnknownSpi(source, 0x68842105, 1, 100);
  return { clock, hub, spoke, sent, invalidSpi };
}

/** Conditional debugs on both ends, as the note has them run all the time. */
export function armBoth({ hub, spoke }: NoteA): void {
  for (const [box, peer] of [
    [hub, SPOKE_ADDRESS],
    [spoke, HUB_ADDRESS],
  ] as const)
    for (const line of [`condition peer ipv4 ${peer}`, 'isakmp', 'ipsec', 'engine']) box.console(`debug crypto ${line}`);
}

const NETWORK_MS = 5;

export function joinSnmp(clock: FakeClock, hub: Box, spoke: Box): NoteA['sent'] {
  const sent: NoteA['sent'][number][] = [];
  const ends = [
    [HUB_ADDRESS, hub],
    [SPOKE_ADDRESS, spoke],
  ] as const;
  const later = (act: () => void) => clock.timer('test network', NETWORK_MS, act);
  for (const [from, box] of ends)
    box.snmp.onSend((bytes, { address, port }) => {
      sent.push({ from, to: address, port, bytes: Buffer.from(bytes) });
      const far = ends.find(([other]) => other === address)?.[1];
      if (!far || port !== 162) return;
      later(() => {
        const answer = far.snmp.receive(bytes, { address: from, port: 50_000 });
        if (answer) later(() => void box.snmp.receive(answer, { address, port: 162 }));
      });
    });
  return sent;
}

/** What the box logged, without its stamps. */
export const logged = (box: Box, pattern: RegExp): string[] => {
  const lines = box.console('show logging').split('\n');
  return lines.filter((line) => pattern.test(line)).map((line) => line.replace(/^\*.*?: (?=%)/, ''));
};
