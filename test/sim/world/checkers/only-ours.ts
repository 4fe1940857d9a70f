/**
 * 6. No act without a legitimate cause, no line outside the grammar, nothing of anybody else's touched beyond `undebug all` inside its
 * incident.
 */
import { timing } from '../../../../shared/coordinate/timing.ts';
import { addresses, type End } from '../../sim-pair.ts';
import type { Stage } from '../stage.ts';
import type { Truth } from '../truth.ts';
import { ENDS, otherEnd } from '../weather.ts';
import { causeOf } from './causes.ts';
import { type MakeChecker, type Report, SECOND } from './checker.ts';

const ALWAYS = [/^enable$/, /^terminal (?:length|width) \d+$/, /^terminal (?:no )?monitor$/, /^show clock$/, /^exit$/, /^$/];
const SHOW = /^show /;
const ACT = [
  /^undebug all$/,
  /^(?:no )?debug crypto (?:isakmp|ikev2|ipsec|engine)$/,
  /^(?:no )?debug crypto condition peer ipv4 [\d.]+$/,
  /^configure terminal$/,
  /^(?:no )?event manager applet spitrap/i,
  /^event timer countdown /,
  /^action /,
  /^end$/,
];
const SOMEONES_CONDITION = '203.0.113.77';

export const onlyOurs: MakeChecker = (stage, truth, report) => {
  const read: Record<End, number> = { hub: 0, spoke: 0 };
  const ours: Record<End, Set<string>> = { hub: new Set(), spoke: new Set() };
  const said = new Set<string>();
  const sayOnce = (what: string): void => {
    if (!said.has(what)) report(what);
    said.add(what);
  };
  return {
    look() {
      for (const end of ENDS) {
        for (; read[end] < truth.typed[end].length; read[end]++) {
          const { at, expanded } = truth.typed[end][read[end]]!;
          checkLine(stage, end, expanded, sayOnce);
          checkConditions(end, expanded, ours[end], truth, report);
          if (expanded === 'undebug all' || /^no debug crypto (?!condition)/.test(expanded))
            checkCause(stage, truth, end, at, expanded, report);
        }
        checkOthers(stage, truth, end, sayOnce);
      }
    },
  };
};

function checkLine(stage: Stage, end: End, line: string, say: Report): void {
  const mode = stage.setting.mode[end];
  if (ALWAYS.some((pattern) => pattern.test(line)) || (SHOW.test(line) && mode !== 'observe')) return;
  // A terminal monitor must know what would be printed on its line before it asks for it.
  if (hasTerminalMonitor(stage) && (line === 'show debugging' || line.startsWith('show logging |'))) return;
  if (!SHOW.test(line) && !ACT.some((pattern) => pattern.test(line))) say(`${end}: a line outside the grammar: ${line}`);
  else if (mode !== 'act') say(`${end}: mode ${mode} sent: ${line}`);
  else if (/^debug crypto/.test(line) && isHeld(stage, end)) say(`${end}: on hold, and sent: ${line}`);
}

/** A hold stands in the dataDir, and is gone with it. */
function isHeld({ heldSince, hosts, now }: Stage, end: End): boolean {
  const since = heldSince[end];
  const lostAt = hosts[end].lostDataDirAt;
  return since !== null && now - since > SECOND && (lostAt === null || lostAt < since);
}

const hasTerminalMonitor = ({ setting: { syslog } }: Stage): boolean => syslog === 'terminal-monitor' || syslog === 'all';

/** One that the agent did not set is somebody's. */
function checkConditions(end: End, line: string, ours: Set<string>, truth: Truth, report: Report): void {
  const [, no, value] = /^(no )?debug crypto condition peer ipv4 ([\d.]+)$/.exec(line) ?? [];
  if (value === undefined) return;
  if (value !== addresses[otherEnd(end)].crypto) report(`${end}: a condition for a stranger: ${line}`);
  if (no === undefined) ours.add(value);
  else if (!ours.has(value)) report(`${end}: removed a condition that it never set (${truth.typed[end].length} lines): ${line}`);
}

function checkCause(stage: Stage, truth: Truth, end: End, at: number, line: string, report: Report): void {
  const lastAt = truth.ended[end];
  const cause = causeOf(stage, truth, { end, at, lastAt });
  if (cause === null) report(`${end}: ${line} with no message and no signal, and nothing armed that had to end`);
  else truth.ended[end] = at;
  if (line !== 'undebug all') return;
  if (stage.setting.stop === 'own' && !escalated(truth, end, at))
    report(`${end}: stop is own, and undebug all went without two verifications that failed`);
}

/** `own` becomes `all` only after two attempts, each with its lines and its look. */
function escalated(truth: Truth, end: End, at: number): boolean {
  const before = truth.typed[end].filter((typed) => typed.at < at && typed.at > at - 10 * 60 * SECOND);
  const looks = before.filter(
    ({ expanded }, index) =>
      expanded === 'show debugging' && before.slice(0, index).some((typed) => /^(?:no|undebug)/.test(typed.expanded)),
  );
  return looks.length >= timing.stillOnEscalates;
}

function checkOthers(stage: Stage, truth: Truth, end: End, say: Report): void {
  if (truth.reboots[end].length > 0 || stage.boxes[end].isHung()) return;
  const persons = stage.persons.filter((person) => person.end === end);
  if (
    persons.some(({ line }) => line === `debug crypto condition peer ipv4 ${SOMEONES_CONDITION}`) &&
    !persons.some(({ line }) => line === `no debug crypto condition peer ipv4 ${SOMEONES_CONDITION}`) &&
    !stage.boxes[end].core.debugs.values('peer ipv4').includes(SOMEONES_CONDITION)
  )
    say(`${end}: somebody else's condition is gone`);
  const cleared =
    truth.typed[end].some(({ expanded }) => expanded === 'undebug all') ||
    persons.some(({ line }) => line === 'undebug all') ||
    stage.boxes[end].appletRuns.length > 0;
  const packets = persons.some(({ line }) => line === 'debug ip packet');
  if (packets && !cleared && !stage.boxes[end].debugsOn().some((flag) => /IP packet/i.test(flag)))
    say(`${end}: somebody else's debug is off, and nobody typed undebug all`);
}
