/**
 * The text of `swanctl --raw`: nested sections, `key=value` and `key=[a b]`, an event a line. Read by list-sas.ts. Values stand there
 * unquoted, and an identity of a peer may hold blanks, so a value ends where the next key begins. Never throws; linear; bounded by the line.
 */

export interface ViciSection {
  readonly values: ReadonlyMap<string, string>;
  readonly lists: ReadonlyMap<string, readonly string[]>;
  readonly sections: readonly { readonly name: string; readonly section: ViciSection }[];
}

/** Sections inside sections: an event, an IKE SA, its children, a child. */
const DEPTH_MAX = 8;

// list-sa event {peer {uniqueid=1 version=1 … child-sas {net-1 {name=net …}}}}
// list-sas reply {}
const EVENT = /^(?<name>[a-z-]{1,40}) (?:event|reply) \{/;

const OPEN = /\s*(?<key>[^\s={}[\]]{1,200}) \{/y;
const LIST = /\s*(?<key>[^\s={}[\]]{1,200})=\[(?<items>[^\]]*)\]/y;
//   remote-id=C=CH, O=example, CN=spoke       what follows a comma or a word without `=` or ` {` belongs to the value
const VALUE = /\s*(?<key>[a-z][a-z0-9_-]{0,60})=(?<value>[^{}]*?)(?= [a-z][a-z0-9_-]{0,60}(?:=| \{)|\}|$)/y;
const CLOSE = /\s*\}/y;

/** The event's name and what is in it; null: not such a line, or it is cut off. */
export function readViciLine(text: string): { readonly name: string; readonly section: ViciSection } | null {
  const event = EVENT.exec(text);
  if (event === null) return null;
  const reader = new Reader(withoutMarksOfIdentities(text), event[0].length);
  const section = reader.section(0);
  return section === null ? null : { name: event.groups!['name']!, section };
}

/**
 * An identity is the other end's to choose, and may hold braces, keys and whole sections: `x}} child-sas {net-1 {spi-in=…`. Of an IKE SA
 * charon says nothing of a stranger's but these; they end where the last pair of SPIs stands in the line, and what of them looks like
 * structure is taken for text. Ours in front of them (`local-id`) is ours.
 */
const IDENTITY = ' remote-id=';
const OTHERS = [' remote-xauth-id=', ' remote-eap-id='];
const INITIATOR = ' initiator=yes';
const SPIS = ' initiator-spi=';
const MARKS = '{}[]=';
/** Private use: nothing that charon prints. */
const MARK_BASE = 0xe000;

function withoutMarksOfIdentities(text: string): string {
  const found = text.indexOf(IDENTITY);
  const spis = text.lastIndexOf(SPIS);
  if (found === -1 || spis < found + IDENTITY.length) return text;
  const start = found + IDENTITY.length;
  const end = text.endsWith(INITIATOR, spis) ? Math.max(start, spis - INITIATOR.length) : spis;
  const identities = text.slice(start, end);
  // The keys of the others are charon's; a stranger who writes one into his own identity cuts it short there.
  const masked = OTHERS.reduce((rest, key) => {
    const at = rest.lastIndexOf(marked(key));
    return at === -1 ? rest : rest.slice(0, at) + key + rest.slice(at + key.length);
  }, marked(identities));
  return text.slice(0, start) + masked + text.slice(end);
}

const marked = (text: string): string =>
  text.replace(/[{}[\]=]/g, (mark) => String.fromCharCode(MARK_BASE + MARKS.indexOf(mark)));
const unmarked = (text: string): string => text.replace(/[\ue000-\ue004]/g, (mark) => MARKS[mark.charCodeAt(0) - MARK_BASE]!);

class Reader {
  readonly #text: string;
  #at: number;

  constructor(text: string, at: number) {
    this.#text = text;
    this.#at = at;
  }

  section(depth: number): ViciSection | null {
    const values = new Map<string, string>();
    const lists = new Map<string, readonly string[]>();
    const sections: { name: string; section: ViciSection }[] = [];
    while (depth <= DEPTH_MAX) {
      if (this.#take(CLOSE) !== null) return { values, lists, sections };
      const list = this.#take(LIST);
      if (list !== null) {
        lists.set(
          list['key']!,
          list['items']!.split(' ').filter((item) => item !== ''),
        );
        continue;
      }
      const open = this.#take(OPEN);
      if (open !== null) {
        const section = this.section(depth + 1);
        if (section === null) return null;
        sections.push({ name: open['key']!, section });
        continue;
      }
      const value = this.#take(VALUE);
      if (value === null) return null;
      // The first one is charon's own; a second of the same name can only come out of an identity.
      if (!values.has(value['key']!)) values.set(value['key']!, unmarked(value['value']!.trim()));
    }
    return null;
  }

  #take(pattern: RegExp): Record<string, string> | null {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text);
    if (found === null) return null;
    this.#at = pattern.lastIndex;
    return found.groups ?? {};
  }
}
