/**
 * Does one programming statement of a run and says where it goes on. Regular expressions are Tcl's, as applets in the wild have them
 * (`[^\r\n]+`, `\s`); two integers compare as numbers, all else as texts. Used by applet-run.ts.
 */
import type { AppletAction } from './applet.ts';
import { AppletFlow } from './applet-flow.ts';
import type { AppletVariables } from './applet-variables.ts';
import { valueMatches } from './notification-match.ts';
import type { Statement } from './statement.ts';

export type StatementOutcome =
  | { readonly kind: 'next'; readonly at: number }
  | { readonly kind: 'puts'; readonly text: string; readonly at: number }
  | { readonly kind: 'exit' }
  /** `unknown`: the variable that there is not; null: numbers, pattern or `end` are wrong. */
  | { readonly kind: 'failed'; readonly unknown: string | null };

const INTEGER = /^-?\d{1,18}$/;
const LONG_BITS = 64;
const FAILED: StatementOutcome = { kind: 'failed', unknown: null };

class UnknownVariable extends Error {
  readonly variable: string;
  constructor(variable: string) {
    super(variable);
    this.variable = variable;
  }
}

export class StatementRunner {
  private readonly flow: AppletFlow;
  private readonly variables: AppletVariables;
  /** What is left of the list of each `foreach` that runs, by its place. */
  private readonly lists = new Map<number, string[]>();
  /** A clause that is come to because the one before it did not hold; else it ends what it follows. */
  private sought: number | null = null;

  constructor(actions: readonly AppletAction[], variables: AppletVariables) {
    this.flow = new AppletFlow(actions);
    this.variables = variables;
  }

  /** `index`: the statement's place in the order of the run. */
  run(statement: Statement, index: number): StatementOutcome {
    try {
      return this.done(statement, index);
    } catch (error) {
      if (error instanceof UnknownVariable) return { kind: 'failed', unknown: error.variable };
      throw error;
    }
  }

  private value(text: string): string {
    const out = this.variables.substitute(text);
    if ('unknown' in out) throw new UnknownVariable(out.unknown);
    return out.text;
  }

  private done(statement: Statement, index: number): StatementOutcome {
    const { variables } = this;
    const next: StatementOutcome = { kind: 'next', at: index + 1 };
    switch (statement.kind) {
      case 'set':
        variables.set(statement.name, this.value(statement.value));
        return next;
      case 'append':
        variables.set(statement.name, (variables.get(statement.name) ?? '') + this.value(statement.value));
        return next;
      case 'increment':
      case 'decrement': {
        const sum = calculate(
          statement.kind === 'increment' ? 'add' : 'subtract',
          this.value(`$${statement.name}`),
          this.value(statement.by),
        );
        if (sum === null) return FAILED;
        variables.set(statement.name, sum);
        return next;
      }
      case 'add':
      case 'subtract':
      case 'multiply':
      case 'divide': {
        const result = calculate(statement.kind, this.value(statement.left), this.value(statement.right));
        if (result === null) return FAILED;
        variables.set('_result', result);
        return next;
      }
      case 'regexp':
        return this.regexp(statement) ? next : FAILED;
      case 'puts':
        return { kind: 'puts', text: this.value(statement.text), at: index + 1 };
      case 'exit':
        return { kind: 'exit' };
      case 'comment':
        return next;
      default:
        return this.jump(statement, index);
    }
  }

  private regexp({ pattern, input, names }: Extract<Statement, { kind: 'regexp' }>): boolean {
    const compiled = tclRegex(this.value(pattern));
    if (compiled === null) return false;
    const match = compiled.exec(this.value(input));
    this.variables.set('_regexp_result', match ? '1' : '0');
    if (match) for (const [group, name] of names.entries()) this.variables.set(name, match[group] ?? '');
    return true;
  }

  private jump(
    statement: Extract<Statement, { kind: 'if' | 'elseif' | 'else' | 'end' | 'while' | 'foreach' | 'break' | 'continue' }>,
    index: number,
  ): StatementOutcome {
    const block = this.flow.at(index);
    if (block === null) return FAILED;
    const isSought = this.sought === index;
    this.sought = null;
    const to = (at: number): StatementOutcome => ({ kind: 'next', at });
    switch (statement.kind) {
      case 'elseif':
        return isSought ? this.branch(statement, index) : to(block.end + 1);
      case 'else':
        return to(isSought ? index + 1 : block.end + 1);
      case 'if':
      case 'while':
        return this.branch(statement, index);
      case 'foreach':
        return this.iterate(statement, index, block.end);
      case 'continue':
        return to(block.opener);
      case 'break':
        this.lists.delete(block.opener);
        return to(block.end + 1);
      case 'end':
        return to(block.isLoop ? block.opener : index + 1);
    }
  }

  private branch({ left, op, right }: Extract<Statement, { kind: 'if' | 'elseif' | 'while' }>, index: number): StatementOutcome {
    if (valueMatches(this.value(left), op, this.value(right))) return { kind: 'next', at: index + 1 };
    const at = this.flow.otherwise(index);
    // What stands behind the `end` may be the `else` of an outer one, which is not sought.
    if (at <= this.flow.at(index)!.end) this.sought = at;
    return { kind: 'next', at };
  }

  private iterate(
    { name, list, delimiter }: Extract<Statement, { kind: 'foreach' }>,
    index: number,
    end: number,
  ): StatementOutcome {
    const left = this.lists.get(index) ?? split(this.value(list), delimiter);
    const item = left.shift();
    if (item === undefined) {
      this.lists.delete(index);
      return { kind: 'next', at: end + 1 };
    }
    this.lists.set(index, left);
    this.variables.set(name, item);
    return { kind: 'next', at: index + 1 };
  }
}

const split = (list: string, delimiter: string | null): string[] =>
  (delimiter === null || delimiter === ' ' ? list.trim().split(/\s+/) : list.split(unescaped(delimiter))).filter(
    (item) => item !== '',
  );

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t' };
const unescaped = (text: string): string => text.replace(/\\([nrt])/g, (_whole, letter: string) => ESCAPES[letter]!);

/** Long integers, as they turn over in 64 bits; null: one is none, or nothing divides by 0. */
function calculate(how: 'add' | 'subtract' | 'multiply' | 'divide', left: string, right: string): string | null {
  if (!INTEGER.test(left) || !INTEGER.test(right)) return null;
  const [a, b] = [BigInt(left), BigInt(right)];
  if (how === 'divide' && b === 0n) return null;
  const result = how === 'add' ? a + b : how === 'subtract' ? a - b : how === 'multiply' ? a * b : a / b;
  return String(BigInt.asIntN(LONG_BITS, result));
}

/** `.` takes line ends too, as in Tcl. */
function tclRegex(source: string): RegExp | null {
  try {
    return new RegExp(source, 's');
  } catch {
    return null;
  }
}
