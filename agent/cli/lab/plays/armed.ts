/** What the plays share in which agents arm their boxes: waiting for it, and what a box says of its debugs. */
import type { DurationMs } from '../../../../shared/model/time.ts';
import type { AgentStatus } from '../../../status/status.ts';
import type { Hands } from '../hands.ts';
import { type End, ends } from '../relay.ts';

/** A hello or two, the pre-flight, a dozen lines. */
export const ARMED_WITHIN_MS: DurationMs = 45_000;

/** By the agents' word and by the boxes'. */
export async function bothArmed(hands: Hands): Promise<void> {
  const armed = async (end: End): Promise<boolean> => hands.boxes[end].debugsOn().length > 0 && isArmed(await hands.status(end));
  await hands.until('debugs at both ends', ARMED_WITHIN_MS, async () => (await Promise.all(ends.map(armed))).every(Boolean));
}

export const isArmed = (status: AgentStatus | null): boolean => status?.arming.state === 'armed';

/** As `show debugging` has them, without "is on". */
export const kindsOn = (hands: Hands, end: End): string =>
  hands.boxes[end]
    .debugsOn()
    .map((title) => title.replace(/^Crypto (\S+).*$/, '$1'))
    .join(', ');

export const alarmKeys = (status: AgentStatus | null): readonly string[] => status?.alarms.map(({ key }) => key) ?? [];
