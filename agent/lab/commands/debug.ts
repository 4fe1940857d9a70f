/** `debug …`, `no debug …`, `undebug …`: flags and crypto conditions. */
import { CONDITION_TYPES, type ConditionType, DEBUG_KINDS, type DebugName, type UnmatchedContext } from '../debugs.ts';
import type { CommandResult } from '../keyword-tree.ts';
import { labLimits } from '../lab-limits.ts';
import type { ExecContext } from '../line-state.ts';
import { type ExecCommand, type ExecRun, print, quiet } from './result.ts';

const FLAGS: readonly [path: string, name: DebugName][] = [
  ['crypto isakmp', 'isakmp'],
  ['crypto ipsec', 'ipsec'],
  ['crypto engine', 'engine'],
  ['crypto ikev2', 'ikev2'],
  ['crypto ikev2 error', 'ikev2-error'],
  ['ip icmp', 'icmp'],
  ['ip packet', 'ip-packet'],
  ['nhrp', 'nhrp'],
  ['tunnel', 'tunnel'],
];

const ALL_OFF = 'All possible debugging has been turned off';

const LAST_CONDITION = [
  'This condition is the last crypto condition set.',
  'Removing all conditions may cause a flood of debugging',
  'messages to result, unless specific debugging flags',
  'are first removed.',
  '',
  'Proceed with removal? [yes/no]: ',
].join('\r\n');

const PLEASE_ANSWER = "% Please answer 'yes' or 'no'.\r\nProceed with removal? [yes/no]: ";

const turnOn =
  (name: DebugName): ExecRun =>
  ({ core }) => {
    core.debugs.enable(name);
    return print([`${DEBUG_KINDS[name].title} is on`]);
  };

const turnOff =
  (name: DebugName): ExecRun =>
  ({ core }) => {
    core.debugs.disable(name);
    return print([`${DEBUG_KINDS[name].title} is off`]);
  };

function allOff({ core }: ExecContext): CommandResult {
  core.debugs.disableAll();
  return print([ALL_OFF]);
}

function debugAll({ core }: ExecContext): CommandResult {
  return {
    kind: 'question',
    prompt: '\r\nThis may severely impact network performance. Continue? (yes/[no]): ',
    answer: (text) => {
      if (!/^y(?:es)?$/i.test(text.trim())) return quiet;
      for (const [, name] of FLAGS) core.debugs.enable(name);
      return print(['', 'All possible debugging has been turned on']);
    },
  };
}

/** While a crypto debug is on, taking the last condition away asks first: it would leave the debug unconditioned. */
function removing({ core }: ExecContext, last: boolean, remove: () => void): CommandResult {
  if (!last || !core.debugs.anyCrypto()) {
    remove();
    return quiet;
  }
  const ask = (prompt: string): CommandResult => ({
    kind: 'question',
    prompt,
    answer: (text) => {
      if (/^y(?:es)?$/i.test(text.trim())) remove();
      else if (!/^no?$/i.test(text.trim())) return ask(PLEASE_ANSWER);
      return quiet;
    },
  });
  return ask(LAST_CONDITION);
}

/** How a type is typed: its words, with the placeholders of its value. */
const CONDITION_WORDS: Readonly<Record<ConditionType, string>> = {
  'peer ipv4': 'peer ipv4 A.B.C.D',
  'peer ipv6': 'peer ipv6 X:X:X:X::X',
  'peer subnet': 'peer subnet A.B.C.D A.B.C.D',
  'peer hostname': 'peer hostname WORD',
  'peer username': 'peer username WORD',
  'peer group': 'peer group WORD',
  fvrf: 'fvrf WORD',
  ivrf: 'ivrf WORD',
  connid: 'connid <1-65535> engine-id <0-255>',
  spi: 'spi <256-4294967295>',
};

const typedValue = (type: ConditionType, args: readonly string[]): string => args.join(type === 'connid' ? ':' : ' ');

const add =
  (type: ConditionType): ExecRun =>
  ({ core }, args) =>
    core.debugs.addCondition(type, typedValue(type, args))
      ? quiet
      : print([`% Cannot add filter: maximum of ${labLimits.conditionValues} ${type} filters reached`]);

const remove =
  (type: ConditionType): ExecRun =>
  (context, args) => {
    const { debugs } = context.core;
    const value = typedValue(type, args);
    if (!debugs.values(type).includes(value)) return print([`% Condition not found: ${type} ${value}`]);
    return removing(context, debugs.conditionCount() === 1, () => debugs.removeCondition(type, value));
  };

function reset(context: ExecContext): CommandResult {
  const { debugs } = context.core;
  return removing(context, debugs.conditioned(), () => debugs.resetConditions());
}

const unmatched =
  (context: UnmatchedContext | null, on: boolean): ExecRun =>
  ({ core }) => {
    core.debugs.setUnmatched(context, on);
    return quiet;
  };

const conditions: readonly ExecCommand[] = [
  ...CONDITION_TYPES.flatMap((type): ExecCommand[] => [
    { path: `debug crypto condition ${CONDITION_WORDS[type]}`, privilege: 15, run: add(type) },
    { path: `no debug crypto condition ${CONDITION_WORDS[type]}`, privilege: 15, run: remove(type) },
    { path: `undebug crypto condition ${CONDITION_WORDS[type]}`, privilege: 15, run: remove(type) },
  ]),
  { path: 'debug crypto condition reset', privilege: 15, run: reset },
  { path: 'debug crypto condition unmatched', privilege: 15, run: unmatched(null, true) },
  { path: 'debug crypto condition unmatched isakmp', privilege: 15, run: unmatched('isakmp', true) },
  { path: 'debug crypto condition unmatched ipsec', privilege: 15, run: unmatched('ipsec', true) },
  { path: 'debug crypto condition unmatched engine', privilege: 15, run: unmatched('engine', true) },
  ...['no debug', 'undebug'].map(
    (off): ExecCommand => ({ path: `${off} crypto condition unmatched`, privilege: 15, run: unmatched(null, false) }),
  ),
];

export const debugCommands: readonly ExecCommand[] = [
  ...FLAGS.flatMap(([path, name]): ExecCommand[] => [
    { path: `debug ${path}`, privilege: 15, run: turnOn(name) },
    { path: `no debug ${path}`, privilege: 15, run: turnOff(name) },
    { path: `undebug ${path}`, privilege: 15, run: turnOff(name) },
  ]),
  ...conditions,
  { path: 'debug all', privilege: 15, run: debugAll },
  { path: 'no debug all', privilege: 15, run: allOff },
  { path: 'undebug all', privilege: 15, run: allOff },
];
