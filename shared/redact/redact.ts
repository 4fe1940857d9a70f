/**
 * Redaction before disk (pair-protocol.md, "Sessions and commands"): every secret that Cisco IOS, strongSwan or our own configuration
 * may put into an output becomes `<redacted:8 hex>`, HMAC-SHA-256 under a key that both ends may share, so that equal secrets can be
 * seen to be equal and nothing else can be seen. Where secrets stand: patterns.ts, blocks.ts. Pure.
 */
import { createHmac } from 'node:crypto';
import { type BlockReader, hexDumpReader, keyTableReader, pemReader } from './blocks.ts';
import { ownSecretReplacer } from './own-secrets.ts';
import { anySecretPattern, mayHoldSecret, secretPatterns } from './patterns.ts';

/** Redacting what is redacted changes nothing and counts nothing. */
export type Redact = (text: string) => { readonly text: string; readonly count: number };

const TAG = /^<redacted:[0-9a-f]{8}>$/;
const TAG_HEX_DIGITS = 8;

export function createRedactor(key: Uint8Array, ownSecrets: readonly string[] = []): Redact {
  const tagOf = (secret: string): string =>
    `<redacted:${createHmac('sha256', key).update(secret).digest('hex').slice(0, TAG_HEX_DIGITS)}>`;
  const replaceOwn = ownSecretReplacer(ownSecrets, tagOf);
  return (text) => {
    let count = 0;
    const tag = (secret: string): string => {
      if (TAG.test(secret)) return secret;
      count++;
      return tagOf(secret);
    };
    const own = replaceOwn(text);
    count += own.count;
    const blocks = [pemReader(), keyTableReader(), hexDumpReader()];
    const cleaned: string[] = [];
    for (let start = 0; start <= own.text.length; ) {
      const end = own.text.indexOf('\n', start);
      const line = own.text.slice(start, end < 0 ? undefined : end);
      cleaned.push(readBlocks(blocks, line, tag) ?? cleanLine(line, tag));
      start = end < 0 ? own.text.length + 1 : end + 1;
    }
    return { text: count === 0 ? text : cleaned.join('\n'), count };
  };
}

/** Each reader sees every line, so that each knows where it stands; the first that claims it has it. */
function readBlocks(blocks: readonly BlockReader[], line: string, tag: (secret: string) => string): string | null {
  for (const read of blocks) {
    const shown = read(line, tag);
    if (shown !== null) return shown;
  }
  return null;
}

function cleanLine(line: string, tag: (secret: string) => string): string {
  if (!mayHoldSecret.test(line) || !anySecretPattern.test(line)) return line;
  return secretPatterns.reduce(
    (rest, { pattern }) =>
      rest.replace(pattern, (...found) => {
        const groups = found.at(-1) as { readonly head: string; readonly secret: string };
        return groups.head + tag(groups.secret);
      }),
    line,
  );
}
