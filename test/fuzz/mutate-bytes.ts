/** Changes octets that have no form, or lose it: for what is left when the structure is gone. Used by the other mutators and for raw streams. */
import type { Dice } from '../support/dice.ts';

const INTERESTING = [0x00, 0x01, 0x07, 0x08, 0x0a, 0x0d, 0x1b, 0x20, 0x25, 0x3c, 0x3e, 0x7f, 0x80, 0xc3, 0xfe, 0xff];
const BYTES_MAX = 64 * 1024;

export function mutateBytes(input: Buffer, other: Buffer, dice: Dice): Buffer {
  let bytes: Buffer = Buffer.from(input);
  for (let changes = 1 + dice.upTo(3); changes > 0; changes -= 1) bytes = change(bytes, other, dice);
  return bytes.length > BYTES_MAX ? bytes.subarray(0, BYTES_MAX) : bytes;
}

function change(bytes: Buffer, other: Buffer, dice: Dice): Buffer {
  if (bytes.length === 0) return Buffer.of(dice.upTo(255));
  const at = dice.upTo(bytes.length - 1);
  const to = Math.min(bytes.length, at + 1 + dice.upTo(dice.percent() < 80 ? 8 : bytes.length));
  switch (dice.upTo(7)) {
    case 0:
      bytes[at] = bytes[at]! ^ (1 << dice.upTo(7));
      return bytes;
    case 1:
      bytes[at] = dice.pick(INTERESTING);
      return bytes;
    case 2:
      bytes[at] = dice.upTo(255);
      return bytes;
    case 3:
      return Buffer.concat([bytes.subarray(0, at), bytes.subarray(to)]);
    case 4:
      return Buffer.concat([bytes.subarray(0, to), bytes.subarray(at)]);
    case 5:
      return bytes.subarray(0, at);
    case 6: {
      const run = Buffer.alloc(1 + dice.upTo(dice.percent() < 95 ? 40 : 4_000), dice.pick(INTERESTING));
      return Buffer.concat([bytes.subarray(0, at), run, bytes.subarray(at)]);
    }
    default: {
      if (other.length === 0) return bytes;
      const from = dice.upTo(other.length - 1);
      const part = other.subarray(from, from + 1 + dice.upTo(64));
      return Buffer.concat([
        bytes.subarray(0, at),
        part,
        bytes.subarray(dice.percent() < 50 ? at : Math.min(bytes.length, at + part.length)),
      ]);
    }
  }
}
