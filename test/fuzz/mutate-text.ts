/**
 * Changes what routers, logs and configurations look like: lines dropped, doubled, moved, taken from another output, glued, prefixed as a
 * terminal or a syslog server does; words swapped for numbers at an edge, addresses, hostile text; runs long enough to show a pattern that
 * tries everything twice. For targets.ts.
 */
import type { Dice } from '../support/dice.ts';
import { mutateBytes } from './mutate-bytes.ts';

const CHARS_MAX = 64 * 1024;
const RUN_CHARS_MAX = 20_000;
/** Of a longer input mostly a window is changed: what a reader meets first in 64 KiB it meets in a page too, at a twentieth of the cost. */
const WINDOW_CHARS = 3_072;
const WHOLE_PERCENT = 5;
const HEAD_LINES = 3;
const WORDS = [
  ...[
    '0',
    '-1',
    '1',
    '255',
    '65536',
    '2147483648',
    '4294967295',
    '4294967296',
    '18446744073709551616',
    '1e309',
    'NaN',
    '007',
    '0x',
  ],
  ...[
    '0x68842105(1753489669)',
    '0xFFFFFFFF(4294967295)',
    '0x0',
    '0x1G',
    'spi:',
    'spi=0x68842105',
    '[Not Available]',
    '(none)',
    'N/A',
    '--',
  ],
  ...[
    '192.0.2.1',
    '11.1.1.3',
    '999.1.1.1',
    '0.0.0.0',
    '2001:DB8::1',
    '::',
    '::ffff:192.0.2.1',
    'fe80::1%eth0',
    '10.0.0.0/8',
    '1.2.3.4/33',
  ],
  ...[
    '%CRYPTO-4-RECVD_PKT_INV_SPI:',
    '*Mar 12 18:22:10.706:',
    'Oct 24 25:61:61',
    '<189>',
    '<999>',
    'router#',
    'router(config)#',
    ' --More-- ',
  ],
  ...[
    '% Invalid input detected',
    'Tunnel0',
    'GigabitEthernet0/0/1.100',
    'crypto',
    'ipsec',
    'ikev2',
    'isakmp',
    'peer',
    'local',
    'remote',
  ],
  ...[
    'no',
    'exit',
    'end',
    '!',
    'event',
    'action',
    'applet',
    '$_cli_result',
    '"',
    "'",
    '{',
    '}',
    '[',
    ']',
    '{}',
    '=',
    ':',
    '|',
    '\\',
    '/',
  ],
  ...[
    '../../etc/passwd',
    '/dev/zero',
    'C:\\x',
    '__proto__',
    'constructor',
    'toString',
    'hasOwnProperty',
    'null',
    'undefined',
    'true',
  ],
  ...[
    '\u001b[31m',
    '\u001b]0;x\u0007',
    '\u0008\u0008',
    '\u0000',
    '\u007f',
    '\r',
    '\u2028',
    '\u202e',
    '<script>alert(1)</script>',
    '&lt;',
    '𝒳',
    'é',
  ],
];
const PREFIXES = ['*Mar 12 18:22:10.706: ', '<189>12: ', 'hub# ', '   ', '\t', '#', '! ', '"', '> '];

export function mutateText(input: Buffer, other: Buffer, dice: Dice): Buffer {
  if (dice.percent() < 6) return mutateBytes(input, other, dice);
  let text = input.toString('utf8');
  if (text.length > WINDOW_CHARS && dice.percent() >= WHOLE_PERCENT) text = windowOf(text, dice);
  for (let changes = 1 + dice.upTo(4); changes > 0; changes -= 1)
    text = dice.percent() < 45 ? changeLines(text, other, dice) : changeWords(text, dice);
  return Buffer.from(text.length > CHARS_MAX ? text.slice(0, CHARS_MAX) : text, 'utf8');
}

/** The first lines (a table's heading, a prompt) and a page from anywhere, whole lines where there are any. */
function windowOf(text: string, dice: Dice): string {
  let head = 0;
  for (let lines = dice.upTo(HEAD_LINES); lines > 0; lines -= 1) head = text.indexOf('\n', head) + 1 || head;
  if (head > WINDOW_CHARS) head = 0;
  const from = dice.upTo(text.length - 1);
  const start = Math.max(head, text.lastIndexOf('\n', from) + 1);
  return text.slice(0, head) + text.slice(from - start > WINDOW_CHARS ? from : start, from + WINDOW_CHARS);
}

function changeLines(text: string, other: Buffer, dice: Dice): string {
  const lines = text.split('\n');
  const at = dice.upTo(lines.length - 1);
  const line = lines[at]!;
  switch (dice.upTo(8)) {
    case 0:
      lines.splice(at, 1 + dice.upTo(2));
      break;
    case 1:
      lines.splice(at, 0, ...Array.from({ length: dice.percent() < 92 ? 1 : 50 + dice.upTo(150) }, () => line));
      break;
    case 2: {
      const to = dice.upTo(lines.length - 1);
      [lines[at], lines[to]] = [lines[to]!, line];
      break;
    }
    case 3: {
      const others = other.toString('utf8').split('\n');
      const from = dice.upTo(others.length - 1);
      lines.splice(at, dice.upTo(1), ...others.slice(from, from + 1 + dice.upTo(5)));
      break;
    }
    case 4:
      if (at + 1 < lines.length) lines.splice(at, 2, line + lines[at + 1]!);
      break;
    case 5: {
      const cut = dice.upTo(line.length);
      lines.splice(at, 1, line.slice(0, cut), line.slice(cut));
      break;
    }
    case 6:
      lines[at] = dice.pick(PREFIXES) + line;
      break;
    case 7:
      return lines.join(dice.pick(['\r\n', '\n\n', '\n']));
    default:
      lines.splice(dice.percent() < 50 ? 0 : at, at);
  }
  return lines.join('\n');
}

/** Words and the runs between them: whitespace is half of what a table is. */
function changeWords(text: string, dice: Dice): string {
  // A window, since an output has thousands of words and one is changed.
  const from = dice.upTo(text.length);
  const window = text.slice(from, from + 400);
  const parts = window.match(/\s+|[\w.:-]+|[^\w\s]/g);
  if (parts === null) return text + dice.pick(WORDS);
  const at = dice.upTo(parts.length - 1);
  const part = parts[at]!;
  switch (dice.upTo(7)) {
    case 0:
      parts.splice(at, 1);
      break;
    case 1:
      parts[at] = dice.pick(WORDS);
      break;
    case 2:
      parts.splice(at, 0, dice.pick(WORDS));
      break;
    case 3:
      parts[at] = part + part;
      break;
    case 4: {
      const to = dice.upTo(parts.length - 1);
      [parts[at], parts[to]] = [parts[to]!, part];
      break;
    }
    case 5: {
      const chars = dice.percent() < 90 ? dice.upTo(80) : dice.upTo(RUN_CHARS_MAX);
      parts[at] = part.repeat(1 + Math.floor(chars / part.length));
      break;
    }
    case 6:
      parts[at] = /^\d+$/.test(part) ? String(Number(part) + dice.pick([-1, 1, 2 ** 31, 2 ** 32, 1e21])) : part.toUpperCase();
      break;
    default:
      // A pair repeated: `a, a, a, …`, the classic of patterns with two stars.
      parts[at] = (part + (parts[at + 1] ?? ' ')).repeat(1 + dice.upTo(dice.percent() < 90 ? 10 : 2_000)).slice(0, RUN_CHARS_MAX);
  }
  return text.slice(0, from) + parts.join('') + text.slice(from + window.length);
}
