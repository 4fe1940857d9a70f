/** Debugs at one end only: both agents must say so before anything happens, and be content once the other end has them too. */
import { type Ending, faultsOf, type Hands } from '../hands.ts';
import { type End, ends } from '../relay.ts';
import { alarmKeys, bothArmed, kindsOn } from './armed.ts';
import { breakSas } from './desync.ts';

const TOLD_WITHIN_MS = 20_000;
const KEY = 'half-armed';

export async function halfArmed(hands: Hands): Promise<Ending> {
  const troubled = async (end: End): Promise<{ alarm: boolean; status: boolean }> => {
    const status = await hands.status(end);
    return {
      alarm: alarmKeys(status).some((key) => key.startsWith(KEY)),
      status: status?.peers.some(({ differences }) => differences.includes(KEY)) ?? false,
    };
  };
  const isTold = async (end: End, wanted: boolean): Promise<boolean> => {
    const { alarm, status } = await troubled(end);
    return alarm === wanted && status === wanted;
  };
  const told = async (wanted: boolean): Promise<Record<End, boolean>> => ({
    hub: await isTold('hub', wanted),
    spoke: await isTold('spoke', wanted),
  });
  const waitFor = (what: string, wanted: boolean): Promise<boolean> =>
    hands
      .until(what, TOLD_WITHIN_MS, async () => Object.values(await told(wanted)).every(Boolean))
      .then(
        () => true,
        () => false,
      );

  await hands.arm('hub');
  hands.say('hub', `spitrap arm: ${kindsOn(hands, 'hub')}`, 'strong');
  await waitFor('the alarm half-armed at both ends', true);
  const alarmed = await told(true);
  for (const end of ends) if (alarmed[end]) hands.say(end, `alarm: half-armed`, 'bad');
  await hands.arm('spoke');
  hands.say('spoke', `spitrap arm: ${kindsOn(hands, 'spoke')}`, 'strong');
  await bothArmed(hands);
  const cleared = await waitFor('the end of the alarm half-armed', false);
  for (const end of ends) if (cleared) hands.say(end, 'alarm over: armed at both ends', 'good');

  breakSas(hands);
  await hands.message();
  await hands.sealed();
  return {
    facts: { halfArmed: { alarmed, cleared } },
    conclusion: 'Both agents had said that only one end was armed, and took it back when both were.',
    faults: faultsOf({
      'hub: half-armed was not told by alarm and status': alarmed.hub,
      'spoke: half-armed was not told by alarm and status': alarmed.spoke,
      'half-armed still stood after the other end was armed': cleared,
    }),
  };
}
