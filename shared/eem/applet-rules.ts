/** Rules of lint on one applet as a whole: its labels, its time, its rights. Called by lint.ts. */
import { type Applet, type EemConfig, maxrunDefaultSeconds, maxrunSeconds, runOrder } from './applet.ts';
import { cliActions, isDebugOn, isEnable, isShow, isUndebug } from './commands.ts';
import { type Finding, finding } from './lint-words.ts';

export function appletFindings(applet: Applet, config: EemConfig): Finding[] {
  return [...eventMissing(applet), ...labels(applet), ...maxrun(applet), ...enable(applet), ...nullUser(applet, config)];
}

function eventMissing(applet: Applet): Finding[] {
  if (applet.events.length > 0) return [];
  const reason = `applet ${applet.name} has no event that is understood: it never runs`;
  return [finding('no-event', { line: applet.line, applet: applet.name, reason, remedy: 'give it an event line' })];
}

/** 8.1 is 8, 1; what is no number stands as it is. */
function inNumbers(a: string, b: string): number {
  const [left, right] = [a.split('.'), b.split('.')];
  for (let at = 0; at < Math.max(left.length, right.length); at += 1) {
    const [one, two] = [Number(left[at] ?? -1), Number(right[at] ?? -1)];
    if (Number.isNaN(one) || Number.isNaN(two)) return a < b ? -1 : a > b ? 1 : 0;
    if (one !== two) return one - two;
  }
  return 0;
}

function labels(applet: Applet): Finding[] {
  const seen = new Map<string, number>();
  const twice = applet.actions.flatMap(({ label, line }) => {
    const first = seen.get(label);
    seen.set(label, line);
    if (first === undefined) return [];
    const reason = `label ${label} stands in line ${first} too: the later one replaces it, which never runs`;
    return [finding('label-twice', { line, applet: applet.name, reason, remedy: 'give each action a label of its own' })];
  });
  const run = runOrder(applet);
  const meant = [...run].sort((a, b) => inNumbers(a.label, b.label));
  // As entered by hand; a router prints them in the order in which it runs them.
  const written = [...run].sort((a, b) => a.line - b.line || applet.actions.indexOf(a) - applet.actions.indexOf(b));
  const odd = meant.findIndex((action, at) => action !== run[at]);
  const oddWritten = written.findIndex((action, at) => action !== run[at]);
  if (odd === -1 && oddWritten === -1) return twice;
  const at = odd === -1 ? oddWritten : odd;
  const [early, late] = [run[at]!, (odd === -1 ? written : meant)[at]!];
  const reason = `labels run in string order: ${early.label} runs before ${late.label} here`;
  const remedy = `labels of one width: 010, 020, 030 …; they run as ${run.length > 12 ? 'show event manager policy registered prints' : run.map(({ label }) => label).join(', ')}`;
  return [...twice, finding('label-order', { line: early.line, applet: applet.name, reason, remedy })];
}

/** Seconds that each CLI command is given, on a router that is busy enough to lose SAs, before the rule speaks. */
const CLI_SECONDS = 1;
const SLOW_COMMANDS = 4;

function maxrun(applet: Applet): Finding[] {
  const run = runOrder(applet);
  const commands = cliActions(applet);
  const waited = run.reduce((sum, action) => sum + (action.kind === 'wait' ? (action.seconds ?? 0) : 0), 0);
  const bound = maxrunSeconds(applet);
  const isDefault = applet.events.every((event) => event.maxrunSeconds === null);
  const left = bound - waited;
  const remedy = `maxrun ${roundUp(waited + 60 + commands.length * CLI_SECONDS)} in its event line: the wait, a minute for the commands, a margin`;
  const line = applet.events[0]?.line ?? applet.line;
  if (waited > 0 && left < Math.max(5, commands.length * CLI_SECONDS)) {
    const lastWait = run.findLastIndex((action) => action.kind === 'wait');
    const after = run.slice(lastWait + 1).filter(({ kind }) => kind === 'cli' || kind === 'snmp-trap');
    const lost = after.map((action) => (action.kind === 'cli' ? action.command : 'the trap')).slice(0, 3);
    const bounded = `maxrun is ${bound} s${isDefault ? ' (the default)' : ''} and it waits ${waited} s`;
    const reason =
      left <= 0
        ? `${bounded}: it is killed before ${lost.join(', ') || 'its end'}`
        : `${bounded}: ${left} s are left for ${commands.length} commands; when they do not do it is killed, and ${lost.join(', ') || 'the rest'} with it`;
    return [finding('maxrun-short', { line, applet: applet.name, reason, remedy })];
  }
  if (!isDefault || commands.length < SLOW_COMMANDS) return [];
  const reason = `${commands.length} commands under the default maxrun of ${maxrunDefaultSeconds} s: a slow router or TACACS takes seconds for each, and what is left is killed`;
  return [finding('maxrun-missing', { line, applet: applet.name, reason, remedy })];
}

const roundUp = (seconds: number): number => Math.ceil(seconds / 10) * 10;

function enable(applet: Applet): Finding[] {
  const commands = cliActions(applet);
  const enabledAt = commands.findIndex(({ command }) => isEnable(command));
  const needing = commands.find(({ command }, at) => (enabledAt === -1 || at < enabledAt) && !isEnable(command));
  if (needing === undefined) return [];
  const what =
    isUndebug(needing.command) || isDebugOn(needing.command)
      ? 'is refused there'
      : isShow(needing.command)
        ? 'may be refused there'
        : 'is refused there';
  const reason = `an applet starts in user EXEC: ${JSON.stringify(needing.command.slice(0, 60))} ${what}${enabledAt === -1 ? '' : ', enable comes later'}`;
  const remedy = 'first action: cli command "enable"';
  return [finding('enable-missing', { line: needing.line, applet: applet.name, reason, remedy })];
}

function nullUser(applet: Applet, { sessionUser, aaaAuthorization, isWhole }: EemConfig): Finding[] {
  if (cliActions(applet).length === 0 || applet.isBypassing || sessionUser !== null) return [];
  if (isWhole && aaaAuthorization === null) return [];
  const reason =
    aaaAuthorization === null
      ? 'its commands run as nobody: where AAA authorizes commands, it refuses each of them'
      : `its commands run as nobody, and AAA (line ${aaaAuthorization.line}) authorizes commands: it refuses each of them`;
  const remedy = 'event manager session cli username USER, or from EEM 3.1 on "authorization bypass" after the applet’s name';
  const level = aaaAuthorization === null ? 'hint' : 'warning';
  return [finding('aaa-null-user', { line: applet.line, applet: applet.name, reason, remedy, level })];
}
