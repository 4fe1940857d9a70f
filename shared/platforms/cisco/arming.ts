/**
 * Arming on Cisco IOS and IOS XE: "Crypto Conditional Debug Support" (conditions before debugs), the on-box dead-man as an EEM applet
 * with a countdown timer, and what the pre-flight asks. Every line stands in grammar.ts too. Used by cisco.ts.
 */
import type { DebugName } from '../../model/arming.ts';
import type { PlatformArming } from '../arming.ts';
import { SHOW_CLOCK, SHOW_CONDITIONS, SHOW_CPU, SHOW_DEBUGGING } from './capture-plan.ts';
import { deadMan } from './dead-man.ts';
import { readCryptoFlag } from './debugging.ts';
import { addressWord } from './grammar.ts';

// IKE peer IP address        IKE peer IPv6 address        (the headings of `show crypto debug-condition`, without ` filters:`)
const PEER_ADDRESS = /^IKE peer IP(?:v[46])? address$/i;

const condition = (address: string): { on: string; off: string } | null => {
  const word = addressWord(address);
  if (word === null) return null;
  const what = `debug crypto condition peer ${word.includes(':') ? 'ipv6' : 'ipv4'} ${word}`;
  return { on: what, off: `no ${what}` };
};

const debugOn = (name: DebugName): string => `debug crypto ${name}`;

export const arming: PlatformArming = {
  ask: {
    cpu: SHOW_CPU,
    memory: 'show processes memory | include Processor Pool',
    debugging: SHOW_DEBUGGING,
    conditions: SHOW_CONDITIONS,
    // Without the buffer, which may have megabytes. `^Log Buf` tells the parser where the header ends.
    logging: 'show logging | include (Console|Monitor|Buffer|Trap) log|Logging to|^Log Buf',
    settings: 'show running-config | include service (timestamps|sequence)|^logging rate',
    lines: 'show line | include VTY',
    clock: SHOW_CLOCK,
  },
  condition,
  conditionAddress: ({ kind, value }) => (PEER_ADDRESS.test(kind) ? addressWord(value) : null),
  debugOn,
  debugOff: (name) => `no ${debugOn(name)}`,
  flagIs: (name, flag) => {
    const read = readCryptoFlag(flag);
    return read !== null && read.name === name && read.kind === null;
  },
  debugOf: (flag) => readCryptoFlag(flag)?.name ?? null,
  // % Maximum number of conditions reached          and not: %SYS-5-CONFIG_I, *Mar 12 18:22:10.706: %CRYPTO-4-…
  complaint: /^\s*%(?! ?[A-Z][A-Z0-9_]*-(?:[A-Z0-9_]+-)?[0-7]-)/m,
  deadMan,
  remedies: {
    console: ['no logging console'],
    monitor: ['logging monitor warnings'],
    trap: ['logging trap debugging'],
    rateLimit: ['no logging rate-limit'],
    msecStamps: ['service timestamps debug datetime msec', 'service timestamps log datetime msec'],
    sequenceNumbers: ['service sequence-numbers'],
    clock: ['ntp server <address of a time server>'],
    loggingHost: ['logging host <host>'],
  },
};
