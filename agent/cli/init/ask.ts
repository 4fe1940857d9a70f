/**
 * From options and a person at the terminal to the answers of `spitrap init`. A wrong answer is asked again with the reason; a wrong
 * option ends it, with every reason at once. Called by init.ts.
 */
import { SpitrapError } from '../../../shared/errors.ts';
import { printable, quoted } from '../../../shared/model/printable.ts';
import { wrapped } from '../../status/text-layout.ts';
import type { CliContext } from '../subcommand.ts';
import { type Answers, type Draft, type Question, questions } from './questions.ts';

export type Ask = NonNullable<CliContext['ask']>;

/** The person left. Nothing was written. */
export class Left extends Error {
  override readonly name = 'Left';
}

/** @throws SpitrapError USAGE: each option that does not fit, with its reason. */
export function judgeOptions(given: Draft): void {
  const faults = questions.flatMap((question) =>
    (given[question.key] ?? []).flatMap((value) => {
      const fault = question.judge(value);
      return fault === null ? [] : [`${question.option} ${quoted(value)}: ${fault}`];
    }),
  );
  if (faults.length > 0) throw new SpitrapError('USAGE', listed(faults));
}

/** Without asking. @throws SpitrapError USAGE naming every option that must be given. */
export function answersWithout(given: Draft): Answers {
  const draft: { -readonly [K in keyof Draft]: Draft[K] } = { ...given };
  const missing: string[] = [];
  for (const { key, option, asks, fallback } of questions) {
    const value = draft[key] ?? fallback(draft);
    if (value === null) missing.push(`${option}: ${asks}`);
    else draft[key] = value;
  }
  if (missing.length === 0) return draft as Answers;
  throw new SpitrapError('USAGE', `${missing.length === 1 ? 'an option is' : 'options are'} missing\n  ${missing.join('\n  ')}`);
}

/** @throws Left. */
export async function answersAsked(given: Draft, ask: Ask, tell: (line: string) => void): Promise<Answers> {
  const draft: { -readonly [K in keyof Draft]: Draft[K] } = { ...given };
  for (const question of questions) {
    const { key, quiet, fallback } = question;
    if (draft[key] !== undefined) continue;
    const otherwise = fallback(draft);
    draft[key] = quiet === true && otherwise !== null ? otherwise : await answer(question, otherwise, ask, tell);
  }
  return draft as Answers;
}

async function answer(
  question: Question,
  otherwise: readonly string[] | null,
  ask: Ask,
  tell: (line: string) => void,
): Promise<readonly string[]> {
  const { asks, many, judge } = question;
  const preset = otherwise === null ? '' : ` [${otherwise.join(' ')}]`;
  for (;;) {
    const typed = await typedLine(ask, `${asks}${many ? ' (several: blanks between)' : ''}${preset}: `);
    const values = many ? typed.split(/[\s,]+/).filter((value) => value !== '') : [typed].filter((value) => value !== '');
    if (values.length === 0 && otherwise !== null) return otherwise;
    const fault = values.length === 0 ? 'an answer is needed' : firstFault(values, judge);
    if (fault === null) return values;
    for (const line of wrapped(fault, '  ')) tell(line);
  }
}

function firstFault(values: readonly string[], judge: Question['judge']): string | null {
  for (const value of values) {
    const fault = judge(value);
    if (fault !== null) return `${quoted(value)}: ${printable(fault, 300)}`;
  }
  return null;
}

/** A yes or a no; Enter is `preset`. @throws Left. */
export async function agreed(ask: Ask, question: string, preset: boolean): Promise<boolean> {
  for (;;) {
    const typed = (await typedLine(ask, `${question} [${preset ? 'Y/n' : 'y/N'}]: `)).toLowerCase();
    if (typed === '') return preset;
    if (typed === 'y' || typed === 'yes') return true;
    if (typed === 'n' || typed === 'no') return false;
  }
}

/** @throws Left. */
export async function typedLine(ask: Ask, question: string, hidden = false): Promise<string> {
  const typed = await ask(question, { hidden });
  if (typed === null) throw new Left('the person left');
  return hidden ? typed : typed.trim();
}

const listed = (faults: readonly string[]): string =>
  faults.length === 1 ? faults[0]! : `${faults.length} options do not fit\n  ${faults.join('\n  ')}`;
