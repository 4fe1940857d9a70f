/**
 * Which of our own secrets stand in a text, when there are thousands (a hub with a key for each of its spokes): one walk along the text, not
 * one for each secret. Used by own-secrets.ts and the agent's log, which then replace what was found as they would with few. Pure.
 */

/** Below it a look for each is quicker than a walk. */
const FEW = 32;
/** No secret that is looked for is shorter. */
const HEAD_CHARS = 4;
/** Of the walk's first sieve: a head that is in no secret is passed over by one bit, almost always. */
const SIEVE_BITS = 16;

/** Of those in a text, in the order of `secrets`. Secrets shorter than four characters are never found. */
export function secretFinder(secrets: readonly string[]): (text: string) => readonly string[] {
  if (secrets.length <= FEW) return (text) => secrets.filter((secret) => secret.length >= HEAD_CHARS && text.includes(secret));
  const sieve = new Uint8Array(1 << SIEVE_BITS);
  const byHead = new Map<string, number[]>();
  for (const [index, secret] of secrets.entries()) {
    if (secret.length < HEAD_CHARS) continue;
    sieve[hashAt(secret, 0)] = 1;
    const head = secret.slice(0, HEAD_CHARS);
    const same = byHead.get(head);
    if (same === undefined) byHead.set(head, [index]);
    else same.push(index);
  }
  return (text) => {
    const found = new Set<number>();
    for (let at = 0; at + HEAD_CHARS <= text.length; at += 1) {
      if (sieve[hashAt(text, at)] === 0) continue;
      for (const index of byHead.get(text.slice(at, at + HEAD_CHARS)) ?? [])
        if (!found.has(index) && text.startsWith(secrets[index]!, at)) found.add(index);
    }
    return [...found].sort((a, b) => a - b).map((index) => secrets[index]!);
  };
}

function hashAt(text: string, at: number): number {
  const first = text.charCodeAt(at) ^ (text.charCodeAt(at + 1) << 5);
  const second = (text.charCodeAt(at + 2) << 9) ^ (text.charCodeAt(at + 3) << 3);
  return (first ^ second ^ ((first ^ second) >>> SIEVE_BITS)) & ((1 << SIEVE_BITS) - 1);
}
