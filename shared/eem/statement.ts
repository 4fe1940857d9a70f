/**
 * Text as people have it to statements with their line numbers: prompts in front, CRLF, `--More--`, comments, indentation lost, a
 * statement over several lines or several on one, as Cisco 116005 prints its applets. Called by read-config.ts. Nothing throws.
 */
import { limits } from '../limits.ts';

export interface Word {
  readonly text: string;
  readonly quoted: boolean;
  /** From 1. */
  readonly line: number;
}

export interface Statement {
  /** Where its first word stands, from 1. */
  readonly line: number;
  readonly words: readonly Word[];
  readonly isIndented: boolean;
  /** A quote in it was never closed: the text ends, or another statement starts. */
  readonly isUnclosed: boolean;
}

export interface StatementsRead {
  readonly statements: readonly Statement[];
  readonly lines: number;
  /** Lines beyond `eemLinesMax`, which were not looked at. */
  readonly linesNotRead: number;
  /** Numbers of lines of which only the first `eemLineCharsMax` characters were looked at. */
  readonly linesCut: readonly number[];
}

export const eventKinds: ReadonlySet<string> = new Set(
  'syslog snmp snmp-notification snmp-object timer none track cli interface counter config routing rf oir resource application ioswdsysmon ipsla nf neighbor-discovery identity mat gold wdsysmon tag'.split(
    ' ',
  ),
);

export const actionVerbs: ReadonlySet<string> = new Set(
  'cli syslog wait snmp-trap snmp-set snmp-object-value set if else elseif end regexp foreach while break continue exit increment decrement add subtract multiply divide append puts gets mail reload context counter force-switchover cns-event help info policy publish-event string track comment handle-error file'.split(
    ' ',
  ),
);

/** Words that only ever go on with what the line before has begun. */
const GOING_ON: ReadonlySet<string> = new Set(
  'oid-val op src-ip-address dest-ip-address maxrun pattern occurs period priority msg command intdata1 intdata2 strdata severity ratelimit nice'.split(
    ' ',
  ),
);

/** Words after which something must come. */
const UNFINISHED: ReadonlySet<string> = new Set([...GOING_ON, 'action', 'cli', 'oid', 'wait', 'snmp-notification', 'snmp-trap']);

//   hub(config)#event manager applet x        hub#show debug        hub(config-applet)# action 1 …
const PROMPT = /^\s*[A-Za-z0-9][\w.:@/-]{0,63}(?:\([\w. -]{1,40}\))?[#>]\s*/;
//    --More-- with the backspaces that wipe it
const PAGER = /\s?-{1,2} ?More ?-{1,2}\s?[\b ]*/g;
const CURLED_QUOTES = /[\u201c\u201d\u201e\u00ab\u00bb]/g;
const LABEL = /^[\w.-]{1,40}$/;

export function readStatements(text: string): StatementsRead {
  const all = text.split(/\r\n|\n|\r/);
  if (all.at(-1) === '') all.pop();
  const splitter = new Splitter();
  const linesCut: number[] = [];
  for (const [index, full] of all.slice(0, limits.eemLinesMax).entries()) {
    if (full.length > limits.eemLineCharsMax) linesCut.push(index + 1);
    splitter.line(full.slice(0, limits.eemLineCharsMax), index + 1);
  }
  return {
    statements: splitter.end(),
    lines: all.length,
    linesNotRead: Math.max(0, all.length - limits.eemLinesMax),
    linesCut,
  };
}

/** Words of one line; `open`: the quote that the lines before left open. A quote counts at the start of a word alone. */
function wordsOf(text: string, line: number, open: Word | null): { words: Word[]; open: Word | null } {
  const words: Word[] = [];
  let at = 0;
  let rest = open;
  while (at < text.length || rest !== null) {
    if (rest === null) {
      while (at < text.length && isSpace(text[at]!)) at += 1;
      if (at >= text.length) break;
      if (text[at] !== '"') {
        const from = at;
        while (at < text.length && !isSpace(text[at]!)) at += 1;
        words.push({ text: text.slice(from, at), quoted: false, line });
        continue;
      }
      at += 1;
    }
    const end = closingQuote(text, at);
    const start: Word = rest ?? { text: '', quoted: true, line };
    // A page breaks `CRYPTO-4-RECVD…` after its hyphen, and other text at a space that is gone.
    const joint = rest === null || rest.text.endsWith('-') ? '' : ' ';
    const part = text.slice(at, end === -1 ? text.length : end).replaceAll('\\"', '"');
    const word: Word = { ...start, text: `${start.text}${joint}${part}` };
    if (end === -1) return { words, open: word };
    words.push(word);
    rest = null;
    at = end + 1;
  }
  return { words, open: null };
}

const isSpace = (character: string): boolean => character === ' ' || character === '\t';

/** `\"` inside a quoted text is a quote in it. */
function closingQuote(text: string, from: number): number {
  for (let at = text.indexOf('"', from); at !== -1; at = text.indexOf('"', at + 1)) if (text[at - 1] !== '\\') return at;
  return -1;
}

class Splitter {
  readonly #done: Statement[] = [];
  #words: Word[] = [];
  #open: Word | null = null;
  #isIndented = false;
  #linesJoined = 0;

  line(raw: string, number: number): void {
    const text = raw.replace(PAGER, '').replace(CURLED_QUOTES, '"').replace(PROMPT, '');
    const body = text.trim();
    if (body === '' || body.startsWith('!')) {
      // A comment between two halves of a statement is none: what is open ends here.
      this.#finish();
      return;
    }
    if (!this.#goesOnWith(body)) {
      this.#finish();
      this.#isIndented = /^[ \t]/.test(text);
    } else this.#linesJoined += 1;
    const { words, open } = wordsOf(text.trim(), number, this.#open);
    this.#words.push(...words);
    this.#open = open;
    this.#cut();
  }

  end(): readonly Statement[] {
    this.#finish();
    return this.#done;
  }

  #goesOnWith(body: string): boolean {
    const [first, second, third] = this.#words;
    if (this.#words.length === 0 && this.#open === null) return false;
    if (first === undefined || !isEemStart(first, second, third) || this.#linesJoined >= limits.eemStatementLinesMax)
      return false;
    if (startsStatement(body)) return false;
    if (this.#open !== null) return true;
    if (/^(?:action|event)\s/i.test(body)) return false;
    const last = this.#words.at(-1)!;
    const beforeLast = this.#words.at(-2);
    const [next = ''] = body.split(/\s/, 1);
    if (next.startsWith('"') || next === '|' || GOING_ON.has(next.toLowerCase())) return true;
    if (last.quoted) return false;
    return UNFINISHED.has(last.text.toLowerCase()) || (beforeLast?.text.toLowerCase() === 'action' && !beforeLast.quoted);
  }

  /** What stands on one line in the print of a note: `… "enable" action 2 syslog msg …`, `conf t ! event manager applet x`. */
  #cut(): void {
    const words = this.#words;
    if (!words.some(({ text, quoted }) => !quoted && /^(?:action|event)$/i.test(text))) return;
    let from = 0;
    for (let at = 1; at < words.length; at += 1) {
      const isBar = !words[at]!.quoted && words[at]!.text === '!';
      if (!isBar && !startsAt(words, at)) continue;
      this.#give(words.slice(from, at), false);
      from = isBar ? at + 1 : at;
    }
    this.#words = words.slice(from);
    if (from > 0) this.#linesJoined = 0;
  }

  #finish(): void {
    const isUnclosed = this.#open !== null;
    const words = this.#open === null ? this.#words : [...this.#words, this.#open];
    this.#give(words, isUnclosed);
    this.#words = [];
    this.#open = null;
    this.#linesJoined = 0;
  }

  #give(words: readonly Word[], isUnclosed: boolean): void {
    const first = words[0];
    if (first !== undefined) this.#done.push({ line: first.line, words, isIndented: this.#isIndented, isUnclosed });
  }
}

function isEemStart(first: Word, second: Word | undefined, third: Word | undefined): boolean {
  if (first.quoted) return false;
  const word = first.text.toLowerCase();
  if (word === 'action') return true;
  return (
    word === 'event' && second !== undefined && (startsAt([first, second, ...(third ? [third] : [])], 0) || third === undefined)
  );
}

function startsAt(words: readonly Word[], at: number): boolean {
  const [first, second, third] = [words[at], words[at + 1], words[at + 2]];
  if (first === undefined || second === undefined || first.quoted || second.quoted) return false;
  const [one, two, three] = [first.text.toLowerCase(), second.text.toLowerCase(), third?.quoted ? '' : third?.text.toLowerCase()];
  if (one === 'event' && two === 'manager') return three === 'applet' || three === 'session' || three === 'environment';
  if (one === 'event') return eventKinds.has(two);
  return one === 'action' && LABEL.test(two) && three !== undefined && actionVerbs.has(three);
}

const startsStatement = (body: string): boolean => {
  const words = body.split(/\s+/, 3).map((text): Word => ({ text, quoted: text.startsWith('"'), line: 0 }));
  return startsAt(words, 0);
};

/** As it could be entered: words in quotes get them back. */
export const statementText = ({ words }: Pick<Statement, 'words'>): string =>
  words.map(({ text, quoted }) => (quoted ? `"${text}"` : text)).join(' ');
