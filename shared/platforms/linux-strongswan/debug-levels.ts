/**
 * The answer to SHOW_DEBUGS (lines.ts): are our debug levels in force in charon? By behaviour: of one request it logs a level 1 line
 * always and level 2 lines only with debugs on. Without the level 1 line nothing is proven, and nothing counts as off. Shape: DebugFlag[].
 */
import type { DebugFlag, Line, Parser } from '../platform.ts';
import { LEVELS_OFF, LOG_FILE, PROBE } from './lines.ts';
import { dataLines } from './output-lines.ts';

/** The one flag there is: levels go on and off together. */
export const DEBUG_LEVELS: DebugFlag = { text: 'charon debug levels', crypto: true };

// 2026-11-22T08:38:06 09[CFG] vici rekey CHILD_SA 'spitrap-probe'
const PROBED = new RegExp(`\\[CFG\\] vici rekey CHILD_SA '${PROBE}'$`);
// 2026-11-22T08:38:06 09[CFG] vici client 17 requests: rekey
// 2026-11-22T08:38:06 13[CFG] vici client 17 connected
const VERBOSE = /\[CFG\] vici client \d{1,10} (?:requests: |connected|disconnected|registered for: |unregistered for: )/;
// 2026-11-22T08:38:06 13[CFG] vici terminate CHILD_SA 'net'           somebody's request meanwhile, at level 1
const OTHER = /\[[A-Z]{3}\] .*vici /;
// on.levels            where the link points; anything else than off.levels would be on at charon's next start
const LINK = /^[\w./-]{1,255}$/;

export const parseDebugLevels: Parser<DebugFlag[]> = (output) => {
  const unread: Line[] = [];
  let isProbed = false;
  let isVerbose = false;
  let link: string | null = null;
  for (const line of dataLines(output)) {
    if (PROBED.test(line.text)) isProbed = true;
    else if (VERBOSE.test(line.text)) isVerbose = true;
    else if (LINK.test(line.text)) link = line.text;
    else if (!OTHER.test(line.text)) unread.push(line);
  }
  if (!isProbed) unread.push({ number: 1, text: `charon has not logged our request in ${LOG_FILE}` });
  if (link === null) unread.push({ number: 1, text: 'the link to the debug levels is not there' });
  return { value: isVerbose || (link !== null && link !== LEVELS_OFF) ? [DEBUG_LEVELS] : [], unread };
};
