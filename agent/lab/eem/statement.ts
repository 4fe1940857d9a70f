/**
 * The programming statements of EEM 3.0's applets: variables, conditions, loops, regular expressions. What each is, how a line says
 * it, and how `show running-config` prints it. Parsed for applet-lines.ts, done by statement-run.ts. IOS "Embedded Event Manager
 * Command Reference", `action set` and its neighbours; what is not here (`mail`, `file`, `string`, `context` …) the box does not know.
 */
import type { Comparison } from './applet.ts';
import type { ConfigWords } from './config-words.ts';

export type Statement =
  | { readonly kind: 'set' | 'append'; readonly name: string; readonly value: string }
  /** `by`: a number, or a variable. */
  | { readonly kind: 'increment' | 'decrement'; readonly name: string; readonly by: string }
  | { readonly kind: 'add' | 'subtract' | 'multiply' | 'divide'; readonly left: string; readonly right: string }
  /** `names`: the variables that take the match and its groups. */
  | { readonly kind: 'regexp'; readonly pattern: string; readonly input: string; readonly names: readonly string[] }
  | { readonly kind: 'if' | 'elseif' | 'while'; readonly left: string; readonly op: Comparison; readonly right: string }
  | { readonly kind: 'foreach'; readonly name: string; readonly list: string; readonly delimiter: string | null }
  | { readonly kind: 'else' | 'end' | 'break' | 'continue' }
  | { readonly kind: 'puts'; readonly text: string; readonly newline: boolean }
  | { readonly kind: 'exit'; readonly result: string | null }
  | { readonly kind: 'comment'; readonly text: string };

export const STATEMENTS = [
  ...(['set', 'append', 'increment', 'decrement', 'add', 'subtract', 'multiply', 'divide', 'regexp'] as const),
  ...(['if', 'elseif', 'else', 'end', 'while', 'foreach', 'break', 'continue', 'puts', 'exit', 'comment'] as const),
] as const;

export const COMPARISONS: readonly Comparison[] = ['gt', 'ge', 'eq', 'ne', 'lt', 'le'];
const TEXT_MAX = 254;
/** A variable's name. Cisco's own examples write it with its `$` too. */
const NAME = /^\$?[A-Za-z_]\w{0,63}$/;
/** A number, or the variable that has it. */
const NUMBER = /^(?:-?\d{1,18}|\$[A-Za-z_]\w{0,63})$/;
/** The match and three groups. */
const REGEXP_NAMES_MAX = 4;

/** What follows the statement's word; null: see `words.fault`. */
export function parseStatement(kind: Statement['kind'], words: ConfigWords): Statement | null {
  const parsed = read(kind, words);
  words.end();
  return words.fault ? null : parsed;
}

const name = (words: ConfigWords): string | null => words.matching(NAME)?.replace('$', '') ?? null;
const text = (words: ConfigWords): string | null => words.text(TEXT_MAX);

function read(kind: Statement['kind'], words: ConfigWords): Statement | null {
  switch (kind) {
    case 'set':
    case 'append':
      return made(name(words), text(words), (variable, value) => ({ kind, name: variable, value }));
    case 'increment':
    case 'decrement': {
      const variable = name(words);
      const by = words.more ? words.matching(NUMBER) : '1';
      return made(variable, by, (of, step) => ({ kind, name: of, by: step }));
    }
    case 'add':
    case 'subtract':
    case 'multiply':
    case 'divide':
      return made(words.matching(NUMBER), words.matching(NUMBER), (left, right) => ({ kind, left, right }));
    case 'regexp': {
      const pattern = text(words);
      const input = text(words);
      const names: string[] = [];
      while (words.more && names.length < REGEXP_NAMES_MAX) names.push(name(words) ?? '');
      return made(pattern, input, (source, subject) => ({ kind, pattern: source, input: subject, names }));
    }
    case 'if':
    case 'elseif':
    case 'while': {
      const left = text(words);
      const op = words.keyword(COMPARISONS);
      return made(left, text(words), (first, right) => (op === null ? null : { kind, left: first, op, right }));
    }
    case 'foreach': {
      const variable = name(words);
      const list = text(words);
      const delimiter = words.more ? text(words) : null;
      return made(variable, list, (of, all) => ({ kind, name: of, list: all, delimiter }));
    }
    case 'puts': {
      const newline = !words.optional('nonewline');
      const said = text(words);
      return said === null ? null : { kind, text: said, newline };
    }
    case 'exit':
      return { kind, result: words.more ? text(words) : null };
    case 'comment':
      return { kind, text: words.rest() };
    default:
      return { kind };
  }
}

const made = <A, B>(a: A | null, b: B | null, make: (a: A, b: B) => Statement | null): Statement | null =>
  a === null || b === null ? null : make(a, b);

const quoted = (value: string): string => `"${value}"`;
/** [B] IOS prints a variable bare where it stands first. */
const operand = (value: string): string => (/^\$\w+$/.test(value) ? value : quoted(value));

/** As `show running-config` prints it. */
export function statementText(statement: Statement): string {
  switch (statement.kind) {
    case 'set':
    case 'append':
      return `${statement.kind} ${statement.name} ${quoted(statement.value)}`;
    case 'increment':
    case 'decrement':
      return `${statement.kind} ${statement.name}${statement.by === '1' ? '' : ` ${statement.by}`}`;
    case 'add':
    case 'subtract':
    case 'multiply':
    case 'divide':
      return `${statement.kind} ${statement.left} ${statement.right}`;
    case 'regexp':
      return ['regexp', quoted(statement.pattern), quoted(statement.input), ...statement.names].join(' ');
    case 'if':
    case 'elseif':
    case 'while':
      return `${statement.kind} ${operand(statement.left)} ${statement.op} ${quoted(statement.right)}`;
    case 'foreach': {
      const delimiter = statement.delimiter === null ? '' : ` ${quoted(statement.delimiter)}`;
      return `foreach ${statement.name} ${quoted(statement.list)}${delimiter}`;
    }
    case 'puts':
      return `puts ${statement.newline ? '' : 'nonewline '}${quoted(statement.text)}`;
    case 'exit':
      return statement.result === null ? 'exit' : `exit ${statement.result}`;
    case 'comment':
      return `comment ${statement.text}`;
    default:
      return statement.kind;
  }
}
