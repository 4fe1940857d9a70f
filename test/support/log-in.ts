/** A session on a scripted IOS line, logged in under virtual time. */
import { type Audit, noAudit } from '../../agent/device/audit.ts';
import { openSession } from '../../agent/device/open-session.ts';
import type { Session } from '../../agent/device/session.ts';
import type { SessionOptions } from '../../agent/device/session-options.ts';
import type { ShellTransport } from '../../agent/ports.ts';
import { ciscoIos } from '../../shared/platforms/cisco-ios/cisco-ios.ts';
import { FakeClock } from './fake-clock.ts';

export const target = {
  address: '192.0.2.1',
  port: 22,
  user: 'spitrap',
  hostKeys: ['SHA256:scripted'],
  legacy: false,
  keepaliveMs: 0,
};

export interface LoggedIn {
  readonly clock: FakeClock;
  readonly session: Session;
  readonly strays: string[];
}

export async function logIn(
  transport: ShellTransport,
  more: Partial<SessionOptions> & { readonly audit?: Audit; readonly waitMs?: number } = {},
): Promise<LoggedIn> {
  const clock = (more.clock as FakeClock | undefined) ?? new FakeClock();
  const strays: string[] = [];
  const opening = openSession({
    transport,
    target,
    platform: ciscoIos,
    clock,
    audit: noAudit,
    device: 'hub1',
    purpose: 'capture',
    enablePassword: null,
    loginTimeoutMs: 30_000,
    onStray: (line) => strays.push(line),
    ...more,
  });
  opening.catch(() => {});
  await clock.advance(more.waitMs ?? 2_000);
  return { clock, session: await opening, strays };
}
