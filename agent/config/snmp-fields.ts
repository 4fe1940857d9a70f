/** How SNMP is authenticated, as it is written: of a peer's signals and the device's traps, and of questions. Used by schema.ts and source-fields.ts. */
import { z } from 'zod';
import { mapping, notYet, optional, required } from './field-notes.ts';
import * as kinds from './fields.ts';
import { secret } from './secrets.ts';

export const authProtocols = ['sha1', 'sha224', 'sha256', 'sha384', 'sha512'] as const;
export const privProtocols = ['aes', 'aes256', 'aes256c'] as const;

const usm = (sameUser: string, whyAuth: string, withoutPriv: string) =>
  mapping({
    version: required(z.literal(3), 'SNMPv3 with the user-based security model (RFC 3414).'),
    user: required(kinds.text('user name'), sameUser),
    auth: required(
      mapping({
        protocol: required(kinds.word(authProtocols), 'Authentication (RFC 3414, RFC 7860).'),
        key: required(secret(), 'Authentication password, 8 characters or more.'),
      }),
      whyAuth,
    ),
    priv: optional(
      mapping({
        protocol: required(
          kinds.word(privProtocols, { des: 'DES is broken; use aes' }),
          '`aes` is AES-128 (RFC 3826), `aes256` the Blumenthal key extension, `aes256c` Cisco’s (Reeder).',
        ),
        key: required(secret(), 'Privacy password, 8 characters or more.'),
      }),
      'Privacy.',
      withoutPriv,
    ),
  });

/** Words that people know from elsewhere. */
const spelledOtherwise = {
  '1': 'written as 1, without quotes',
  v1: 'written as 1',
  v3: 'written as 3',
  v2c: 'written as 2c',
  '2': 'written as 2c',
};

/** Of notifications: v1 is one of their versions. */
export const snmpFields = () =>
  notYet(
    z.discriminatedUnion('version', [
      usm(
        'The same user at both ends.',
        'Always asked for: an unauthenticated stop could be sent by anyone.',
        'none: signals are authenticated, and readable on the wire',
      ),
      mapping({
        version: required(
          z.literal(['2c', 1]),
          'SNMPv2c, or SNMPv1 for an `eem` peer (it has no acknowledgements). Needs `signal.allowInsecure: true`, since anyone who can spoof UDP can then stop debugs.',
        ),
        community: required(secret(), 'The community.'),
      }),
    ]),
    spelledOtherwise,
  );

/** Of the device's own traps: what comes with a community alone is looked up on the device before it acts. */
export const trapFields = () =>
  notYet(
    z.discriminatedUnion('version', [
      usm(
        'The user of the router’s `snmp-server host`.',
        'Always asked for: what is not authenticated is a community.',
        'none: traps are authenticated, and readable on the wire',
      ),
      mapping({
        version: required(
          z.literal(['2c', 1]),
          'SNMPv2c or SNMPv1: anyone who can spoof UDP and knows the community can send one.',
        ),
        community: required(secret(), 'The community.'),
      }),
    ]),
    spelledOtherwise,
  );

/** Of questions: a read-only user or community. */
export const pollFields = () =>
  notYet(
    z.discriminatedUnion('version', [
      usm(
        'A read-only user of the router.',
        'Always asked for: a forged answer could open incidents.',
        'none: answers are authenticated, and readable on the wire',
      ),
      mapping({
        version: required(z.literal('2c'), 'SNMPv2c.'),
        community: required(secret(), 'A read-only community.'),
      }),
    ]),
    {
      ...spelledOtherwise,
      '1': 'not possible: SNMPv1 has no way to say that one object is missing; use 2c',
      v1: 'not possible; use 2c',
    },
  );
