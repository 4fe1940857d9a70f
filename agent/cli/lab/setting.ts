/**
 * What stands there before a scenario begins, where it differs from the plain pair: two boxes, an agent beside each, debugs turned on by
 * hand, the message once a minute. A scenario names its own (scenarios.ts); stage.ts, config-files.ts and run.ts follow it.
 */
import type { DurationMs } from '../../../shared/model/time.ts';
import type { CauseWord } from '../../lab/causes/cause.ts';
import type { PairOptions } from '../../lab/contract.ts';
import type { End } from './relay.ts';

export interface Setting {
  /** No agent stands at this end: its box runs Note A's applet itself. */
  readonly eem?: End;
  /** Both agents have role `both`. Default: one is `hub`, the other `spoke`. */
  readonly bothRoles?: boolean;
  /** `arm: always`: the agents turn debugs on. */
  readonly armed?: boolean;
  /** The minute of the message's limit, scaled: at both boxes, and as `evidence.messageInterval` in both configurations. */
  readonly messageIntervalMs?: DurationMs;
  /** The limit counts by flow, so that each flow of a storm is told at once. Default: by box. */
  readonly limitByFlow?: boolean;
  readonly pair?: PairOptions;
  /** Two routers that act by themselves stand there instead of the pair, and this is what they act out (cause-cast.ts). */
  readonly cause?: CauseWord;
  /** Further tunnel addresses for which the spoke's agent answers, as the hub's configuration has them. */
  readonly spokeRanges?: readonly string[];
}

/** Where each box terminates its tunnel: Note A's own hub and spoke. */
export const CRYPTO_ADDRESS: Readonly<Record<End, string>> = { hub: '213.163.222.7', spoke: '11.1.1.3' };

/** IOS's own. */
export const MESSAGE_INTERVAL_MS: DurationMs = 60_000;

export const hasAgent = ({ eem }: Setting, end: End): boolean => eem !== end;
