/**
 * The ShellTransport port over ssh2, and its only importer outside lab/ and test/. Traps and measurements: dependencies.md §3 and §8.
 * The host key is always judged, an `error` listener is always there, and a password is sent at most once a login (lock-outs).
 */
import { createHash } from 'node:crypto';
import ssh2 from 'ssh2';
import type { Clock } from '../../shared/clock.ts';
import { SpitrapError } from '../../shared/errors.ts';
import { quoted } from '../../shared/model/printable.ts';
import { formatDuration } from '../../shared/model/time.ts';
import type { Shell, ShellTarget, ShellTransport } from '../ports.ts';
import { sshAlgorithms } from './ssh-algorithms.ts';
import { type Attempt, noTerminal, sshError, where } from './ssh-errors.ts';

/** Keepalives without an answer before the connection counts as dead. */
const KEEPALIVES_LOST_MAX = 3;
/** The far end's answer to our disconnect. */
const CLOSE_MS = 1_000;
/** Wide, so that IOS wraps nothing; no height, so that it pages nothing. Either may be ignored. */
const TERMINAL = { term: 'vt100', cols: 511, rows: 0, width: 0, height: 0 };

export function sshShells(clock: Clock): ShellTransport {
  return {
    async open(target, { timeoutMs }) {
      const clients: ssh2.Client[] = [];
      let late = false;
      const timer = clock.timer('ssh open', timeoutMs, () => {
        late = true;
        for (const client of clients) client.destroy();
      });
      try {
        return await openShell(clock, target, timeoutMs, clients);
      } catch (error) {
        for (const client of clients) client.destroy();
        const what = `${where(target)}: no shell within ${formatDuration(timeoutMs)}. Tried again later.`;
        throw late ? new SpitrapError('SSH_UNREACHABLE', what, { retryable: true, cause: error }) : error;
      } finally {
        timer.cancel();
      }
    },
  };
}

async function openShell(clock: Clock, target: ShellTarget, timeoutMs: number, clients: ssh2.Client[]): Promise<Shell> {
  const through = target.jump === undefined ? null : await connect(target.jump, timeoutMs, clients, null);
  const sock = through === null ? null : await forward(through.client, target);
  const { client, fingerprint } = await connect(target, timeoutMs, clients, sock);
  const stream = await new Promise<ssh2.ClientChannel>((resolve, reject) => {
    const closed = () => reject(sshError(newAttempt(target), null));
    client.once('close', closed);
    try {
      client.shell(TERMINAL, (error, channel) => {
        client.removeListener('close', closed);
        if (error) reject(noTerminal(target, error));
        else resolve(channel);
      });
    } catch (error) {
      // On a connection that died this very moment ssh2 throws "Not connected".
      reject(noTerminal(target, error as Error));
    }
  });
  return new SshShell(clock, target, fingerprint, stream, clients);
}

const newAttempt = (target: ShellTarget): Attempt => ({
  target,
  presentedKey: null,
  keyRefused: false,
  methods: '',
  offers: new Map(),
});

function connect(
  target: ShellTarget,
  timeoutMs: number,
  clients: ssh2.Client[],
  sock: ssh2.ClientChannel | null,
): Promise<{ client: ssh2.Client; fingerprint: string }> {
  return new Promise((resolve, reject) => {
    const client = new ssh2.Client();
    clients.push(client);
    const attempt = newAttempt(target);
    // Stays for the life of the client: without a listener an error ends the process.
    client.on('error', (error) => reject(sshError(attempt, error)));
    client.on('close', () => reject(sshError(attempt, null)));
    client.on('keyboard-interactive', (_name, _instructions, _language, prompts, answer) => answer(answers(target, prompts)));
    client.on('ready', () => {
      client.setNoDelay(true);
      resolve({ client, fingerprint: attempt.presentedKey ?? '' });
    });
    try {
      client.connect({
        ...(sock === null ? { host: target.address, port: target.port } : { sock }),
        username: target.user,
        ...(target.privateKey === undefined ? {} : { privateKey: target.privateKey }),
        ...(target.passphrase === undefined ? {} : { passphrase: target.passphrase }),
        authHandler: authentication(target, attempt),
        tryKeyboard: true,
        hostVerifier: (key: Buffer) => hostKeyAccepted(target, attempt, key),
        algorithms: sshAlgorithms(target.legacy),
        readyTimeout: timeoutMs,
        keepaliveInterval: target.keepaliveMs,
        keepaliveCountMax: KEEPALIVES_LOST_MAX,
        debug: (line) => noteOffer(attempt, line),
      });
    } catch (error) {
      const what = `${where(target)}: the key of ${quoted(target.user)} cannot be used: ${quoted((error as Error).message)}`;
      reject(new SpitrapError('SSH_AUTH_REFUSED', what, { cause: error }));
    }
  });
}

function hostKeyAccepted(target: ShellTarget, attempt: Attempt, key: Buffer): boolean {
  const fingerprint = `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`;
  attempt.presentedKey = fingerprint;
  if (target.hostKeys.some((pinned) => pinned.replace(/=+$/, '') === fingerprint)) return true;
  // Trust on first use is for a device without a pin; one that shows another key than pinned is refused all the same.
  if (target.hostKeys.length === 0 && target.trustOnFirstUse !== undefined) {
    target.trustOnFirstUse(fingerprint);
    return true;
  }
  attempt.keyRefused = true;
  return false;
}

/** `none` first, which tells the methods; then the key, then the password by the one method that the far end has. */
function authentication(target: ShellTarget, attempt: Attempt): ssh2.AuthHandlerMiddleware {
  const left: ssh2.AuthenticationType[] = ['none'];
  if (target.privateKey !== undefined) left.push('publickey');
  if (target.password !== undefined) left.push('password', 'keyboard-interactive');
  let passwordSent = false;
  return (offered, _partial, next) => {
    if (Array.isArray(offered)) attempt.methods = offered.join(', ');
    for (let method = left.shift(); method !== undefined; method = left.shift()) {
      if (method !== 'none' && Array.isArray(offered) && !offered.includes(method)) continue;
      if (method === 'password' || method === 'keyboard-interactive') {
        if (passwordSent) continue;
        passwordSent = true;
      }
      next(credentials(target, method));
      return;
    }
    // The type of ssh2 does not know it, its code does: false ends the attempts.
    next(false as unknown as ssh2.AuthenticationType);
  };
}

function credentials(target: ShellTarget, method: ssh2.AuthenticationType): ssh2.AnyAuthMethod {
  const username = target.user;
  switch (method) {
    case 'publickey':
      return {
        type: 'publickey',
        username,
        key: target.privateKey!,
        ...(target.passphrase === undefined ? {} : { passphrase: target.passphrase }),
      };
    case 'password':
      return { type: 'password', username, password: target.password! };
    case 'keyboard-interactive':
      return {
        type: 'keyboard-interactive',
        username,
        prompt: (_n, _i, _l, prompts, answer) => answer(answers(target, prompts)),
      };
    default:
      return { type: 'none', username };
  }
}

/** Hidden prompts get the password; one that is shown is for the name. */
const answers = (target: ShellTarget, prompts: readonly ssh2.Prompt[]): string[] =>
  prompts.map((prompt) => (prompt.echo === true ? target.user : (target.password ?? '')));

//   Handshake: (remote) KEX method: diffie-hellman-group1-sha1
//   Handshake: (remote) C->S cipher: aes128-cbc,3des-cbc
const OFFER = /^Handshake: \(remote\) (?<list>KEX method|Host key format|C->S cipher|C->S MAC): (?<names>.*)$/;

function noteOffer(attempt: Attempt, line: string): void {
  const found = OFFER.exec(line)?.groups;
  if (found && attempt.offers.size < 4) attempt.offers.set(found['list']!, found['names']!);
}

function forward(client: ssh2.Client, target: ShellTarget): Promise<ssh2.ClientChannel> {
  return new Promise((resolve, reject) => {
    const refused = (error: Error) => {
      const what = `the jump host could not reach ${where(target)}: ${quoted(error.message)}. Tried again later.`;
      reject(new SpitrapError('SSH_UNREACHABLE', what, { retryable: true, cause: error }));
    };
    client.once('close', () => refused(new Error('it closed the connection')));
    try {
      client.forwardOut('127.0.0.1', 0, target.address, target.port, (error, channel) =>
        error ? refused(error) : resolve(channel),
      );
    } catch (error) {
      refused(error as Error);
    }
  });
}

class SshShell implements Shell {
  readonly hostKeyFingerprint: string;
  readonly #clock: Clock;
  readonly #target: ShellTarget;
  readonly #stream: ssh2.ClientChannel;
  /** The device's last, the jump host's before it. */
  readonly #clients: readonly ssh2.Client[];
  #closing = false;
  #closed = false;
  #reason: SpitrapError | null = null;
  #lastError: Error | null = null;
  #listeners: ((reason: SpitrapError | null) => void)[] = [];

  constructor(
    clock: Clock,
    target: ShellTarget,
    fingerprint: string,
    stream: ssh2.ClientChannel,
    clients: readonly ssh2.Client[],
  ) {
    this.hostKeyFingerprint = fingerprint;
    this.#clock = clock;
    this.#target = target;
    this.#stream = stream;
    this.#clients = clients;
    for (const client of clients) {
      client.on('error', (error) => {
        this.#lastError = error;
      });
      client.on('close', () => this.#onClosed());
    }
    stream.on('error', (error: Error) => {
      this.#lastError = error;
    });
    stream.on('close', () => this.#onClosed());
    // Nothing is said there by a shell on a terminal; unread it would stop the window.
    stream.stderr.resume();
  }

  onData(handler: (bytes: Buffer) => void): void {
    this.#stream.on('data', handler);
  }

  onClose(handler: (reason: SpitrapError | null) => void): void {
    if (this.#closed) handler(this.#reason);
    else this.#listeners.push(handler);
  }

  write(text: string): void {
    if (this.#closed || !this.#stream.writable) return;
    this.#stream.write(Buffer.from(text, 'utf8'));
  }

  async close(): Promise<void> {
    this.#closing = true;
    const gone = new Promise<void>((resolve) => this.onClose(() => resolve()));
    for (const client of [...this.#clients].reverse()) client.end();
    const late = this.#clock.timer('ssh close', CLOSE_MS, () => {
      for (const client of this.#clients) client.destroy();
      this.#onClosed();
    });
    await gone;
    late.cancel();
  }

  #onClosed(): void {
    if (this.#closed) return;
    this.#closed = true;
    if (!this.#closing) {
      const why = this.#lastError === null ? 'the far end closed it' : quoted(this.#lastError.message, 160);
      const what = `the session on ${where(this.#target)} ended: ${why}`;
      this.#reason = new SpitrapError('SSH_CLOSED', what, { retryable: true, cause: this.#lastError ?? undefined });
      for (const client of this.#clients) client.end();
    }
    const listeners = this.#listeners;
    this.#listeners = [];
    for (const listener of listeners) listener(this.#reason);
  }
}
