/**
 * Reads the rest of one configuration line word by word: keywords that may be abbreviated, quoted text, numbers, addresses. For the
 * lines whose clauses come in any order (`event …`, `action …`, `snmp-server host …`), which no keyword tree can say.
 * The first fault stays: every later read returns null, and `fault` tells what IOS prints.
 */
export type ConfigFault =
  | { readonly kind: 'incomplete' }
  | { readonly kind: 'ambiguous' }
  /** Offset of the caret, from the beginning of the text. */
  | { readonly kind: 'invalid'; readonly offset: number };

interface Word {
  readonly text: string;
  readonly offset: number;
  readonly quoted: boolean;
}

const IPV4 = /^(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)$/;
/** `ssssssss[.mmm]`, as IOS writes EEM's times. */
const SECONDS = /^\d{1,8}(?:\.\d{1,3})?$/;

export class ConfigWords {
  fault: ConfigFault | null = null;
  private readonly full: string;
  private readonly words: readonly Word[];
  private at = 0;

  constructor(text: string) {
    this.full = text.trimEnd();
    this.words = split(text);
  }

  /** Another word stands there, and nothing was wrong so far. */
  get more(): boolean {
    return this.fault === null && this.at < this.words.length;
  }

  /** One of the words, by any abbreviation that is theirs alone; `incomplete` when the line ends here. */
  keyword<K extends string>(known: readonly K[]): K | null {
    const word = this.next();
    if (!word) return null;
    const typed = word.text.toLowerCase();
    const exact = known.find((each) => each === typed);
    if (exact !== undefined) return exact;
    const found = word.quoted ? [] : known.filter((each) => each.startsWith(typed));
    if (found.length > 1) return this.fail({ kind: 'ambiguous' });
    return found[0] ?? this.fail({ kind: 'invalid', offset: word.offset });
  }

  /** Takes the next word if it is this one; else leaves it. */
  optional(known: string): boolean {
    const word = this.more ? this.words[this.at]! : null;
    if (!word || word.quoted || !known.startsWith(word.text.toLowerCase())) return false;
    this.at += 1;
    return true;
  }

  /** A word or a quoted text, of at most `charactersMax`. */
  text(charactersMax: number): string | null {
    return this.take(({ text }) => (text.length <= charactersMax ? text : null));
  }

  integer(low: number, high: number): number | null {
    return this.take(({ text }) => {
      const value = Number(text);
      return /^-?\d{1,10}$/.test(text) && value >= low && value <= high ? value : null;
    });
  }

  /** `ssssssss[.mmm]` in milliseconds. */
  seconds(): number | null {
    return this.take(({ text }) => (SECONDS.test(text) ? Math.round(Number(text) * 1_000) : null));
  }

  address(): string | null {
    return this.take(({ text }) => (IPV4.test(text) ? text : null));
  }

  matching(pattern: RegExp): string | null {
    return this.take(({ text }) => (pattern.test(text) ? text : null));
  }

  /** All that is left, as it stands; may be empty. */
  rest(): string {
    const first = this.words[this.at];
    this.at = this.words.length;
    return first ? this.full.slice(first.offset) : '';
  }

  /** Nothing may follow. */
  end(): void {
    if (this.more) this.fail({ kind: 'invalid', offset: this.words[this.at]!.offset });
  }

  incomplete(): null {
    return this.fail({ kind: 'incomplete' });
  }

  private take<T>(read: (word: Word) => T | null): T | null {
    const word = this.next();
    if (!word) return null;
    return read(word) ?? this.fail({ kind: 'invalid', offset: word.offset });
  }

  private next(): Word | null {
    if (this.fault) return null;
    const word = this.words[this.at];
    if (!word) return this.fail({ kind: 'incomplete' });
    this.at += 1;
    return word;
  }

  private fail(fault: ConfigFault): null {
    this.fault ??= fault;
    return null;
  }
}

/** A quotation mark opens a text up to the next one; one that is never closed takes the rest of the line, as IOS has it. */
function split(text: string): Word[] {
  return [...text.matchAll(/"([^"]*)(?:"|$)|\S+/g)].map((match) => ({
    text: match[1] ?? match[0],
    offset: match.index,
    quoted: match[1] !== undefined,
  }));
}
