/** `clear …`: the log buffer, and SAs (an operator's hands, one of the causes of a desync). */
import type { CommandResult } from '../keyword-tree.ts';
import type { ExecContext } from '../line-state.ts';
import { type ExecCommand, type ExecRun, quiet } from './result.ts';

function clearLogging({ core }: ExecContext): CommandResult {
  return {
    kind: 'question',
    prompt: 'Clear logging buffer [confirm]',
    oneKey: true,
    answer: (text) => {
      if (/^y(?:es)?$/i.test(text.trim())) core.log.clear();
      return quiet;
    },
  };
}

const clear =
  (what: 'sa' | 'isakmp' | 'session'): ExecRun =>
  ({ core }, [peer]) => {
    for (const listener of core.onClear) listener(what, peer ?? null);
    return quiet;
  };

export const clearCommands: readonly ExecCommand[] = [
  { path: 'clear logging', privilege: 15, run: clearLogging },
  { path: 'clear crypto sa', privilege: 15, run: clear('sa') },
  { path: 'clear crypto sa peer A.B.C.D', privilege: 15, run: clear('sa') },
  { path: 'clear crypto isakmp', privilege: 15, run: clear('isakmp') },
  { path: 'clear crypto session', privilege: 15, run: clear('session') },
  { path: 'clear crypto session remote A.B.C.D', privilege: 15, run: clear('session') },
];
