/**
 * A running configuration, or applets alone, as spitrap reads them: `readEemConfig(text)`. What is within its reach and not understood is
 * kept with its line (`unread`), what is none of its business too (`foreign`). Called by lint.ts and import.ts. Nothing throws.
 */
import { limits } from '../limits.ts';
import type { Action, Applet, AppletEvent, EemConfig, Line } from './applet.ts';
import { readAction, readEvent, type Substitute } from './read-applet.ts';
import { RouterReader } from './read-router.ts';
import { readStatements, type Statement, statementText } from './statement.ts';

interface OpenApplet {
  readonly applet: Line & { readonly name: string; readonly isBypassing: boolean };
  readonly isIndented: boolean;
  readonly events: AppletEvent[];
  readonly actions: Action[];
}

/** Of an applet's own mode, and without weight here. */
const APPLET_WORDS: ReadonlySet<string> = new Set(['description', 'trigger', 'correlate', 'attribute', 'set']);
/** Tcl policies and how the event manager runs them: on the router, and not readable here. */
const MANAGER_WORDS: ReadonlySet<string> = new Set(['directory', 'policy', 'history', 'scheduler', 'detector', 'run']);
/** Typed around a paste; they end what mode there was. */
const LEAVING: ReadonlySet<string> = new Set(['end', 'exit', 'exit-applet']);

export function readEemConfig(text: string): EemConfig {
  const read = readStatements(text);
  const environment = environmentOf(read.statements);
  const reader = new ConfigReader(environment);
  for (const statement of read.statements) reader.take(statement);
  for (const line of read.linesCut)
    reader.unread.push({ line, text: `(longer than ${limits.eemLineCharsMax} characters, cut there)` });
  return {
    ...reader.router.facts(),
    lines: read.lines,
    linesNotRead: read.linesNotRead,
    applets: reader.applets(),
    environment,
    unread: reader.unread.sort((a, b) => a.line - b.line),
    foreign: reader.foreign,
  };
}

/** The whole text first: a variable may stand below the applet that uses it. */
function environmentOf(statements: readonly Statement[]): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const { words } of statements) {
    const [event, manager, environment, name, ...value] = words.map(({ text }) => text);
    if (event === 'event' && manager === 'manager' && environment === 'environment' && name !== undefined)
      found.set(name, value.join(' '));
  }
  return found;
}

class ConfigReader {
  readonly router = new RouterReader();
  readonly unread: Line[] = [];
  readonly foreign: Line[] = [];
  readonly #applets: OpenApplet[] = [];
  readonly #substitute: Substitute;
  #open: OpenApplet | null = null;

  constructor(environment: ReadonlyMap<string, string>) {
    this.#substitute = (text) =>
      text.replace(/\$([A-Za-z_]\w{0,99})/g, (whole, name: string) => environment.get(name)?.slice(0, 256) ?? whole);
  }

  applets(): readonly Applet[] {
    return this.#applets.map(({ applet, events, actions }) => ({ ...applet, events, actions }));
  }

  take(statement: Statement): void {
    const [first, second] = statement.words;
    const word = first!.quoted ? '' : first!.text.toLowerCase();
    if (word === 'event' && second?.text.toLowerCase() === 'manager') this.#manager(statement);
    else if (word === 'event' || word === 'action') this.#inApplet(statement, word);
    else if (this.#open !== null && APPLET_WORDS.has(word)) this.foreign.push(lineOf(statement));
    else if (this.#open !== null && word === 'no' && ['event', 'action'].includes(second?.text.toLowerCase() ?? ''))
      this.#keep(statement);
    else if (LEAVING.has(word)) {
      this.#open = null;
      this.router.leave();
    } else if (this.#open !== null && statement.isIndented && !this.#open.isIndented) this.#keep(statement);
    else {
      this.#open = null;
      const taken = this.router.take(statement);
      if (taken === 'unread') this.#keep(statement);
      else if (taken === 'foreign') this.foreign.push(lineOf(statement));
    }
  }

  #keep(statement: Statement): void {
    this.unread.push(lineOf(statement));
  }

  /** `event manager …` */
  #manager(statement: Statement): void {
    const words = statement.words.map(({ text }) => text);
    const kind = words[2]?.toLowerCase();
    this.#open = null;
    if (kind === 'environment' && words.length >= 4) this.foreign.push(lineOf(statement));
    else if (
      kind === 'session' &&
      words[3]?.toLowerCase() === 'cli' &&
      words[4]?.toLowerCase() === 'username' &&
      words[5] !== undefined
    )
      this.router.sessionUser = { ...lineOf(statement), value: words[5] };
    else if (kind === 'applet') this.#applet(statement);
    else if (MANAGER_WORDS.has(kind ?? '')) this.foreign.push(lineOf(statement));
    else this.#keep(statement);
  }

  #applet(statement: Statement): void {
    const [name, ...options] = statement.words.slice(3).map(({ text }) => text);
    const said = options.join(' ').toLowerCase();
    const known = /^(?:authorization bypass|class \S{1,40}|trap| )*$/.test(said.replace(/ {2,}/g, ' '));
    const isFull = this.#applets.length >= limits.eemAppletsMax;
    if (name === undefined || !known || isFull) this.#keep(statement);
    if (name === undefined || isFull) return;
    const applet = { ...lineOf(statement), name, isBypassing: said.includes('authorization bypass') };
    // Entered again, it goes on where it was.
    const before = this.#applets.find((other) => other.applet.name === name);
    this.#open = before ?? { applet, isIndented: statement.isIndented, events: [], actions: [] };
    if (before === undefined) this.#applets.push(this.#open);
  }

  #inApplet(statement: Statement, word: 'event' | 'action'): void {
    const { words, line } = statement;
    if (this.#open === null || statement.isUnclosed) {
      this.#keep(statement);
      return;
    }
    if (word === 'event') {
      const event = readEvent(words.slice(1), line, this.#substitute);
      if (event === null || this.#open.events.length >= limits.eemActionsMax) this.#keep(statement);
      else this.#open.events.push(event);
      return;
    }
    const label = words[1]?.text;
    const body = label === undefined ? null : readAction(words.slice(2), this.#substitute);
    if (label === undefined || body === null || this.#open.actions.length >= limits.eemActionsMax) this.#keep(statement);
    else this.#open.actions.push({ ...lineOf(statement), label, ...body });
  }
}

const lineOf = (statement: Statement): Line => ({ line: statement.line, text: statementText(statement) });
