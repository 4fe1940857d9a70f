/**
 * 10. Order: our condition stands before one of our debugs goes on, and nobody else's does; no condition of ours goes while anybody's crypto
 * debug is on (pair-protocol.md, "Arming"). Judged in the moment in which the line leaves for the device.
 */
import { addresses, type End } from '../../sim-pair.ts';
import type { Stage } from '../stage.ts';
import { ENDS, otherEnd } from '../weather.ts';
import { type MakeChecker, SECOND } from './checker.ts';

const DEBUG_ON = /^debug crypto (?:isakmp|ikev2|ipsec|engine)\s*$/;
const CONDITION_OFF = /^no debug crypto condition peer ipv4 [\d.]+\s*$/;
/** What a person does right after the agent has looked is not seen by it: a pre-flight and an arming take their seconds. */
const UNSEEN_MS = 30 * SECOND;

export const conditionsFirst: MakeChecker = (stage, truth, report) => {
  const said = new Set<string>();
  const say = (what: string): void => {
    if (!said.has(what)) report(what);
    said.add(what);
  };
  const isNobodyAtWork = (end: End): boolean =>
    !stage.persons.some((person) => person.end === end && stage.now - person.at < UNSEEN_MS) &&
    !truth.reboots[end].some((at) => stage.now - at < UNSEEN_MS) &&
    !stage.boxTroubles[end].some(({ until }) => until >= stage.now);
  for (const end of ENDS)
    stage.hosts[end].onTyping = (text) => {
      if ((DEBUG_ON.test(text) || CONDITION_OFF.test(text)) && isNobodyAtWork(end)) judge(stage, end, text.trim(), say);
    };
  return {};
};

function judge(stage: Stage, end: End, line: string, say: (what: string) => void): void {
  const conditions = stage.boxes[end].core.debugs.values('peer ipv4');
  const on = stage.debugsOn(end);
  const ours = addresses[otherEnd(end)].crypto;
  if (line.startsWith('no ')) {
    if (on.length > 0) say(`${end}: ${line} while ${on.join(', ')} is on`);
    return;
  }
  if (!conditions.includes(ours)) say(`${end}: ${line} with no condition for ${ours}`);
  const others = conditions.filter((value) => value !== ours);
  if (others.length > 0) say(`${end}: ${line} beside somebody else's condition for ${others.join(', ')}`);
}
