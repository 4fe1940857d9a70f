/**
 * Secrets that are more than one line: PEM blocks, the table of `show crypto isakmp key`, strongSwan's hex dumps of key material.
 * Each is a small reader that is shown every line in turn and says what becomes of it. Used by redact.ts.
 */

/** Null: not mine. Else the line as it may be shown. `tag` counts as it is called. */
export type BlockReader = (line: string, tag: (secret: string) => string) => string | null;

const PEM_BEGIN = /-----BEGIN [A-Z0-9 ]{1,40}-----/;
const PEM_END = /-----END [A-Z0-9 ]{1,40}-----/;
/** Base64, and the two headers of an encrypted key. Anything else ends the block: a lone BEGIN must not hide the log that follows it. */
const PEM_BODY = /^\s*(?:[A-Za-z0-9+/]{1,128}={0,2}|Proc-Type: \S+|DEK-Info: \S+|)\s*$/;

export function pemReader(): BlockReader {
  let inside = false;
  return (line, tag) => {
    if (inside) {
      const end = PEM_END.exec(line);
      if (!end && !PEM_BODY.test(line)) inside = false;
      else {
        inside = !end;
        const body = line.slice(0, end?.index ?? line.length);
        return replaced(body, tag) + line.slice(body.length);
      }
    }
    const begin = PEM_BEGIN.exec(line);
    if (!begin) return null;
    const bodyAt = begin.index + begin[0].length;
    const end = PEM_END.exec(line.slice(bodyAt));
    inside = !end;
    const body = line.slice(bodyAt, end ? bodyAt + end.index : line.length);
    return line.slice(0, bodyAt) + replaced(body, tag) + line.slice(bodyAt + body.length);
  };
}

// Keyring               Hostname/Address                   Preshared Key
//
// default               1.1.1.1                            cisco123
//                       0.0.0.0            [0.0.0.0]       cisco
const KEY_TABLE_HEAD = /\bHostname\/Address\s{1,80}Preshared Key\b/i;
const KEY_TABLE_ROW = /^(\s*(?:\S+\s{1,80}){1,3})(\S+)(\s*)$/;
/** A prompt, a log line, anything that is no row. */
const NOT_A_ROW = /[%:]\s|[#>]\s*$|[#>]\S/;

export function keyTableReader(): BlockReader {
  let inside = false;
  return (line, tag) => {
    if (KEY_TABLE_HEAD.test(line)) {
      inside = true;
      return line;
    }
    if (!inside || line.trim() === '') return null;
    // Bounded: a row has a keyring, an address, a mask and a key.
    const row = line.length > 1_024 || NOT_A_ROW.test(line.replace(TAG, '')) ? null : KEY_TABLE_ROW.exec(line);
    inside = row !== null;
    return row ? row[1] + tag(row[2]!) + row[3] : null;
  };
}

// 16[IKE] SKEYID => 32 bytes @ 0x7f2b3c0012d0
// 06[ESP] => 88 bytes @ 0x7f1f2c000b60               at esp = 3: the packet itself, as it was before encryption
// 16[IKE]    0: 3C AA 1B 20 77 30 4A 9E 8F 10 11 12 13 14 15 16  <..
const DUMP_HEAD =
  /\b(?:SKEYID\w{0,8}|Sk_\w{1,8}|KEYMAT\w{0,8}|DH secret|shared Diffie Hellman secret|shared secret|secret|nonce|psk|preshared key|(?:encryption|integrity|initiator|responder|AEAD) (?:encryption |integrity )?(?:key|secret)s?(?: \w{1,12})?|\[ESP\](?: [^=]{0,80})?)\s=>\s[0-9]{1,6} bytes @/i;
const DUMP_LINE = /^(.{0,80}?\b[0-9]{1,5}: )((?:[0-9A-F]{2} ){1,16})(.*)$/;

export function hexDumpReader(): BlockReader {
  let inside = false;
  return (line, tag) => {
    if (DUMP_HEAD.test(line)) {
      inside = true;
      return null;
    }
    if (!inside) return null;
    const bytes = DUMP_LINE.exec(line) ?? (TAGGED_DUMP.test(line) ? [] : null);
    inside = bytes !== null;
    // What follows the hex is the same bytes once more, as text.
    return bytes?.[2] === undefined ? (inside ? line : null) : `${bytes[1]}${tag(bytes[2].trim())}`;
  };
}

const TAG = /<redacted:[0-9a-f]{8}>/g;
const TAGGED_DUMP = /\b[0-9]{1,5}: <redacted:[0-9a-f]{8}>$/;

const replaced = (body: string, tag: (secret: string) => string): string => {
  const secret = body.trim();
  return secret === '' ? body : body.replace(secret, () => tag(secret));
};
