/**
 * SSH in front of a simulated head-end: ssh2's server, a TCP listener of its own, one VTY line of the box a connection.
 * Used by cli/lab and by tests. Shell channels only, as an engineer or an agent uses them; exec and forwarding are refused.
 * What IOS does where OpenSSH differs (identification string, VTY taken at connect, three tries) stands beside its line.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import { createServer, type Socket } from 'node:net';
import ssh2, { type AuthContext, type Connection, type ServerChannel } from 'ssh2';
import type { Clock } from '../../shared/clock.ts';
import { SpitrapError } from '../../shared/errors.ts';
import type { Endpoint } from '../ports.ts';
import type { Box, BoxLine } from './contract.ts';
import { createHostKey } from './host-key.ts';

export interface LabSshOptions {
  readonly box: Box;
  readonly clock: Clock;
  /** A loopback address; port 0 for any. */
  readonly listen: Endpoint;
  readonly users: readonly { readonly user: string; readonly password: string }[];
  /** An IOS 15.1 box: group14-sha1/group1-sha1, CBC, hmac-sha1 and an RSA key signing with ssh-rsa, and nothing newer. */
  readonly legacy: boolean;
}

export interface LabSshServer {
  readonly local: Endpoint;
  /** `SHA256:…` as ssh-keygen prints it. */
  readonly hostKeyFingerprint: string;
  /** Connections that hold a VTY, authenticated or not. */
  connections(): number;
  /** Resets every TCP connection, as a failing path or a reload does: the client gets no goodbye. */
  dropSessions(): void;
  /** Stops listening and ends every connection. */
  close(): Promise<void>;
}

/** `ip ssh authentication-retries`, `ip ssh time-out`: IOS's defaults. */
const AUTHENTICATION_TRIES = 3;
const LOGIN_TIMEOUT_MS = 120_000;
/** Output that a client does not read; a real box would block the command. Beyond it the connection is cut. */
const UNREAD_BYTES_MAX = 64 * 1024 * 1024;
/** Banner and first prompt, kept until the client has asked for its shell. */
const EARLY_CHARACTERS_MAX = 256 * 1024;
/** A client that never answers the close of its channel is cut off. */
const HANG_UP_TIMEOUT_MS = 2_000;
/** ssh2's server pings every 15 s unless told otherwise; IOS never does. The longest delay a Node timer takes. */
const NEVER_MS = 2 ** 31 - 1;

const legacyAlgorithms = {
  kex: ['diffie-hellman-group14-sha1', 'diffie-hellman-group1-sha1'],
  serverHostKey: ['ssh-rsa'],
  cipher: ['aes128-cbc', 'aes192-cbc', 'aes256-cbc', '3des-cbc'],
  hmac: ['hmac-sha1', 'hmac-sha1-96'],
  compress: ['none'],
} satisfies ssh2.Algorithms;

// No group exchange: it blocks the event loop for more than a second (dependencies.md §3).
const currentAlgorithms = {
  kex: ['curve25519-sha256', 'curve25519-sha256@libssh.org', 'ecdh-sha2-nistp256', 'diffie-hellman-group14-sha256'],
  serverHostKey: ['ssh-ed25519'],
  cipher: ['aes128-gcm@openssh.com', 'aes256-gcm@openssh.com', 'aes128-ctr', 'aes192-ctr', 'aes256-ctr'],
  hmac: ['hmac-sha2-256-etm@openssh.com', 'hmac-sha2-512-etm@openssh.com', 'hmac-sha2-256', 'hmac-sha2-512'],
  compress: ['none'],
} satisfies ssh2.Algorithms;

/** One VTY in use: from the TCP connection to the hang-up. */
interface Login {
  readonly line: BoxLine;
  readonly socket: Socket;
  /** What the box said before there was a shell to say it to. */
  early: string;
  channel: ServerChannel | null;
  hungUp: boolean;
}

/** Rejects with LISTEN_REFUSED naming the endpoint. The host key is made here and lives as long as the server. */
export async function startSshServer(options: LabSshOptions): Promise<LabSshServer> {
  const key = createHostKey(options.legacy ? 'rsa' : 'ed25519');
  const logins = new Set<Login>();
  const unanswered = new Set<Socket>();
  const orphans = new Set<Socket>();
  const sshServer = new ssh2.Server({
    hostKeys: [key.privatePem],
    ident: 'Cisco-1.25',
    algorithms: options.legacy ? legacyAlgorithms : currentAlgorithms,
    keepaliveInterval: NEVER_MS,
  });
  sshServer.on('connection', (connection, info) => {
    const login = [...logins].find(({ socket }) => socket.remotePort === info.port && socket.remoteAddress === info.ip);
    if (login) serve(connection, login, options);
    else connection.end();
  });

  const listener = createServer((socket) => {
    socket.setNoDelay(true);
    socket.on('error', () => socket.destroy());
    // A VTY is taken when the connection comes, before anybody has logged in. With none left IOS answers the SYN with a
    // reset ("Connection refused"); a listener in user space can only reset right after it.
    const line = options.box.connectVty(socket.remoteAddress ?? '');
    if (!line) return void socket.resetAndDestroy();
    const login: Login = { line, socket, early: '', channel: null, hungUp: false };
    logins.add(login);
    const timeout = options.clock.timer('lab ssh login', LOGIN_TIMEOUT_MS, () => {
      if (!login.channel) socket.destroy();
    });
    // ssh2 half-closes after a protocol error; a client that never closes its half would keep the VTY.
    socket.once('finish', () => cutOff(socket, options.clock));
    line.onOutput((text) => write(login, text));
    line.onClose(() => {
      // A box that goes down says no goodbye: the client hears of it when the box is there again and knows nothing of it.
      if (options.box.isHung()) orphans.add(socket);
      else hangUp(login, options.clock);
    });
    socket.once('close', () => {
      timeout.cancel();
      logins.delete(login);
      unanswered.delete(socket);
      orphans.delete(socket);
      line.close();
    });
    // To a hung box nobody gets through. A listener in user space has taken the connection already, and leaves it unanswered.
    if (options.box.isHung()) unanswered.add(socket);
    else sshServer.injectSocket(socket);
  });
  options.box.onHang((hung) => {
    for (const { socket } of logins) {
      if (!hung && orphans.has(socket)) socket.resetAndDestroy();
      else if (unanswered.delete(socket)) {
        if (!socket.destroyed) sshServer.injectSocket(socket);
      } else if (hung) socket.pause();
      else socket.resume();
    }
  });
  await listen(listener, options.listen);
  const bound = listener.address();
  if (bound === null || typeof bound === 'string') throw new SpitrapError('INTERNAL', 'a TCP listener without a port');

  return {
    local: { address: bound.address, port: bound.port },
    hostKeyFingerprint: key.fingerprint,
    connections: () => logins.size,
    dropSessions() {
      for (const { socket } of logins) socket.resetAndDestroy();
    },
    close() {
      return new Promise((resolve) => {
        listener.close(() => resolve());
        for (const { socket } of logins) socket.destroy();
      });
    },
  };
}

function serve(connection: Connection, login: Login, options: LabSshOptions): void {
  let tries = 0;
  const offered: ssh2.AuthenticationType[] = ['keyboard-interactive', 'password'];
  connection.on('error', () => connection.end());
  connection.on('authentication', (context) => {
    // Every client asks with `none` first, to learn what there is: not a try.
    if (context.method === 'none') return context.reject(offered);
    void passwordOf(context).then((password) => {
      if (password !== null && known(options.users, context.username, password)) return context.accept();
      tries += 1;
      if (tries < AUTHENTICATION_TRIES) context.reject(offered);
      else connection.end();
    });
  });
  connection.on('session', (accept, reject) => {
    // One VTY, one shell: IOS has no second channel to give.
    if (login.channel) return void reject();
    const session = accept();
    session.on('pty', (acceptPty) => acceptPty?.());
    session.on('window-change', (acceptChange) => acceptChange?.());
    session.once('shell', (acceptShell) => {
      const channel = acceptShell();
      login.channel = channel;
      channel.on('error', () => connection.end());
      channel.on('data', (bytes: Buffer) => login.line.input(bytes.toString('latin1')));
      // The client's end of input (OpenSSH without a terminal sends one) hangs up the line, as on a router.
      channel.once('end', () => login.line.close());
      channel.once('close', () => connection.end());
      const { early } = login;
      login.early = '';
      write(login, early);
      if (login.hungUp) hangUp(login, options.clock);
    });
  });
}

function write(login: Login, text: string): void {
  const { channel } = login;
  if (!channel) {
    login.early = (login.early + text).slice(-EARLY_CHARACTERS_MAX);
    return;
  }
  if (channel.destroyed || text === '') return;
  channel.write(Buffer.from(text, 'latin1'));
  if (channel.writableLength > UNREAD_BYTES_MAX) login.socket.destroy();
}

/** The box has closed the line (`exit`, exec-timeout): what it said last still goes out, then the connection ends. */
function hangUp(login: Login, clock: Clock): void {
  login.hungUp = true;
  const { channel, socket } = login;
  if (!channel) return void socket.end();
  if (channel.destroyed || socket.destroyed) return;
  channel.exit(0);
  channel.end();
  cutOff(socket, clock);
}

function cutOff(socket: Socket, clock: Clock): void {
  if (socket.destroyed) return;
  const bound = clock.timer('lab ssh hang-up', HANG_UP_TIMEOUT_MS, () => socket.destroy());
  socket.once('close', () => bound.cancel());
}

/** The password of a `password` or `keyboard-interactive` attempt; null for a method that this box does not have. */
function passwordOf(context: AuthContext): Promise<string | null> {
  if (context.method === 'password') return Promise.resolve(context.password);
  if (context.method !== 'keyboard-interactive') return Promise.resolve(null);
  return new Promise((resolve) =>
    context.prompt([{ prompt: 'Password: ', echo: false }], (answers) => resolve(answers?.[0] ?? '')),
  );
}

function known(users: LabSshOptions['users'], user: string, password: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return users.some((each) => each.user === user && timingSafeEqual(digest(each.password), digest(password)));
}

function listen(listener: ReturnType<typeof createServer>, at: Endpoint): Promise<void> {
  return new Promise((resolve, reject) => {
    listener.once('error', (cause: NodeJS.ErrnoException) =>
      reject(
        new SpitrapError(
          'LISTEN_REFUSED',
          `cannot listen on ${at.address}:${at.port} (${cause.code}): the simulated box has no SSH`,
          {
            cause,
          },
        ),
      ),
    );
    listener.listen(at.port, at.address, () => resolve());
  });
}
