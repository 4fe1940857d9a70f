/** SNMP peers for tests: every user of auth x privacy, the default pair, and a v2c one. Passwords are longer than eight octets. */
import type { Notification, OutgoingNotification, Refusal, SnmpCredentials, SnmpPeer } from '../../agent/net/signalling.ts';
import type { AuthProtocol, PrivProtocol } from '../../shared/wire/usm.ts';

export const authProtocols: readonly AuthProtocol[] = ['sha1', 'sha224', 'sha256', 'sha384', 'sha512'];
export const privProtocols: readonly PrivProtocol[] = ['aes128', 'aes256', 'aes256c'];
export const AUTH_KEY = 'auth-password-1';
export const PRIV_KEY = 'priv-password-2';

export const community: SnmpCredentials = { version: '2c', community: 'public' };
export const communityV1: SnmpCredentials = { version: '1', community: 'public' };

export const v3 = (
  auth: AuthProtocol = 'sha256',
  priv: PrivProtocol | null = 'aes128',
  user = `u-${auth}-${priv ?? 'none'}`,
): SnmpCredentials & { version: 3 } => ({
  version: 3,
  user,
  auth: { protocol: auth, key: AUTH_KEY },
  priv: priv && { protocol: priv, key: PRIV_KEY },
});

export const peer = (name: string, credentials: SnmpCredentials, more: Partial<SnmpPeer> = {}): SnmpPeer => ({
  name,
  from: ['127.0.0.1'],
  credentials,
  engineId: null,
  ...more,
});

/** One peer a combination, named as its user. */
export const everyUser = (more: Partial<SnmpPeer> = {}): SnmpPeer[] =>
  authProtocols.flatMap((auth) => [...privProtocols, null].map((priv) => peer(v3(auth, priv).user, v3(auth, priv), more)));

export const stop: OutgoingNotification = {
  confirmed: true,
  root: 91,
  intData1: 2323232,
  intData2: 0,
  strData: '1 stop 01JD00000000000000000000AA spi=0x68842105',
  policyName: 'spitrap',
  policyPath: 'agent:/',
};

/** Collects what a receiver delivers and refuses; informs are answered unless `answer` says otherwise. */
export class Inbox {
  readonly notifications: Notification[] = [];
  readonly refusals: Refusal[] = [];
  answer = true;
  private waiters: (() => void)[] = [];

  readonly onNotification = (notification: Notification): void => {
    this.notifications.push(notification);
    if (this.answer) notification.respond();
    this.wake();
  };

  readonly onRefusal = (refusal: Refusal): void => {
    this.refusals.push(refusal);
    this.wake();
  };

  get reasons(): string[] {
    return this.refusals.map((refusal) => refusal.reason);
  }

  /** Resolves once `count` notifications and refusals together have come; the test's own timeout bounds it. */
  async until(count: number): Promise<void> {
    while (this.notifications.length + this.refusals.length < count)
      await new Promise<void>((resolve) => this.waiters.push(resolve));
  }

  private wake(): void {
    for (const waiter of this.waiters.splice(0)) waiter();
  }
}
