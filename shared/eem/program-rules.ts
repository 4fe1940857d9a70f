/**
 * Rules of lint on the statements of an applet that decides for itself: `if … end`, loops, variables. What breaks one ends the run there,
 * with `undebug all` and the trap still to come. Called by lint.ts. IOS "Embedded Event Manager Command Reference".
 */
import { type Action, type Applet, type EemConfig, runOrder } from './applet.ts';
import { type Finding, finding } from './lint-words.ts';

export const programFindings = (applet: Applet, config: EemConfig): Finding[] => [
  ...blocks(applet),
  ...variables(applet, config),
];

type Verb = Extract<Action, { kind: 'other' }>['verb'];
const verbOf = (action: Action): Verb | null => (action.kind === 'other' ? action.verb : null);
const OPENERS: readonly (string | null)[] = ['if', 'while', 'foreach'];

/** `if A eq B goto LABEL` has no block. */
const opensBlock = (action: Action): boolean => OPENERS.includes(verbOf(action)) && !/\sgoto\s+\S+\s*$/i.test(action.text);

function blocks(applet: Applet): Finding[] {
  const open: Action[] = [];
  const found: Finding[] = [];
  const wrong = (action: Action, reason: string): void => {
    const remedy = 'one end for each if, while and foreach, by the order of the labels as strings: give them all one width';
    found.push(finding('block-open', { line: action.line, applet: applet.name, reason, remedy }));
  };
  for (const action of runOrder(applet)) {
    const verb = verbOf(action);
    if (opensBlock(action)) open.push(action);
    else if (verb === 'end' && open.pop() === undefined) wrong(action, 'nothing is open that this end could close');
    else if ((verb === 'else' || verb === 'elseif') && verbOf(open.at(-1) ?? action) !== 'if')
      wrong(action, `no if is open at this ${verb}`);
  }
  for (const action of open) wrong(action, `no end closes this ${verbOf(action)}: the run fails there`);
  return found;
}

/** `$_syslog_msg`, `$_cli_result` …: what events and actions leave by themselves, by the beginnings of their names. */
const BUILT_IN =
  /^_(?:application|cli|config|counter|error|event|exit|gold|identity|info|interface|ioswdsysmon|ipsla|mat|nd|nf|none|oir|process|regexp|remainder|resource|result|rf|routing|snmp|string|syslog|test|timer|track)(?:_|$)/;
const USED = /\$([A-Za-z_]\w{0,63})/g;

function variables(applet: Applet, { environment, isWhole }: EemConfig): Finding[] {
  const statements = applet.actions.filter((action) => action.kind === 'other');
  // Any word of a statement may be the name that it sets: `regexp "…" "$x" match first`, `foreach line …`.
  const set = new Set(statements.flatMap(({ text }) => text.match(/(?<![\w$])[A-Za-z_]\w*/g) ?? []));
  // Cisco's own examples write the name with its `$` too.
  for (const { text } of statements) {
    const named = /\s(?:set|append|foreach|increment|decrement)\s+\$([A-Za-z_]\w*)/i.exec(text)?.[1];
    if (named !== undefined) set.add(named);
  }
  const told = new Set<string>();
  const found: Finding[] = [];
  for (const { text, line } of applet.actions)
    for (const [, name = ''] of text.matchAll(USED)) {
      if (told.has(name) || environment.has(name) || set.has(name) || BUILT_IN.test(name)) continue;
      told.add(name);
      const reason = `nothing in this file gives $${name} a value: an applet that comes to a name without one ends there, whatever is left to do`;
      const remedy = `event manager environment ${name} VALUE`;
      const level = isWhole ? 'warning' : 'hint';
      found.push(finding('variable-unknown', { line, applet: applet.name, reason, remedy, level }));
    }
  return found;
}
