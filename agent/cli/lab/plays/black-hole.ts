/**
 * The spoke's SA never expires: the message comes again each (scaled) minute, for ten of them. One incident, one alarm, no arming; and what
 * somebody turns on afterwards, to look for the cause, nobody turns off.
 */
import { after, type Monotonic } from '../../../../shared/model/time.ts';
import { type Ending, faultsOf, type Hands, spiText } from '../hands.ts';
import { ends } from '../relay.ts';
import { alarmKeys, bothArmed, isArmed, kindsOn } from './armed.ts';

const MINUTES = 10;
/** With a long delay most of the ten are over before somebody types. */
const MINUTES_AFTER_TYPING = 3;
/** Beside the ten: the message before them, and a slow machine. */
const MINUTES_MARGIN = 1;
const ALARM_WITHIN_MS = 10_000;

export async function blackHole(hands: Hands): Promise<Ending> {
  await bothArmed(hands);
  for (const end of ends) hands.say(end, `armed by its agent: ${kindsOn(hands, end)}`, 'quiet');
  hands.loseFromNow();
  const spi = hands.pair.blackHole();
  hands.tell('hub', 'loses its SAs, sends no DELETE');
  hands.tell('spoke', `sends on with SPI ${spiText(spi)}, for good`);
  await hands.message();
  const begun = hands.now();
  await hands.sealed();
  const alarmed = async (): Promise<boolean> => alarmKeys(await hands.status('hub')).some((key) => key.startsWith('black-hole'));
  await hands.until('the alarm of a black hole at the hub', ALARM_WITHIN_MS, alarmed);
  hands.typeDebugs('hub');
  const typedAt = hands.now();
  const later = hands.boxes.hub.debugsOn();
  hands.tell('hub', `somebody types debugs of their own: ${kindsOn(hands, 'hub')}`, 'strong');
  const minutes = (from: Monotonic, count: number): Monotonic => after(from, (count + MINUTES_MARGIN) * hands.messageIntervalMs);
  const over = Math.max(minutes(begun, MINUTES), minutes(typedAt, MINUTES_AFTER_TYPING));
  let stayedOn = true;
  await hands.until('ten scaled minutes', over - begun + ALARM_WITHIN_MS, () => {
    stayedOn &&= hands.boxes.hub.debugsOn().join() === later.join();
    return hands.now() >= over;
  });
  const since = hands.messages.filter(({ at }) => at >= typedAt).length;
  hands.tell(
    'hub',
    `${hands.messages.length} messages, ${since} of them since; what somebody typed is ${stayedOn ? 'still on' : 'off'}`,
  );

  const [hub, spoke] = [await hands.status('hub'), await hands.status('spoke')];
  const counts = { hub: (await hands.incidents('hub')).length, spoke: (await hands.incidents('spoke')).length };
  const verdict = hub?.incidents[0]?.verdict ?? null;
  const isAlarm = await alarmed();
  const typedOff = hands.boxes.hub.commandLog.filter(
    ({ at, line, expanded }) => at >= typedAt && line >= 0 && /^(undebug|no debug) /.test(expanded),
  );
  const rearmed = isArmed(hub) || isArmed(spoke);
  return {
    facts: {
      judged: verdict,
      messages: hands.messages.length,
      incidents: counts,
      alarm: isAlarm ? 'black-hole' : null,
      armedAgain: rearmed,
      laterDebugs: stayedOn ? 'on' : 'off',
    },
    faults: faultsOf({
      [`the verdict is ${verdict ?? 'not known'}, not persistent`]: verdict === 'persistent',
      [`${hands.messages.length} messages in ten scaled minutes`]: hands.messages.length >= MINUTES,
      [`${since} messages since somebody typed debugs`]: since >= MINUTES_AFTER_TYPING,
      [`incidents: ${counts.hub} at the hub, ${counts.spoke} at the spoke, where one is right`]:
        counts.hub === 1 && counts.spoke === 1,
      'the alarm of a black hole does not stand at the hub': isAlarm,
      'an end was armed again, into a black hole': !rearmed,
      'debugs that somebody turned on later were turned off': stayedOn,
      [`the agent typed ${typedOff.map(({ expanded }) => expanded).join(', ')} after its incident`]: typedOff.length === 0,
    }),
    conclusion: `${hands.messages.length} messages of one black hole made one incident and one alarm of it, and nobody's later debugs were ended.`,
    laterDebugs: { hub: later },
  };
}
