/** `peers[].tags`, `device.tags` and `site`: what a fleet counts and names by. Their spelling; used by schema.ts, read by the fleet's publisher. */
import { limits } from '../../shared/limits.ts';
import { leaf, Remedy } from './field-notes.ts';

/** `carrier: acme`. Frozen: it goes into records as it is. */
export type Tags = Readonly<Record<string, string>>;

const TAG_NAME = /^[A-Za-z][\w-]{0,31}$/;
/** As one word of a NATS subject: neither dots nor wildcards nor spaces. */
const SITE = /^[\w-]{1,64}$/;
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/;
const FORM = 'a mapping of words, such as { carrier: acme, region: north }';

export const tags = () =>
  leaf('mapping of words, such as { carrier: acme }', (raw): Tags | Remedy => {
    if (typeof raw !== 'object' || raw === null || Array.isArray(raw)) return new Remedy(FORM);
    const given = Object.entries(raw);
    if (given.length > limits.tagsMax) return new Remedy(`${given.length} tags, at most ${limits.tagsMax} are kept`);
    for (const [name, value] of given) {
      const faulty = TAG_NAME.test(name)
        ? faultOf(value)
        : 'is no name of a tag: a letter, then letters, digits, _ and -, 32 at most';
      if (faulty !== null) return new Remedy(`the tag ${JSON.stringify(name.slice(0, 40))} ${faulty}`);
    }
    return Object.freeze(Object.fromEntries(given)) as Tags;
  });

function faultOf(value: unknown): string | null {
  if (typeof value === 'number' || typeof value === 'boolean') return 'needs quotes around its value: it is no word to YAML';
  if (typeof value !== 'string' || value.trim() === '') return 'has no value; give it a word, or take it out';
  if (value.length > limits.tagCharsMax)
    return `has a value of ${value.length} characters, at most ${limits.tagCharsMax} are kept`;
  return CONTROL.test(value) ? 'has a control character or a line break in its value' : null;
}

export const siteName = () =>
  leaf('name (letters, digits, _ -)', (raw) =>
    typeof raw === 'string' && SITE.test(raw)
      ? raw
      : new Remedy('letters, digits, underscore and hyphen only, at most 64: it is one word of the subjects that a fleet reads'),
  );
