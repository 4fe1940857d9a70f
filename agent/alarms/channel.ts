/**
 * The contract of the alarm channels shelf (index.ts): a channel tells one notice to one receiver and says what became of it. It keeps
 * nothing, retries nothing, decides nothing: that is lane.ts and pipeline.ts.
 */
import type { AlarmChannelConfig } from '../config/config.ts';
import type { World } from '../ports.ts';
import type { Notice } from './notice.ts';

export type Sent =
  /** As far as the channel can know; `detail` says how far that is. */
  | { readonly kind: 'delivered'; readonly detail: string }
  /** Trying again may help: `retryAfterMs` is what the receiver asked for, null when it said nothing. */
  | { readonly kind: 'failed'; readonly detail: string; readonly remedy: string; readonly retryAfterMs: number | null }
  /** The receiver understood and does not want it: a person must look. Tried again, slowly. */
  | { readonly kind: 'refused'; readonly detail: string; readonly remedy: string };

export interface AlarmChannel {
  /** For people: where it goes. Never a secret: of a URL the origin alone. */
  readonly target: string;
  /** One at a time. Ends soon after `signal` aborts, and never rejects. */
  send(notice: Notice, signal: AbortSignal): Promise<Sent>;
}

export type ChannelPorts = Pick<World, 'clock' | 'http' | 'datagrams' | 'dialer' | 'spawn'>;

export type OpenChannel<Kind extends AlarmChannelConfig['kind']> = (
  config: Extract<AlarmChannelConfig, { readonly kind: Kind }>,
  ports: ChannelPorts,
) => AlarmChannel;

export const failed = (detail: string, remedy: string, retryAfterMs: number | null = null): Sent => ({
  kind: 'failed',
  detail,
  remedy,
  retryAfterMs,
});
