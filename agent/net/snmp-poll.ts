/**
 * The SnmpPolls port on this host, over net-snmp: the only importer of that package outside the lab. Wired by world.ts, used by the
 * polling sources. One session a question, closed after it: a stuck one of the package can hold up nothing. Its faults are kept in this
 * room: an error event is always heard (it would end the process), and a timer of ours bounds every question.
 */
import snmp from 'net-snmp';
import type { Clock } from '../../shared/clock.ts';
import { SpitrapError } from '../../shared/errors.ts';
import { printable } from '../../shared/model/printable.ts';
import type { PolledRow, PolledValue, SnmpPolls, SnmpTarget } from '../ports.ts';

/** Asked once more: one datagram of two may be lost. */
const RETRIES = 1;
/** Beyond both of the package's own tries: only then ours ends the question. */
const SLACK_MS = 500;
/** Answers have no more than what is asked for, some hundred octets. */
const REPLY_BYTES_MAX = 8 * 1024;

export const snmpPolls = (clock: Clock): SnmpPolls => ({
  get: (target, oids) =>
    ask(clock, target, (session, done, fail) => {
      session.get([...oids], (error, varbinds) => {
        if (error !== null) fail(error);
        else if (
          varbinds === undefined ||
          varbinds.length !== oids.length ||
          varbinds.some(({ oid }, index) => oid !== oids[index])
        )
          fail(new Error('it answers for other objects than were asked for'));
        else done(varbinds.map(polledValue));
      });
    }),
  walk: (target, prefix, rowsMax) =>
    ask(clock, target, (session, done, fail) => {
      const rows: PolledRow[] = [];
      const next = (from: string): void => {
        session.getNext([from], (error, varbinds) => {
          const found = varbinds?.[0];
          if (error !== null) fail(error);
          // An agent that goes backwards would be asked for ever.
          else if (found === undefined || !found.oid.startsWith(`${prefix}.`) || !isAfter(found.oid, from)) done(rows);
          else if (snmp.isVarbindError(found)) done(rows);
          else {
            rows.push({ oid: found.oid, value: polledValue(found) });
            if (rows.length >= rowsMax) done(rows);
            else next(found.oid);
          }
        });
      };
      next(prefix);
    }),
});

type Ask<T> = (session: snmp.Session, done: (value: T) => void, fail: (error: Error) => void) => void;

function ask<T>(clock: Clock, target: SnmpTarget, question: Ask<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    let session: snmp.Session | null = null;
    const end = (): void => {
      bound.cancel();
      const open = session;
      session = null;
      open?.close();
    };
    const fail = (error: Error): void => {
      end();
      reject(failed(target, error));
    };
    // A table is many questions; each has its own bound in the package, and all of them this one.
    const bound = clock.timer('SNMP poll', target.timeoutMs * (RETRIES + 1) * QUESTIONS_TIMED + SLACK_MS, () =>
      fail(new Error(`no end within ${target.timeoutMs * (RETRIES + 1) * QUESTIONS_TIMED + SLACK_MS} ms`)),
    );
    try {
      session = openSession(target);
      session.on('error', fail);
      question(
        session,
        (value) => {
          end();
          resolve(value);
        },
        fail,
      );
    } catch (error) {
      fail(error instanceof Error ? error : new Error(String(error)));
    }
  });
}

/** Questions of one walk that may each run into their bound before all of it ends. */
const QUESTIONS_TIMED = 3;

function openSession({ to, credentials, timeoutMs }: SnmpTarget): snmp.Session {
  const options = {
    port: to.port,
    transport: to.address.includes(':') ? 'udp6' : 'udp4',
    timeout: timeoutMs,
    retries: RETRIES,
    backoff: 1,
    reportOidMismatchErrors: true,
    idBitsSize: 32,
  } as const;
  if (credentials.version === '2c')
    return snmp.createSession(to.address, credentials.community, { ...options, version: snmp.Version2c });
  const { user, auth, priv } = credentials;
  return snmp.createV3Session(
    to.address,
    {
      name: user,
      level: priv === null ? snmp.SecurityLevel.authNoPriv : snmp.SecurityLevel.authPriv,
      authProtocol: authProtocols[auth.protocol],
      authKey: auth.key,
      ...(priv !== null && { privProtocol: privProtocols[priv.protocol], privKey: priv.key }),
    },
    { ...options, version: snmp.Version3 },
  );
}

const authProtocols = {
  sha1: snmp.AuthProtocols.sha,
  sha224: snmp.AuthProtocols.sha224,
  sha256: snmp.AuthProtocols.sha256,
  sha384: snmp.AuthProtocols.sha384,
  sha512: snmp.AuthProtocols.sha512,
} as const;

/** The package's `aes256b` is Blumenthal's key extension, `aes256r` Reeder's (Cisco's). */
const privProtocols = {
  aes128: snmp.PrivProtocols.aes,
  aes256: snmp.PrivProtocols.aes256b,
  aes256c: snmp.PrivProtocols.aes256r,
} as const;

function polledValue(varbind: snmp.Varbind): PolledValue {
  if (snmp.isVarbindError(varbind)) return { kind: 'absent' };
  const { value } = varbind;
  if (typeof value === 'number' && Number.isSafeInteger(value)) return { kind: 'number', value };
  if (Buffer.isBuffer(value)) return { kind: 'text', value: value.subarray(0, REPLY_BYTES_MAX).toString('latin1') };
  return { kind: 'absent' };
}

/** By arcs, as the MIB tree is ordered. */
function isAfter(oid: string, before: string): boolean {
  const a = oid.split('.').map(Number);
  const b = before.split('.').map(Number);
  for (let at = 0; at < Math.min(a.length, b.length); at++) if (a[at] !== b[at]) return a[at]! > b[at]!;
  return a.length > b.length;
}

function failed({ to }: SnmpTarget, error: Error): SpitrapError {
  const where = to.address.includes(':') ? `[${to.address}]:${to.port}` : `${to.address}:${to.port}`;
  // Its messages hold no secret, and may hold text of the other end.
  return new SpitrapError(
    'SNMP_POLL_FAILED',
    `SNMP ${where}: ${printable(error.message, 160)}; it is asked again at the next poll`,
    {
      retryable: true,
      context: { address: to.address, port: to.port },
    },
  );
}
