/**
 * What the crypto debugs print for an event of the SA model, one list of lines an event and end. Written after the debug
 * output of IOS 15 (Cisco 113594 "Understand IOS debugs, main mode, PSK"; 115934 for IKEv2). Called by box-core.ts.
 */
import { spiBoth, spiHex } from './box-time.ts';
import type { CryptoDebug } from './debugs.ts';

export interface DebugLine {
  readonly debug: CryptoDebug;
  /** May have further lines after \n: one message, stamped once. */
  readonly text: string;
}

/** The pair of IPsec SAs that an event is about, with the conn ids of `show crypto ipsec sa`. */
export interface NewSas {
  readonly inboundSpi: number;
  readonly outboundSpi: number;
  readonly inboundConnId: number;
  readonly outboundConnId: number;
  readonly lifetimeSeconds: number;
  /** Default 4608000. */
  readonly lifetimeKilobytes?: number;
}

/** Who talks to whom, as one end sees it. */
export interface DebugContext {
  readonly local: string;
  readonly peer: string;
  readonly connId: number;
  readonly initiator: boolean;
  readonly messageId: number;
  readonly localSpi: string;
  readonly remoteSpi: string;
}

export const isakmp = (text: string): DebugLine => ({ debug: 'isakmp', text });
export const ipsec = (text: string): DebugLine => ({ debug: 'ipsec', text });
export const ikev2 = (text: string): DebugLine => ({ debug: 'ikev2', text });
const engine = (text: string): DebugLine => ({ debug: 'engine', text });

/** IKEv1 main mode, from the first packet to P1_COMPLETE. */
export function mainMode(at: DebugContext): DebugLine[] {
  const side = at.initiator ? 'I' : 'R';
  const head = `ISAKMP: (${at.connId}):`;
  const sent = (state: string): DebugLine =>
    isakmp(`ISAKMP-PAK: (${at.connId}):sending packet to ${at.peer} my_port 500 peer_port 500 (${side}) ${state}`);
  const got = (state: string): DebugLine =>
    isakmp(`ISAKMP-PAK: (${at.connId}):received packet from ${at.peer} dport 500 sport 500 Global (${side}) ${state}`);
  const opening = at.initiator
    ? [
        ipsec(
          [
            'IPSEC(sa_request): ,',
            `  (key eng. msg.) OUTBOUND local= ${at.local}:500, remote= ${at.peer}:500,`,
            `    local_proxy= ${at.local}/255.255.255.255/47/0,`,
            `    remote_proxy= ${at.peer}/255.255.255.255/47/0,`,
            '    protocol= ESP, transform= esp-aes 256 esp-sha-hmac  (Transport), ',
            '    lifedur= 3600s and 4608000kb, ',
            '    spi= 0x0(0), conn_id= 0, keysize= 256, flags= 0x0',
          ].join('\n'),
        ),
        isakmp('ISAKMP: (0):SA request profile is (NULL)'),
        isakmp(`ISAKMP: (0):Created a peer struct for ${at.peer}, peer port 500`),
        isakmp('ISAKMP: (0):beginning Main Mode exchange'),
      ]
    : [
        isakmp(`ISAKMP-PAK: (0):received packet from ${at.peer} dport 500 sport 500 Global (N) NEW SA`),
        isakmp(`ISAKMP: (0):Created a peer struct for ${at.peer}, peer port 500`),
        isakmp('ISAKMP: (0):processing SA payload. message ID = 0'),
      ];
  return [
    ...opening,
    isakmp(`ISAKMP: (0):found peer pre-shared key matching ${at.peer}`),
    isakmp('ISAKMP: (0):Checking ISAKMP transform 1 against priority 10 policy'),
    isakmp('ISAKMP: (0):atts are acceptable. Next payload is 0'),
    engine(`crypto_engine: Create DH shared secret`),
    engine(`crypto_engine: Create IKE SA`),
    sent('MM_KEY_EXCH'),
    got('MM_KEY_EXCH'),
    isakmp(`ISAKMP: (${at.connId}):processing ID payload. message ID = 0`),
    isakmp(`ISAKMP: (${at.connId}):SA authentication status:`),
    isakmp('        authenticated'),
    isakmp(`${head}SA has been authenticated with ${at.peer}`),
    isakmp(`${head}Input = IKE_MESG_INTERNAL, IKE_PROCESS_COMPLETE`),
    isakmp(`${head}Old State = IKE_${side}_MM${at.initiator ? 6 : 5}  New State = IKE_P1_COMPLETE`),
  ];
}

/** IKEv1 quick mode: a new pair of IPsec SAs, at first or as a rekey. */
export function quickMode(at: DebugContext, sas: NewSas): DebugLine[] {
  const { inboundSpi, outboundSpi } = sas;
  const head = `ISAKMP: (${at.connId}):`;
  const side = at.initiator ? 'I' : 'R';
  const begin = at.initiator
    ? isakmp(`${head}beginning Quick Mode exchange, M-ID of ${at.messageId}`)
    : isakmp(`${head}processing HASH payload. message ID = ${at.messageId}`);
  return [
    begin,
    isakmp(`${head}processing SA payload. message ID = ${at.messageId}`),
    isakmp(`${head}Checking IPSec proposal 1`),
    isakmp('ISAKMP: transform 1, ESP_AES '),
    isakmp(`${head}atts are acceptable.`),
    ipsec('IPSEC(validate_proposal_request): proposal part #1'),
    ipsec('IPSEC(key_engine): got a queue event with 1 KMI message(s)'),
    engine('crypto_engine: Generate IKE QM keys'),
    engine('crypto_engine: Create IPSec SA (by keys)'),
    ...createSas(at, sas),
    isakmp(`ISAKMP: (${at.connId}):Creating IPSec SAs`),
    isakmp(`        inbound SA from ${at.peer} to ${at.local} (f/i)  0/ 0`),
    isakmp(`        has spi ${spiHex(inboundSpi)} and conn_id 0`),
    isakmp(`        outbound SA from ${at.local} to ${at.peer} (f/i) 0/0`),
    isakmp(`        has spi  ${spiHex(outboundSpi)} and conn_id 0`),
    isakmp(`${head}Old State = IKE_QM_${side}_QM1  New State = IKE_QM_PHASE2_COMPLETE`),
  ];
}

/** The IPsec half, the same under both IKE versions. */
export function createSas(at: DebugContext, sas: NewSas): DebugLine[] {
  const created = (destination: string, spi: number, connId: number): DebugLine =>
    ipsec(
      [
        'IPSEC(create_sa): sa created,',
        `  (sa) sa_dest= ${destination}, sa_proto= 50, `,
        `    sa_spi= ${spiBoth(spi)}, `,
        `    sa_trans= esp-aes 256 esp-sha-hmac , sa_conn_id= ${connId}`,
        `    sa_lifetime(k/sec)= (${sas.lifetimeKilobytes ?? 4_608_000}/${sas.lifetimeSeconds})`,
      ].join('\n'),
    );
  return [created(at.local, sas.inboundSpi, sas.inboundConnId), created(at.peer, sas.outboundSpi, sas.outboundConnId)];
}

export const deleteSa = (at: DebugContext, spi: number, connId: number): DebugLine => deleteOf(at.local, spi, connId);
export const deleteSaOut = (at: DebugContext, spi: number, connId: number): DebugLine => deleteOf(at.peer, spi, connId);

function deleteOf(destination: string, spi: number, connId: number): DebugLine {
  const lines = [
    'IPSEC(delete_sa): deleting SA,',
    `  (sa) sa_dest= ${destination}, sa_proto= 50, `,
    `    sa_spi= ${spiBoth(spi)}, `,
    `    sa_trans= esp-aes 256 esp-sha-hmac , sa_conn_id= ${connId}`,
  ];
  return ipsec(lines.join('\n'));
}

/** This end takes an old pair down: a DELETE received (or sent) for it. */
export function deletePair(at: DebugContext, sas: NewSas, received: boolean): DebugLine[] {
  const { inboundSpi } = sas;
  const head = `ISAKMP: (${at.connId}):`;
  return [
    ...(received
      ? [
          isakmp(`ISAKMP-PAK: (${at.connId}):received packet from ${at.peer} dport 500 sport 500 Global (R) QM_IDLE      `),
          isakmp(`${head}processing HASH payload. message ID = ${at.messageId}`),
          isakmp(`${head}processing DELETE payload. message ID = ${at.messageId}`),
          isakmp(`${head}peer does not do paranoid keepalives.`),
          isakmp(`ISAKMP: (0):Enqueued KEY_MGR_DELETE_SAS for IPSEC SA (SPI:${spiHex(inboundSpi)})`),
        ]
      : [
          isakmp(`${head}Delete IPSec SA by ID: spi ${spiHex(inboundSpi)}`),
          isakmp(`ISAKMP-PAK: (${at.connId}):sending packet to ${at.peer} my_port 500 peer_port 500 (I) QM_IDLE      `),
        ]),
    ipsec('IPSEC(key_engine): got a queue event with 1 KMI message(s)'),
    deleteSa(at, inboundSpi, sas.inboundConnId),
  ];
}

/** Dead peer detection (RFC 3706), one question and its answer. */
export function dpd(at: DebugContext, sequence: number, answered: boolean): DebugLine[] {
  const head = `ISAKMP: (${at.connId}):`;
  const asked = [
    isakmp(`${head}DPD/R_U_THERE sent to ${at.peer} on sequence 0x${sequence.toString(16).toUpperCase()}`),
    isakmp(
      `ISAKMP-PAK: (${at.connId}):sending packet to ${at.peer} my_port 500 peer_port 500 (${at.initiator ? 'I' : 'R'}) QM_IDLE      `,
    ),
  ];
  if (!answered) return asked;
  return [
    ...asked,
    isakmp(
      `ISAKMP-PAK: (${at.connId}):received packet from ${at.peer} dport 500 sport 500 Global (${at.initiator ? 'I' : 'R'}) QM_IDLE      `,
    ),
    isakmp(`${head}DPD/R_U_THERE_ACK received from peer ${at.peer}, sequence 0x${sequence.toString(16).toUpperCase()}`),
  ];
}

/** What a tunnel says under debug while nothing changes: keepalives, and the key engine's queue. */
export function chatter(at: DebugContext, ikeVersion: 1 | 2, turn: number): DebugLine[] {
  const alive = ikeVersion === 1 ? dpd(at, (0x1000_0000 + turn) >>> 0, true) : ikev2Liveness(at, turn, true);
  return [
    ...alive,
    ipsec('IPSEC(key_engine): got a queue event with 1 KMI message(s)'),
    engine('crypto_engine: Encrypt IKE packet'),
  ];
}

/** An empty INFORMATIONAL and its answer (RFC 7296 §1.4). */
export function ikev2Liveness(at: DebugContext, messageId: number, answered: boolean): DebugLine[] {
  const id = `(SESSION ID = ${at.connId % 1000},SA ID = 1)`;
  const [mine, theirs] = at.initiator ? [at.localSpi, at.remoteSpi] : [at.remoteSpi, at.localSpi];
  return [
    ikev2(`IKEv2:${id}:Sending DPD/liveness query`),
    ikev2(`IKEv2:${id}:Sending Packet [To ${at.peer}:500/From ${at.local}:500/VRF i0:f0] `),
    ikev2(`Initiator SPI : ${mine} - Responder SPI : ${theirs} Message id: ${messageId}`),
    ikev2('IKEv2 INFORMATIONAL Exchange REQUEST '),
    ...(answered
      ? [
          ikev2(`IKEv2:${id}:Received Packet [From ${at.peer}:500/To ${at.local}:500/VRF i0:f0] `),
          ikev2('IKEv2 INFORMATIONAL Exchange RESPONSE '),
        ]
      : []),
  ];
}

/** A packet came with an SPI that is not here, and there is an IKE SA with its sender: the DELETE goes out through it. */
export function invalidSpiDelete(at: DebugContext, ikeVersion: 1 | 2, spi: number): DebugLine[] {
  const queued = ipsec('IPSEC(key_engine): got a queue event with 1 KMI message(s)');
  if (ikeVersion === 2) {
    const id = `(SESSION ID = ${at.connId % 1000},SA ID = 1)`;
    return [queued, ikev2(`IKEv2:${id}:Sending DELETE INFO message for IPsec SA [SPI: ${spiHex(spi)}]`)];
  }
  const head = `ISAKMP: (${at.connId}):`;
  const side = at.initiator ? 'I' : 'R';
  return [
    queued,
    isakmp(`${head}set new node ${at.messageId} to QM_IDLE      `),
    isakmp(`ISAKMP-PAK: (${at.connId}):sending packet to ${at.peer} my_port 500 peer_port 500 (${side}) QM_IDLE      `),
    isakmp(`${head}purging node ${at.messageId}`),
  ];
}

/** The IKE SA of this end is gone: the peer does not answer DPD. */
export function deadPeer(at: DebugContext, ikeVersion: 1 | 2): DebugLine[] {
  if (ikeVersion === 1) return deleteIke(at, 'End of ipsec tunnel');
  const id = `(SESSION ID = ${at.connId % 1000},SA ID = 1)`;
  return [ikev2(`IKEv2:${id}:Maximum number of retransmissions reached`), ikev2(`IKEv2:${id}:Deleting SA`)];
}

export function deleteIke(at: DebugContext, reason: string): DebugLine[] {
  return [
    isakmp(
      `ISAKMP: (${at.connId}):deleting SA reason "${reason}" state (${at.initiator ? 'I' : 'R'}) QM_IDLE       (peer ${at.peer})`,
    ),
    isakmp(`ISAKMP: (${at.connId}):Old State = IKE_P1_COMPLETE  New State = IKE_DEST_SA`),
  ];
}

/** A packet came with an SPI that is not here, and there is no IKE SA to send a DELETE through. */
export function noIsakmpSa(source: string, destination: string, spi: number): DebugLine[] {
  const text = `ISAKMP-ERROR: (0):ignoring request to send delete notify (no ISAKMP sa) src ${destination} dst ${source} for SPI ${spiHex(spi)}`;
  return [ipsec('IPSEC(key_engine): got a queue event with 1 KMI message(s)'), isakmp(text)];
}

/** IKEv2: IKE_SA_INIT and IKE_AUTH (RFC 7296 §1.2). */
export function ikev2Setup(at: DebugContext): DebugLine[] {
  const id = `(SESSION ID = ${at.connId % 1000},SA ID = 1)`;
  const [mine, theirs] = at.initiator ? [at.localSpi, at.remoteSpi] : [at.remoteSpi, at.localSpi];
  const packet = (verb: string, way: string, exchange: string, message: number): DebugLine[] => [
    ikev2(`IKEv2:${id}:${verb} Packet [${way} ${at.peer}:500/${way === 'To' ? 'From' : 'To'} ${at.local}:500/VRF i0:f0] `),
    ikev2(`Initiator SPI : ${mine} - Responder SPI : ${theirs} Message id: ${message}`),
    ikev2(`IKEv2 ${exchange} Exchange ${(verb === 'Sending') === at.initiator ? 'REQUEST' : 'RESPONSE'} `),
  ];
  const rounds: [string, number][] = [
    ['IKE_SA_INIT', 0],
    ['IKE_AUTH', 1],
  ];
  return [
    ...rounds.flatMap(([exchange, message]) =>
      at.initiator
        ? [...packet('Sending', 'To', exchange, message), ...packet('Received', 'From', exchange, message)]
        : [...packet('Received', 'From', exchange, message), ...packet('Sending', 'To', exchange, message)],
    ),
    ikev2(`IKEv2:${id}:Session with IKE ID PAIR (${at.peer}, ${at.local}) is UP`),
  ];
}

/** IKEv2 CREATE_CHILD_SA for a rekey (RFC 7296 §2.8). */
export function ikev2Child(at: DebugContext, sas: NewSas): DebugLine[] {
  const id = `(SESSION ID = ${at.connId % 1000},SA ID = 1)`;
  return [
    ikev2(
      `IKEv2:${id}:${at.initiator ? 'Sending' : 'Received'} Packet [${at.initiator ? 'To' : 'From'} ${at.peer}:500/${at.initiator ? 'From' : 'To'} ${at.local}:500/VRF i0:f0] `,
    ),
    ikev2('IKEv2 CREATE_CHILD_SA Exchange REQUEST '),
    ikev2(`IKEv2:${id}:Validating create child message`),
    ikev2(`IKEv2:${id}:Checking for Diffie-Hellman group: None`),
    ikev2(`IKEv2:${id}:Load IPSEC key material`),
    ...createSas(at, sas),
  ];
}

/** IKEv2 INFORMATIONAL with a DELETE (RFC 7296 §1.4.1). */
export function ikev2Delete(at: DebugContext, sas: NewSas, received: boolean): DebugLine[] {
  const { inboundSpi } = sas;
  const id = `(SESSION ID = ${at.connId % 1000},SA ID = 1)`;
  return [
    ikev2(`IKEv2:${id}:${received ? 'Process delete request from peer' : 'Building packet for encryption'}`),
    ikev2(
      `IKEv2:${id}:${received ? 'Processing DELETE INFO message for IPsec SA' : 'Sending DELETE INFO message for IPsec SA'} [SPI: ${spiHex(inboundSpi)}]`,
    ),
    ikev2(`IKEv2:${id}:Check for existing active SA`),
    deleteSa(at, inboundSpi, sas.inboundConnId),
  ];
}
