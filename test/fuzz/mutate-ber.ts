/**
 * Changes BER (X.690) where it hurts: whole values dropped, doubled, moved, of another type, at the edge of their range, with lengths that
 * lie, and now and then plain octets. An octet string that holds BER (a v3 message's security parameters) is opened too. For targets.ts.
 */
import type { Dice } from '../support/dice.ts';
import { mutateBytes } from './mutate-bytes.ts';

interface Node {
  tag: number;
  content: Buffer | Node[];
  /** A length field that is not the truth. */
  lie: Buffer | null;
}

const DEPTH_MAX = 12;
const BYTES_MAX = 16 * 1024;
const TAGS = [0x00, 0x02, 0x03, 0x04, 0x05, 0x06, 0x30, 0x40, 0x41, 0x42, 0x43, 0x44, 0x46, 0x47, 0x80, 0x81, 0x82, 0xa0, 0xa2];
const PDUS = [0xa0, 0xa1, 0xa2, 0xa3, 0xa4, 0xa5, 0xa6, 0xa7, 0xa8, 0xbf];
const CONTENTS = [
  '',
  '00',
  '7f',
  '80',
  'ff',
  '0000',
  '7fffffff',
  '80000000',
  'ffffffff',
  '00ffffffff',
  '0100000000',
  'ffffffffffffffff',
  '00ffffffffffffffff',
  '2b',
  '2b8f',
  '2b8fffffffff7f',
  '2bffffffffffffffffff7f',
  '78',
  '80808001',
].map((hex) => Buffer.from(hex, 'hex'));
const LIES = [
  '80',
  '81',
  '82',
  '84',
  '8400000000',
  '84ffffffff',
  '8100',
  '820001',
  '83000005',
  '7f',
  'ff',
  '00',
  '88ffffffffffffffff',
].map((hex) => Buffer.from(hex, 'hex'));

export function mutateBer(input: Buffer, other: Buffer, dice: Dice): Buffer {
  if (dice.percent() < 15) return mutateBytes(input, other, dice);
  const nodes = parse(input, 0);
  if (nodes === null) return mutateBytes(input, other, dice);
  for (let changes = 1 + dice.upTo(3); changes > 0; changes -= 1) change(nodes, other, dice);
  const out = encodeAll(nodes);
  const whole = out.length > BYTES_MAX ? out.subarray(0, BYTES_MAX) : out;
  return dice.percent() < 10 ? mutateBytes(whole, other, dice) : whole;
}

/** Null: these octets are no sequence of values that ends where it should. */
function parse(bytes: Buffer, depth: number): Node[] | null {
  const nodes: Node[] = [];
  let at = 0;
  while (at < bytes.length) {
    const tag = bytes[at]!;
    const first = bytes[at + 1];
    if (first === undefined) return null;
    let length = first;
    at += 2;
    if (first >= 0x80) {
      const octets = first & 0x7f;
      if (octets === 0 || octets > 3 || at + octets > bytes.length) return null;
      length = bytes.readUIntBE(at, octets);
      at += octets;
    }
    if (at + length > bytes.length) return null;
    const content = bytes.subarray(at, at + length);
    at += length;
    const holdsValues = depth < DEPTH_MAX && ((tag & 0x20) !== 0 || (tag === 0x04 && content[0] === 0x30));
    nodes.push({ tag, content: (holdsValues ? parse(content, depth + 1) : null) ?? content, lie: null });
  }
  return nodes;
}

/** All values, and all lists of values that are not empty: pushed, not spread, since this is most of what a fuzzer does. */
function collect(list: Node[], values: Node[], lists: Node[][]): void {
  if (list.length > 0) lists.push(list);
  for (const node of list) {
    values.push(node);
    if (Array.isArray(node.content)) collect(node.content, values, lists);
  }
}
const valuesOf = (nodes: Node[]): Node[] => {
  const values: Node[] = [];
  collect(nodes, values, []);
  return values;
};
const copyOf = (node: Node): Node => ({
  ...node,
  content: Array.isArray(node.content) ? node.content.map(copyOf) : node.content,
});

function change(nodes: Node[], other: Buffer, dice: Dice): void {
  const all: Node[] = [];
  const lists: Node[][] = [];
  collect(nodes, all, lists);
  if (all.length === 0) return;
  const node = dice.pick(all);
  const list = dice.pick(lists);
  const at = dice.upTo(list.length - 1);
  switch (dice.upTo(9)) {
    case 0:
      list.splice(at, 1);
      return;
    case 1: {
      // Doubled: a few times, or until no limit can hold it.
      const copies = dice.percent() < 90 ? 1 + dice.upTo(2) : 20 + dice.upTo(100);
      for (let i = 0; i < copies; i += 1) list.splice(at, 0, copyOf(list[at]!));
      return;
    }
    case 2: {
      const other = dice.upTo(list.length - 1);
      [list[at], list[other]] = [list[other]!, list[at]!];
      return;
    }
    case 3:
      node.tag = dice.pick(dice.percent() < 70 ? TAGS : PDUS);
      return;
    case 4:
      node.content = dice.pick(CONTENTS);
      return;
    case 5:
      node.lie = dice.pick(LIES);
      return;
    case 6:
      if (Buffer.isBuffer(node.content)) node.content = mutateBytes(node.content, Buffer.alloc(0), dice);
      return;
    case 7: {
      const given = valuesOf(parse(other, 0) ?? []);
      if (given.length > 0) list.splice(at, dice.upTo(1), copyOf(dice.pick(given)));
      return;
    }
    case 8: {
      // Deeper than anyone writes.
      let inner = copyOf(node);
      for (let depth = dice.percent() < 90 ? 1 : 60; depth > 0; depth -= 1) inner = { tag: 0x30, content: [inner], lie: null };
      Object.assign(node, inner);
      return;
    }
    default:
      if (Buffer.isBuffer(node.content))
        node.content = Buffer.alloc(dice.pick([1, 4, 12, 24, 32, 33, 127, 128, 255, 256, 4_000]), dice.upTo(255));
  }
}

const encodeAll = (nodes: readonly Node[]): Buffer => Buffer.concat(nodes.map(encode));

function encode({ tag, content, lie }: Node): Buffer {
  const bytes = Array.isArray(content) ? encodeAll(content) : content;
  return Buffer.concat([Buffer.of(tag), lie ?? lengthOf(bytes.length), bytes]);
}

function lengthOf(length: number): Buffer {
  if (length < 0x80) return Buffer.of(length);
  if (length < 0x100) return Buffer.of(0x81, length);
  if (length < 0x10000) return Buffer.of(0x82, length >> 8, length & 0xff);
  return Buffer.of(0x83, length >> 16, (length >> 8) & 0xff, length & 0xff);
}
