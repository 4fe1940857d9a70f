/**
 * The answer to one question about a case: yes, no or unknown, a clause that says so to a person, and the lines that it rests on.
 * "Unknown" is never "no": what could have told is missing, and the clause says what. Made by the questions, weighed by weigh.ts.
 */
import type { Known, Quote } from './case.ts';

export interface Answer {
  readonly known: Known;
  readonly text: string;
  readonly quotes: readonly Quote[];
}

/** Of a long row of like lines the first few say it all. */
const QUOTES_MAX = 6;

const answer =
  (known: Known) =>
  (text: string, quotes: readonly (Quote | null)[] = []): Answer => ({
    known,
    text,
    quotes: distinct(quotes.filter((quote) => quote !== null)).slice(0, QUOTES_MAX),
  });

export const yes = answer('yes');
export const no = answer('no');
export const unknown = answer('unknown');

export const distinct = (quotes: readonly Quote[]): Quote[] => [
  ...new Map(quotes.map((quote) => [`${quote.end} ${quote.file} ${quote.line}`, quote])).values(),
];

/** Yes when any is, else unknown when any is, else the first no. */
export function either(...answers: readonly [Answer, ...Answer[]]): Answer {
  return answers.find(({ known }) => known === 'yes') ?? answers.find(({ known }) => known === 'unknown') ?? answers[0];
}
