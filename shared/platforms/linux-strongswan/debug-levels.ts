/**
 * The answer to SHOW_DEBUGS (lines.ts): are our debug levels in force in charon? By behaviour: of one request it logs a level 1 line
 * always and level 2 lines only with debugs on. Without the level 1 line nothing is proven, and nothing counts as off. Shape: DebugFlag[].
 */
import type { DebugFlag, Line, Parser } from '../platform.ts';
import { readCharonLine } from './charon-line.ts';
import { LEVELS_OFF, LOG_FILE, PROBE } from './lines.ts';
import { dataLines } from './output-lines.ts';

/** The one flag there is: levels go on and off together. */
export const DEBUG_LEVELS: DebugFlag = { text: 'charon debug levels', crypto: true };

// 2026-11-22T08:38:06 09[CFG] vici rekey CHILD_SA 'spitrap-probe'
const PROBED = `vici rekey CHILD_SA '${PROBE}'`;
// 2026-11-22T08:38:06 09[CFG] vici client 17 requests: rekey
// 2026-11-22T08:38:06 13[CFG] vici client 17 connected
const VERBOSE = /^vici client \d{1,10} (?:requests: |connected|disconnected|registered for: |unregistered for: )/;
// on.levels            where the link points; anything else than off.levels would be on at charon's next start
const LINK = /^[\w./-]{1,255}$/;

export const parseDebugLevels: Parser<DebugFlag[]> = (output) => {
  const unread: Line[] = [];
  let isProbed = false;
  let isVerbose = false;
  let link: string | null = null;
  for (const line of dataLines(output)) {
    const charon = readCharonLine(line.text);
    const words = charon?.group === 'CFG' ? charon.words : '';
    if (words === PROBED) isProbed = true;
    else if (VERBOSE.test(words)) isVerbose = true;
    // Somebody's request meanwhile, at level 1: vici terminate CHILD_SA 'net'; or a name that holds the word.
    else if (charon !== null) continue;
    else if (LINK.test(line.text)) link = line.text;
    else unread.push(line);
  }
  if (!isProbed) unread.push({ number: 1, text: `charon has not logged our request in ${LOG_FILE}` });
  if (link === null) unread.push({ number: 1, text: 'the link to the debug levels is not there' });
  return { value: isVerbose || (link !== null && link !== LEVELS_OFF) ? [DEBUG_LEVELS] : [], unread };
};
