/** Rules of lint on what an applet does, in the order in which it does it: captures, debugs, trap, files. Called by lint.ts. */
import { type Applet, type EemConfig, runOrder } from './applet.ts';
import {
  appends,
  clearsConditions,
  cliActions,
  eventOf,
  isCondition,
  isCryptoDebug,
  isDebugOn,
  isShow,
  isUndebug,
  isUndebugAll,
  overwrites,
  trapActions,
} from './commands.ts';
import { type Finding, finding } from './lint-words.ts';

export function actionFindings(applet: Applet, config: EemConfig): Finding[] {
  return [...debugs(applet, config), ...order(applet), ...undebugging(applet), ...files(applet)];
}

function debugs(applet: Applet, config: EemConfig): Finding[] {
  const commands = cliActions(applet);
  const found: Finding[] = [];
  const on = commands.find(({ command }) => isDebugOn(command));
  if (on !== undefined && (eventOf(applet, 'syslog') ?? eventOf(applet, 'snmp-notification')) !== undefined) {
    const reason = 'debugs that start after the message miss what led to it';
    const remedy = 'conditional debugs that run before it, sent to a syslog server; the applet only ends them';
    found.push(finding('debug-in-applet', { line: on.line, applet: applet.name, reason, remedy }));
  }
  const bare = commands.find(({ command }, at) => {
    const isConditioned = config.conditions.length > 0 || commands.slice(0, at).some((before) => isCondition(before.command));
    return isCryptoDebug(command) && !isConditioned;
  });
  if (bare !== undefined) found.push(unconditioned(bare.line, applet.name));
  return found;
}

export function unconditioned(line: number, applet: string | null): Finding {
  const reason = 'a crypto debug without a condition shows every peer: it can take the router’s CPU, and hang it by the console';
  return finding('debug-unconditioned', { line, applet, reason, remedy: 'debug crypto condition peer ipv4 PEER before it' });
}

function order(applet: Applet): Finding[] {
  const run = runOrder(applet);
  const offAt = run.findIndex((action) => action.kind === 'cli' && isUndebug(action.command));
  if (offAt === -1) return [];
  const off = run[offAt]!;
  const found: Finding[] = [];
  const late = run.slice(offAt + 1).find((action) => action.kind === 'wait' || (action.kind === 'cli' && isShow(action.command)));
  if (late !== undefined && eventOf(applet, 'syslog') !== undefined) {
    const what = late.kind === 'wait' ? 'the wait' : 'a capture';
    const reason = `the debugs end before ${what} in line ${late.line}: what they would show of that time is missing`;
    found.push(
      finding('undebug-before-capture', {
        line: off.line,
        applet: applet.name,
        reason,
        remedy: 'captures, wait, undebug, trap, in this order',
      }),
    );
  }
  const trap = trapActions(applet)[0];
  if (trap !== undefined && run.indexOf(trap) < offAt) {
    const reason =
      'the trap goes before the debugs end here: killed in between, the other end has stopped and this one has not (after it, a command that hangs here keeps the trap)';
    found.push(
      finding('trap-before-undebug', {
        line: trap.line,
        applet: applet.name,
        reason,
        remedy: 'as you choose; with a dead-man on both routers either is safe',
      }),
    );
  }
  return found;
}

function undebugging(applet: Applet): Finding[] {
  const commands = cliActions(applet);
  const off = commands.find(({ command }) => isUndebug(command));
  if (off === undefined) return [];
  const at = { line: off.line, applet: applet.name };
  const found: Finding[] = [];
  // A dead-man is there to end whatever is on.
  if (isUndebugAll(off.command) && eventOf(applet, 'timer') === undefined)
    found.push(
      finding('undebug-all', {
        ...at,
        reason: 'it also ends the debugs of whoever else works on the router',
        remedy: 'no debug crypto isakmp, no debug crypto ipsec … each by its name, if others debug there',
      }),
    );
  if (!commands.some(({ command }) => clearsConditions(command)))
    found.push(
      finding('conditions-left', {
        ...at,
        reason: 'the conditions (debug crypto condition) stay: the next debug of anybody shows this peer alone',
        remedy: 'no debug crypto condition peer ipv4 PEER, after the debugs are off and never before',
      }),
    );
  return found;
}

function files(applet: Applet): Finding[] {
  const commands = cliActions(applet);
  const over = commands.find(({ command }) => overwrites(command));
  const grows = commands.find(({ command }) => appends(command));
  const found: Finding[] = [];
  if (over !== undefined)
    found.push(
      finding('disk-overwritten', {
        line: over.line,
        applet: applet.name,
        reason:
          'redirect and tee write the file anew: each run wipes what the one before has kept, and the message comes once a minute',
        remedy: '| append FILE',
      }),
    );
  if (grows !== undefined)
    found.push(
      finding('disk-grows', {
        line: grows.line,
        applet: applet.name,
        reason:
          'the file grows with each run, once a minute while traffic is black-holed, until the disk is full: nothing rotates it',
        remedy: 'copy it off and delete it after each incident; look at dir',
      }),
    );
  return found;
}
