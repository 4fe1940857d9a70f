/**
 * The addresses in the pattern of `event syslog`, and whether they end. IOS patterns are POSIX regular expressions: `.` is any character.
 * A pattern is never run as an expression here: it is somebody else's text. Used by the rules and by import.
 */
export interface PatternAddress {
  /** `srcaddr`, or empty: no field in front. */
  readonly field: string;
  readonly address: string;
  readonly hasOpenStart: boolean;
  readonly hasOpenEnd: boolean;
  readonly hasWildDots: boolean;
  /** Others that it matches too: `11.1.1.30 to 11.1.1.39`; null: with an open end even so none. */
  readonly alsoMatches: string | null;
}

const ADDRESS = /(\d{1,3})(\\?\.)(\d{1,3})(\\?\.)(\d{1,3})(\\?\.)(\d{1,3})/g;

export function addressesIn(pattern: string): PatternAddress[] {
  return [...pattern.matchAll(ADDRESS)].flatMap((match): PatternAddress[] => {
    const [whole, a, dotA, b, dotB, c, dotC, d] = match as unknown as string[];
    const octets = [a!, b!, c!, d!];
    if (octets.some((octet) => Number(octet) > 255)) return [];
    const before = pattern.slice(0, match.index);
    const after = pattern.slice(match.index + whole!.length);
    // `srcaddr=` alone, and with spaces that may be there: ` *`.
    const named = /(srcaddr|destaddr)(?:[=:]|\\s|\[ \]| |[*+?])*$/i.exec(before);
    const field = (named ?? /(srcaddr|destaddr)[=:]?\.\*$/i.exec(before))?.[1]?.toLowerCase() ?? '';
    const hasOpenEnd = after === '' || /^(?:\.|\[0-9|\\d|\*|\?|\+|\|)/.test(after);
    return [
      {
        field,
        address: octets.join('.'),
        // `=`, a space or a class in front ends what could stand before it.
        hasOpenStart: named === null && canGrow(octets[0]!) && !/[= \])(,^_]$|\\[sb<]$/.test(before),
        hasOpenEnd,
        hasWildDots: [dotA, dotB, dotC].some((dot) => dot === '.'),
        alsoMatches: hasOpenEnd ? longer(octets) : null,
      },
    ];
  });
}

/** 11 is the end of 111; 192 of nothing that is an octet. */
const canGrow = (octet: string): boolean => octet.length < 3 && Number(`1${octet}`) <= 255;

/** The addresses that go on after its last digit: 11.1.1.3 is the start of 11.1.1.30 to 11.1.1.39, and 11.1.1.30 of none. */
function longer(octets: readonly string[]): string | null {
  const last = octets[3]!;
  const head = octets.slice(0, 3).join('.');
  if (last.length > 2 || last === '0' || Number(last) * 10 > 255) return null;
  const to = Math.min(255, Number(last) * 10 + 9);
  return `${head}.${last}0 to ${head}.${to}`;
}

/** Pieces that must stand in a text in this order, when the pattern is no more than text and `.*`; null: it is more. */
function piecesOf(pattern: string): string[] | null {
  const plain = pattern.replace(/\\([.\-[\]()|*?+^$%/])/g, (_whole, one: string) => `\u0000${one.charCodeAt(0)}\u0001`);
  const pieces = plain.split('.*');
  if (pieces.some((piece) => /[[\]()|*?+^$\\]/.test(piece))) return null;
  return pieces.map((piece) => piece.replace(/\u0000(\d+)\u0001/g, (_whole, code: string) => String.fromCharCode(Number(code))));
}

/** Does this text match? `.` alone is taken as the character that it is. Null: the pattern is more than this can tell. */
export function matchesText(pattern: string, text: string): boolean | null {
  const pieces = piecesOf(pattern);
  if (pieces === null) return null;
  let at = 0;
  for (const piece of pieces) {
    const found = text.indexOf(piece, at);
    if (found === -1) return false;
    at = found + piece.length;
  }
  return true;
}
