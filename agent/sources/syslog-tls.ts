/**
 * Syslog over TLS (RFC 5425): a source on the shelf, with the framing of syslog over TCP under a server certificate. Decides who may
 * send: by address before the handshake and, where the configuration asks for it, by certificate after it. The files are looked at
 * now and then: a renewed certificate is used without a restart, a broken one never takes the place of a good one.
 */
import type { Timer } from '../../shared/clock.ts';
import { asSpitrapError } from '../../shared/errors.ts';
import { limits } from '../../shared/limits.ts';
import type { Wall } from '../../shared/model/time.ts';
import type { SourceConfig } from '../config/config.ts';
import type { StreamConnection, TlsClient, TlsConnection, TlsListener } from '../ports.ts';
import type { SourceContext } from './source.ts';
import { allowed, type Listening, type Reporter, receive, reporter, shown } from './syslog-listener.ts';
import { filesStamp, type LoadedFiles, loadTlsFiles } from './tls-files.ts';

export type SyslogTlsConfig = Extract<SourceConfig, { readonly kind: 'syslog-tls' }>;

/** A sender with a slow CPU needs a second or two for its signature; more is somebody who holds a place. */
const HANDSHAKE_MS = 10_000;
/** A renewed certificate is there weeks before the old one ends. */
const FILES_EVERY_MS = 30_000;

export const syslogTls = {
  kind: 'syslog-tls',
  /** Rejects with TLS_CREDENTIALS_REFUSED naming the file, and LISTEN_REFUSED. */
  async open(name: string, config: SyslogTlsConfig, context: SourceContext<unknown>): Promise<Listening> {
    const { world } = context;
    const files = await loadTlsFiles(`source ${name}`, config.files, world);
    const connections = new Connections(config, reporter(name, 'connected', context), context.whenRoom);
    const listener = await world.tls.listen(config.listen, files.credentials, {
      asksClient: asksClient(config),
      handshakeTimeoutMs: HANDSHAKE_MS,
      admit: (remote, open) => connections.admit(remote, open),
      onConnection: (connection) => connections.take(connection),
      onHandshakeFailed: (remote, why) => connections.failed(remote.address, why),
    });
    connections.report.state('open', `TLS ${shown(listener.local)}, ${files.words}`);
    const renewal = new Renewal(name, config, context, { listener, report: connections.report, files });
    return {
      local: listener.local,
      async close() {
        connections.closing = true;
        await renewal.close();
        await listener.close();
        connections.report.state('closed', `TLS ${shown(listener.local)}`);
      },
    };
  },
} as const;

export const asksClient = ({ files, clients }: SyslogTlsConfig): boolean => files.clientCa !== null || clients !== null;

class Connections {
  readonly report: Reporter;
  closing = false;
  readonly #config: SyslogTlsConfig;
  readonly #whenRoom: SourceContext<unknown>['whenRoom'];
  /** Past the handshake, by whose lines they bring. */
  readonly #open = new Map<StreamConnection, string>();

  constructor(config: SyslogTlsConfig, report: Reporter, whenRoom: SourceContext<unknown>['whenRoom']) {
    this.#config = config;
    this.#whenRoom = whenRoom;
    this.report = report;
  }

  admit(remote: StreamConnection['remote'], open: number): boolean {
    const stranger = allowed(this.#config.allow, remote) === null;
    if (!stranger && open < limits.syslogConnectionsMax) return true;
    this.report.refused(stranger ? 'source-address' : 'too-many-connections', remote.address);
    return false;
  }

  failed(from: string, why: string): void {
    if (!this.closing) this.report.refused('tls-handshake', from, undefined, why);
  }

  take(connection: TlsConnection): void {
    const { remote, client } = connection;
    const address = allowed(this.#config.allow, remote);
    // Reset between its handshake and here, it has no address any more.
    const speaker = address === null ? REFUSED_RESET : speaksAs(this.#config, client, address);
    if (speaker.from === null) {
      this.report.refused(speaker.reason, remote.address, undefined, speaker.detail);
      connection.close();
      return;
    }
    const { from } = speaker;
    this.#open.set(connection, from);
    this.report.state('open', `connection from ${shown(remote)}${client === null ? '' : `, ${client.subject}`}`);
    receive(connection, from, this.report, this.#whenRoom, () => {
      this.#open.delete(connection);
      // A sender that reconnected before its old connection was seen to end has left no hole.
      if (!this.closing && ![...this.#open.values()].includes(from))
        this.report.state('interrupted', `connection from ${shown(remote)} closed`);
    });
  }
}

type Speaker =
  | { readonly from: string }
  | { readonly from: null; readonly reason: 'client-certificate' | 'source-address'; readonly detail: string };

const REFUSED_RESET: Speaker = { from: null, reason: 'source-address', detail: 'gone after the handshake' };
const refuse = (detail: string): Speaker => ({ from: null, reason: 'client-certificate', detail });

/** Whose lines this connection brings (RFC 5425 §5): a pinned fingerprint needs no authority, a name needs one that signed it. */
export function speaksAs(config: SyslogTlsConfig, client: TlsClient | null, address: string): Speaker {
  if (!asksClient(config)) return { from: address };
  if (client === null) return refuse('it showed no certificate');
  const { clients } = config;
  const pinned = clients?.find((rule) => rule.kind === 'fingerprint' && rule.value === client.fingerprint);
  if (pinned !== undefined) return { from: pinned.as ?? address };
  if (!client.trusted)
    return refuse(`its certificate is not to be trusted: ${client.why} (${client.subject}; ${client.fingerprint})`);
  if (clients === null) return { from: address };
  const named = clients.find((rule) => rule.kind === 'name' && client.bears(rule.value));
  return named === undefined
    ? refuse(`its certificate is none of clients (${client.subject}; ${client.fingerprint})`)
    : { from: named.as ?? address };
}

/** Looks at the files now and then, and says when the certificate in use is out of its time: whoever verifies it then sends nothing. */
class Renewal {
  readonly #name: string;
  readonly #config: SyslogTlsConfig;
  readonly #context: SourceContext<unknown>;
  readonly #listener: TlsListener;
  readonly #report: Reporter;
  #files: LoadedFiles;
  /** Of files that can not be used: told once. */
  #refusedStamp: string | null = null;
  #untimely = false;
  #timer: Timer | null = null;
  #looking: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(
    name: string,
    config: SyslogTlsConfig,
    context: SourceContext<unknown>,
    parts: { readonly listener: TlsListener; readonly report: Reporter; readonly files: LoadedFiles },
  ) {
    this.#name = name;
    this.#config = config;
    this.#context = context;
    this.#listener = parts.listener;
    this.#report = parts.report;
    this.#files = parts.files;
    this.#judgeTime();
    this.#later();
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#timer?.cancel();
    await this.#looking;
  }

  #later(): void {
    if (this.#closed) return;
    this.#timer = this.#context.world.clock.timer('TLS files', FILES_EVERY_MS, () => {
      this.#looking = this.#look().then(() => this.#later());
    });
  }

  async #look(): Promise<void> {
    const { world } = this.#context;
    const stamp = await filesStamp(this.#config.files, world);
    if (this.#closed) return;
    // Also those that could not be used the last time: a right to read them that was given since shows in no stamp.
    if (stamp !== this.#files.stamp) await this.#renew(stamp);
    this.#judgeTime();
  }

  async #renew(stamp: string): Promise<void> {
    try {
      const files = await loadTlsFiles(`source ${this.#name}`, this.#config.files, this.#context.world);
      if (this.#closed) return;
      this.#listener.renew(files.credentials);
      this.#files = files;
      this.#refusedStamp = null;
      this.#report.state('open', `TLS ${shown(this.#listener.local)}, renewed: ${files.words}`);
    } catch (error) {
      if (this.#refusedStamp === stamp) return;
      this.#refusedStamp = stamp;
      const why = asSpitrapError(error).message;
      this.#report.refused('tls-renewal', this.#listener.local.address, undefined, `${why}; the old certificate stays in use`);
    }
  }

  #judgeTime(): void {
    const wrong = outOfTime(this.#files, this.#context.world.clock.wall());
    if (wrong === null) {
      if (this.#untimely) this.#report.state('open', `TLS ${shown(this.#listener.local)}, ${this.#files.words}`);
    } else if (!this.#untimely) this.#report.state('interrupted', wrong);
    this.#untimely = wrong !== null;
  }
}

/** In words; null: the certificate is in its time. */
export function outOfTime(
  { validFromMs, validToMs }: Pick<LoadedFiles, 'validFromMs' | 'validToMs'>,
  now: Wall,
  then = 'senders that verify it do not connect',
): string | null {
  const day = (ms: number): string => new Date(ms).toISOString();
  if (now > validToMs) return `the certificate ended at ${day(validToMs)}: ${then}`;
  if (now < validFromMs) return `the certificate begins only at ${day(validFromMs)}: ${then}`;
  return null;
}
