/**
 * Notifications of the device itself (a source on the shelf): syslog as traps (clogMessageGenerated) becomes the lines that it was,
 * IPsec traps without a flow become symptoms. Through our own receiver, so that address, version, user or community, HMAC and time are
 * judged as for peers' signals; what is not ours is counted. With a community it can be spoofed, as a line over UDP.
 */
import { isInvalidSpi, readInvalidSpi } from '../../shared/detect/invalid-spi.ts';
import { limits } from '../../shared/limits.ts';
import { formatSpi } from '../../shared/model/flow.ts';
import type { Trust } from '../../shared/model/observation.ts';
import { printable } from '../../shared/model/printable.ts';
import { CLOG_MESSAGE_GENERATED, type ClogMessage, clogLine, readClogMessage, wholePart } from '../../shared/wire/clog-trap.ts';
import type { Varbind } from '../../shared/wire/snmp-pdu.ts';
import type { SourceConfig, SymptomTrap } from '../config/config.ts';
import type { SnmpEngine } from '../net/engine.ts';
import type { Notification } from '../net/signalling.ts';
import { openSnmpReceiver } from '../net/snmp-receiver.ts';
import type { SourceContext } from './source.ts';
import { type Listening, shown } from './syslog-listener.ts';

export type SnmpTrapConfig = Extract<SourceConfig, { readonly kind: 'snmp-trap' }>;

export interface SnmpTrapContext extends SourceContext<unknown> {
  /** Ours: informs and their discovery are answered with it. */
  readonly engine: SnmpEngine;
}

export const snmpTrap = {
  kind: 'snmp-trap',
  /** Rejects with LISTEN_REFUSED, or CONFIG_INVALID for credentials that no key can be made of. */
  async open(name: string, config: SnmpTrapConfig, context: SnmpTrapContext): Promise<Listening> {
    const { world, emit, engine } = context;
    const reader = new TrapReader(name, config, context);
    const receiver = await openSnmpReceiver({
      setting: 'listen',
      listen: config.listen,
      peers: [{ name: 'device', from: config.from.map(({ text }) => text), credentials: config.snmp, engineId: config.engineId }],
      engine,
      world,
      onNotification: (notification) => reader.take(notification),
      onRefusal: ({ reason, detail, from, at }) =>
        emit({ kind: 'refusal', source: name, reason: `snmp-${reason}`, from: from.address, at, detail }),
    });
    const state = (word: 'open' | 'closed', detail: string): void =>
      emit({ kind: 'source-state', source: name, state: word, detail, at: world.clock.monotonic() });
    const granted = receiver.receiveBufferBytes;
    const less = granted < limits.udpReceiveBufferBytes ? `, less than the ${limits.udpReceiveBufferBytes} asked for` : '';
    state('open', `UDP ${shown(receiver.local)}, receive buffer ${granted} bytes${less}`);
    return {
      local: receiver.local,
      async close() {
        await receiver.close();
        state('closed', `UDP ${shown(receiver.local)}`);
      },
    };
  },
} as const;

/** By OID; the last arc of cipSecNoSa is its place among the notifications of CISCO-IPSEC-FLOW-MONITOR-MIB. */
const SYMPTOMS: ReadonlyMap<string, SymptomTrap> = new Map([
  ['1.3.6.1.4.1.9.9.432.0.5', 'bad-sa'],
  ['1.3.6.1.4.1.9.9.171.2.0.13', 'no-sa'],
]);
const NAMES: Readonly<Record<SymptomTrap, string>> = { 'bad-sa': 'ciscoEnhIpsecFlowBadSa', 'no-sa': 'cipSecNoSa' };

class TrapReader {
  readonly #name: string;
  readonly #config: SnmpTrapConfig;
  readonly #context: SnmpTrapContext;
  readonly #trust: Trust;

  constructor(name: string, config: SnmpTrapConfig, context: SnmpTrapContext) {
    this.#name = name;
    this.#config = config;
    this.#context = context;
    this.#trust = config.snmp.version === 3 ? 'connected' : 'spoofable';
  }

  take(notification: Notification): void {
    this.#read(notification);
    // Whatever it was: it is authentic, and would only come again.
    notification.respond();
  }

  #read(notification: Notification): void {
    const { trapOid, varbinds, from, at, wall } = notification;
    const symptom = SYMPTOMS.get(trapOid);
    if (symptom !== undefined) {
      const spi = symptom === 'bad-sa' ? spiOf(varbinds) : null;
      this.#context.emit({
        kind: 'symptom',
        source: this.#name,
        cause: symptom,
        opens: this.#config.opens.includes(symptom),
        remote: null,
        detail: `${NAMES[symptom]}${spi === null ? '' : `, SPI ${formatSpi(spi)}`}`,
        at,
        wall,
      });
      return;
    }
    if (trapOid !== CLOG_MESSAGE_GENERATED) {
      this.#refused('not-a-message', notification, `notification ${printable(trapOid, 120)}`);
      return;
    }
    const read = readClogMessage(varbinds);
    if (!read.ok) {
      this.#refused('message-malformed', notification, read.detail);
      return;
    }
    this.#message(read.message, notification, from.address);
  }

  #message(message: ClogMessage, { at, wall }: Notification, from: string): void {
    const source = this.#name;
    const bytes = lineOf(message);
    const line = { kind: 'lines', source, trust: this.#trust, from, at, wall, backlog: false } as const;
    const ours = message.cut && isInvalidSpi({ facilityName: message.facility, mnemonic: message.name });
    if (!ours) {
      this.#context.emit({ ...line, bytes });
      return;
    }
    const whole = wholePart(message.text);
    const read = readInvalidSpi(whole);
    if (read.ok) {
      // The interface alone was lost.
      this.#context.emit({ ...line, bytes: lineOf({ ...message, text: whole }), asCame: bytes });
      return;
    }
    const spi = /\bspi\s*=\s*(?<spi>0x[0-9A-Fa-f]{1,8})\(\d{1,10}\)/.exec(whole)?.groups?.['spi'] ?? null;
    this.#context.emit({
      kind: 'cut-message',
      source,
      trust: this.#trust,
      bytes,
      whole: clogLine({ ...message, text: whole }),
      spi,
      from,
      at,
      wall,
    });
  }

  #refused(reason: string, { from, at }: Notification, detail: string): void {
    this.#context.emit({ kind: 'refusal', source: this.#name, reason, from: from.address, at, detail });
  }
}

const lineOf = (message: ClogMessage): Buffer => Buffer.from(`${clogLine(message)}\n`, 'latin1');

/** Of the notification's objects the one that is an SPI: the only unsigned number among them. */
function spiOf(varbinds: readonly Varbind[]): number | null {
  const found = varbinds.find(({ oid, value }) => oid.startsWith('1.3.6.1.4.1.9.9.432.') && value.type === 'unsigned32')?.value;
  return found?.type === 'unsigned32' ? found.value : null;
}
