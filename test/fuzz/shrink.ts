/** An input that fails, made smaller as long as it fails the same way: parts cut out, ever smaller ones. Gives up when `isOver` says so. Used by fuzz.ts. */

const TRIES_MAX = 2_000;

export function shrink(input: Buffer, fails: (candidate: Buffer) => boolean, isOver: () => boolean = () => false): Buffer {
  let smallest = input;
  let tries = 0;
  for (let part = Math.ceil(input.length / 2); part >= 1; part = part === 1 ? 0 : Math.ceil(part / 2)) {
    for (let at = 0; at < smallest.length && tries < TRIES_MAX && !isOver(); ) {
      const candidate = Buffer.concat([smallest.subarray(0, at), smallest.subarray(at + part)]);
      tries += 1;
      if (fails(candidate)) smallest = candidate;
      else at += part;
    }
  }
  return smallest;
}
