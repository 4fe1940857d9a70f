/**
 * The exec parser: a tree of keywords with abbreviations, ambiguity and the caret of `% Invalid input`. Where a word is
 * ambiguous by itself, the words after it decide (`u all`), as IOS does. Filled by the commands shelf.
 */
export interface CommandSpec<C> {
  /** Full words, with placeholders `A.B.C.D`, `<0-512>`, `WORD`, `LINE` (the rest of the line). */
  readonly path: string;
  /** Absent: the words are known and nothing more (`% Incomplete command.`). */
  readonly run?: (context: C, args: readonly string[], typed: string) => CommandResult;
  /** Default 1. */
  readonly privilege?: 1 | 15;
  /** Only in the tree of this platform; elsewhere the caret stands under the first word that is not there. */
  readonly platform?: 'cisco-ios' | 'cisco-iosxe';
}

/** What a command leaves the line with. */
export type CommandResult =
  | { readonly kind: 'output'; readonly lines: readonly string[] }
  | { readonly kind: 'password' }
  /** `oneKey`: a `[confirm]`, which the first key answers (Enter and y: yes). */
  | {
      readonly kind: 'question';
      readonly prompt: string;
      readonly oneKey?: boolean;
      readonly answer: (text: string) => CommandResult;
    }
  | { readonly kind: 'mode'; readonly lines: readonly string[] }
  | { readonly kind: 'close' };

interface TreeNode<C> {
  readonly word: string;
  readonly children: Map<string, TreeNode<C>>;
  privilege: 1 | 15;
  run: CommandSpec<C>['run'];
}

export type Resolution<C> =
  | {
      readonly kind: 'run';
      readonly run: NonNullable<CommandSpec<C>['run']>;
      readonly args: readonly string[];
      readonly expanded: string;
    }
  | { readonly kind: 'incomplete'; readonly words: number }
  | { readonly kind: 'ambiguous' }
  | { readonly kind: 'invalid'; readonly offset: number };

interface Token {
  readonly text: string;
  readonly offset: number;
}

const IPV4 = /^(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)$/;

function placeholderAccepts(placeholder: string, text: string): boolean {
  if (placeholder === 'A.B.C.D') return IPV4.test(text);
  if (placeholder === 'X:X:X:X::X') return text.length <= 45 && /^[\da-f:]*:[\da-f:.]*$/i.test(text);
  const range = /^<(\d+)-(\d+)>$/.exec(placeholder);
  if (range) return /^\d{1,10}$/.test(text) && Number(text) >= Number(range[1]) && Number(text) <= Number(range[2]);
  return true;
}

const isPlaceholder = (word: string): boolean => /^(?:A\.B\.C\.D|X:X:X:X::X|<\d+-\d+>|WORD|LINE)$/.test(word);

export class KeywordTree<C> {
  private readonly root: TreeNode<C> = { word: '', children: new Map(), privilege: 1, run: undefined };
  private readonly help: Readonly<Record<string, string>>;

  constructor(specs: readonly CommandSpec<C>[], help: Readonly<Record<string, string>>) {
    this.help = help;
    for (const spec of specs) this.add(spec);
  }

  resolve(line: string, privilege: number): Resolution<C> {
    const tokens = tokenize(line);
    return this.walk(this.root, line, tokens, 0, [], [], privilege);
  }

  /** The list that `?` shows: full help after a space, or the words that begin like the last one. */
  helpFor(line: string, privilege: number): { readonly words: readonly [string, string][]; readonly partial: boolean } | null {
    const tokens = tokenize(line);
    const partial = line !== '' && !/\s$/.test(line);
    const last = partial ? tokens.pop()!.text.toLowerCase() : '';
    let node = this.root;
    for (const token of tokens) {
      const [only, ...more] = this.candidates(node, token.text, privilege);
      const next = only && more.length === 0 ? only : more.length > 0 ? undefined : this.placeholder(node, token.text, privilege);
      if (!next) return null;
      node = next;
    }
    const words: [string, string][] = [...node.children.values()]
      .filter((child) => child.privilege <= privilege && (!partial || child.word.startsWith(last)))
      .map((child): [string, string] => [child.word, this.help[child.word] ?? 'Keyword'])
      .sort(([a], [b]) => (a < b ? -1 : 1));
    if (!partial && node.run) words.push(['<cr>', '']);
    return { words, partial };
  }

  /** What the tab key makes of the last word; null: nothing to complete, or several. */
  complete(line: string, privilege: number): string | null {
    const tokens = tokenize(line);
    const last = tokens.pop();
    if (!last || /\s$/.test(line)) return null;
    let node = this.root;
    for (const token of tokens) {
      const next = this.candidates(node, token.text, privilege)[0] ?? this.placeholder(node, token.text, privilege);
      if (!next) return null;
      node = next;
    }
    const found = this.candidates(node, last.text, privilege);
    return found.length === 1 ? `${line.slice(0, last.offset)}${found[0]!.word} ` : null;
  }

  private add(spec: CommandSpec<C>): void {
    let node = this.root;
    for (const word of spec.path.split(' ')) {
      let child = node.children.get(word);
      if (!child) {
        child = { word, children: new Map(), privilege: spec.privilege ?? 1, run: undefined };
        node.children.set(word, child);
      }
      // A word that both levels use (`show`) belongs to the lower one.
      if ((spec.privilege ?? 1) < child.privilege) child.privilege = spec.privilege ?? 1;
      node = child;
    }
    if (spec.run) node.run = spec.run;
  }

  private candidates(node: TreeNode<C>, text: string, privilege: number): TreeNode<C>[] {
    const typed = text.toLowerCase();
    const words = [...node.children.values()].filter((child) => !isPlaceholder(child.word) && child.privilege <= privilege);
    const exact = words.find((child) => child.word === typed);
    return exact ? [exact] : words.filter((child) => child.word.startsWith(typed));
  }

  private placeholder(node: TreeNode<C>, text: string, privilege: number): TreeNode<C> | undefined {
    return [...node.children.values()].find(
      (child) => isPlaceholder(child.word) && child.privilege <= privilege && placeholderAccepts(child.word, text),
    );
  }

  private walk(
    node: TreeNode<C>,
    line: string,
    tokens: readonly Token[],
    index: number,
    words: readonly string[],
    args: readonly string[],
    privilege: number,
  ): Resolution<C> {
    const token = tokens[index];
    if (!token) {
      if (node.run) return { kind: 'run', run: node.run, args, expanded: words.join(' ') };
      return { kind: 'incomplete', words: words.length };
    }
    const found = this.candidates(node, token.text, privilege);
    if (found.length > 1 && index === tokens.length - 1) return { kind: 'ambiguous' };
    if (found.length > 0) {
      const results = found.map((child) => this.walk(child, line, tokens, index + 1, [...words, child.word], args, privilege));
      if (results.length === 1) return results[0]!;
      const whole = results.filter((result) => result.kind === 'run');
      return whole.length === 1 ? whole[0]! : { kind: 'ambiguous' };
    }
    const slot = this.placeholder(node, token.text, privilege);
    if (!slot) return { kind: 'invalid', offset: token.offset + this.matchedCharacters(node, token.text, privilege) };
    if (slot.word === 'LINE') {
      const rest = line.slice(token.offset).trimEnd();
      return this.walk(slot, line, tokens, tokens.length, [...words, rest], [...args, rest], privilege);
    }
    return this.walk(slot, line, tokens, index + 1, [...words, token.text], [...args, token.text], privilege);
  }

  /** IOS puts the caret under the first character that no keyword has there. */
  private matchedCharacters(node: TreeNode<C>, text: string, privilege: number): number {
    let longest = 0;
    for (const child of node.children.values()) {
      if (isPlaceholder(child.word) || child.privilege > privilege) continue;
      let same = 0;
      while (same < text.length && text[same]!.toLowerCase() === child.word[same]) same += 1;
      longest = Math.max(longest, same);
    }
    return Math.min(longest, text.length - 1);
  }
}

function tokenize(line: string): Token[] {
  return [...line.matchAll(/\S+/g)].map((match) => ({ text: match[0], offset: match.index }));
}
