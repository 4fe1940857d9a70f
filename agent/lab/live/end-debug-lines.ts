/**
 * What the crypto debugs print where an end of live/ acts by itself: deletes received and sent, lifetimes, initial contact, NAT,
 * retransmissions. Written after the debug output of IOS 15, as ../ike-debug-lines.ts is, which has the exchanges.
 */
import { spiHex } from '../box-time.ts';
import {
  type DebugContext,
  type DebugLine,
  deleteIke,
  deleteSa,
  deleteSaOut,
  ikev2,
  ipsec,
  isakmp,
  type NewSas,
} from '../ike-debug-lines.ts';

/** The peer's DELETE for the SPI that this end sends with (RFC 2408 §3.15: the SPIs are the sender's own, inbound there). */
export function deleteReceived(
  at: DebugContext,
  ikeVersion: 1 | 2,
  named: number,
  sas: (NewSas & { readonly inboundUp: boolean }) | null,
): DebugLine[] {
  const down = sas
    ? [
        ...(sas.inboundUp ? [deleteSa(at, sas.inboundSpi, sas.inboundConnId)] : []),
        deleteSaOut(at, sas.outboundSpi, sas.outboundConnId),
      ]
    : [];
  if (ikeVersion === 2) {
    const id = `(SESSION ID = ${at.connId % 1000},SA ID = 1)`;
    return [
      ikev2(`IKEv2:${id}:Process delete request from peer`),
      ikev2(`IKEv2:${id}:Processing DELETE INFO message for IPsec SA [SPI: ${spiHex(named)}]`),
      ikev2(`IKEv2:${id}:Check for existing active SA`),
      ...down,
    ];
  }
  const head = `ISAKMP: (${at.connId}):`;
  return [
    isakmp(`ISAKMP-PAK: (${at.connId}):received packet from ${at.peer} dport 500 sport 500 Global (R) QM_IDLE      `),
    isakmp(`${head}processing HASH payload. message ID = ${at.messageId}`),
    isakmp(`${head}processing DELETE payload. message ID = ${at.messageId}`),
    isakmp(`${head}peer does not do paranoid keepalives.`),
    isakmp(`ISAKMP: (0):Enqueued KEY_MGR_DELETE_SAS for IPSEC SA (SPI:${spiHex(named)})`),
    ipsec('IPSEC(key_engine): got a queue event with 1 KMI message(s)'),
    ...down,
  ];
}

/** An SA pair goes without a word to the peer: there is no IKE SA, or its time is over. */
export const localDelete = (at: DebugContext, sas: NewSas): DebugLine[] => [
  ipsec('IPSEC(key_engine): got a queue event with 1 KMI message(s)'),
  deleteSa(at, sas.inboundSpi, sas.inboundConnId),
  deleteSaOut(at, sas.outboundSpi, sas.outboundConnId),
];

export const inboundDelete = (at: DebugContext, sas: NewSas): DebugLine[] => [
  ipsec('IPSEC(key_engine): got a queue event with 1 KMI message(s)'),
  deleteSa(at, sas.inboundSpi, sas.inboundConnId),
];

/** Seconds or kilobytes near their end. */
export const lifetimeNears = (seconds: number): DebugLine[] => [
  ipsec(`IPSEC(lifetime_expiry): SA lifetime threshold reached, expiring in ${seconds} seconds`),
];

/** The peer says that it begins anew (RFC 2407 §4.6.3.3, RFC 7296 §2.4). */
export function initialContact(at: DebugContext, ikeVersion: 1 | 2, port: number): DebugLine[] {
  if (ikeVersion === 2)
    return [
      ikev2('Payload contents: '),
      ikev2(
        ' VID IDi AUTH SA TSi TSr NOTIFY(INITIAL_CONTACT) NOTIFY(SET_WINDOW_SIZE) NOTIFY(ESP_TFC_NO_SUPPORT) NOTIFY(NON_FIRST_FRAGS) ',
      ),
    ];
  return [
    isakmp(
      `ISAKMP: (${at.connId}):Process initial contact,\nbring down existing phase 1 and 2 SA's with local ${at.local} remote ${at.peer} remote port ${port}`,
    ),
  ];
}

/** The far side of a NAT: from UDP 500 to 4500 (RFC 3947, RFC 7296 §2.23). */
export function portFloat(at: DebugContext, ikeVersion: 1 | 2, port: number): DebugLine[] {
  if (ikeVersion === 2) {
    const id = `(SESSION ID = ${at.connId % 1000},SA ID = 1)`;
    return [
      ikev2(`IKEv2:${id}:NAT ${at.initiator ? 'INSIDE' : 'OUTSIDE'} found`),
      ikev2(`IKEv2:${id}:NAT detected float to init port ${port}, resp port 4500`),
    ];
  }
  return [
    isakmp(`ISAKMP: (${at.connId}):NAT found, the node ${at.initiator ? 'inside' : 'outside'} NAT`),
    isakmp(`ISAKMP: (${at.connId}):port float 500 to 4500`),
  ];
}

export function retransmit(at: DebugContext, ikeVersion: 1 | 2, phase: 1 | 2, attempt: number): DebugLine[] {
  if (ikeVersion === 2) return [ikev2(`IKEv2:(SESSION ID = ${at.connId % 1000},SA ID = 1):Retransmitting packet`)];
  const state = phase === 1 ? 'MM_KEY_EXCH' : `${at.messageId}`;
  return phase === 1
    ? [
        isakmp(`ISAKMP: (${at.connId}):retransmitting phase 1 ${state}...`),
        isakmp(`ISAKMP: (${at.connId}):incrementing error counter on sa, attempt ${attempt} of 5: retransmit phase 1`),
      ]
    : [
        isakmp(`ISAKMP: (${at.connId}):retransmitting phase 2 QM_IDLE       ${state} ...`),
        isakmp(`ISAKMP: (${at.connId}):incrementing error counter on node, attempt ${attempt} of 5: retransmit phase 2`),
      ];
}

/** A DELETE for the IKE SA itself came. */
export function ikeDeleteReceived(at: DebugContext, ikeVersion: 1 | 2): DebugLine[] {
  if (ikeVersion === 2) {
    const id = `(SESSION ID = ${at.connId % 1000},SA ID = 1)`;
    return [ikev2(`IKEv2:${id}:Process delete request from peer`), ikev2(`IKEv2:${id}:Deleting SA`)];
  }
  return [
    isakmp(`ISAKMP-PAK: (${at.connId}):received packet from ${at.peer} dport 500 sport 500 Global (R) QM_IDLE      `),
    isakmp(`ISAKMP: (${at.connId}):processing DELETE payload. message ID = ${at.messageId}`),
    ...deleteIke(at, 'No reason'),
  ];
}

/** This end takes its IKE SA down, with a DELETE. */
export function ikeDeleteSent(at: DebugContext, ikeVersion: 1 | 2, reason: string): DebugLine[] {
  if (ikeVersion === 2) {
    const id = `(SESSION ID = ${at.connId % 1000},SA ID = 1)`;
    return [ikev2(`IKEv2:${id}:Sending DELETE INFO message for IKEv2 SA`), ikev2(`IKEv2:${id}:Deleting SA`)];
  }
  return [
    isakmp(`ISAKMP-PAK: (${at.connId}):sending packet to ${at.peer} my_port 500 peer_port 500 (I) QM_IDLE      `),
    ...deleteIke(at, reason),
  ];
}
