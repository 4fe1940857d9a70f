/** One header of a tar archive (POSIX.1-1988 ustar), read from bytes that anybody may have made. Used by unpack-bundle.ts. Pure. */

export const TAR_BLOCK = 512;

export interface TarHeader {
  readonly kind: 'file' | 'folder';
  /** As it stands there, prefix and name put together. */
  readonly name: string;
  readonly bytes: number;
}

/** `end`: a block of zeros. Any other text: what is wrong with it. Links, devices and every extension are refused: ours are regular files. */
export function readTarHeader(block: Buffer): TarHeader | string {
  if (block.every((byte) => byte === 0)) return 'end';
  const sum = octal(block, 148, 8);
  let found = 0;
  // The checksum counts its own field as spaces.
  for (const [at, byte] of block.entries()) found += at >= 148 && at < 156 ? 0x20 : byte;
  if (sum !== found) return 'it is no tar archive';
  if (text(block, 257, 5) !== 'ustar') return 'it is no tar archive of our kind';
  const prefix = text(block, 345, 155);
  const name = `${prefix === '' ? '' : `${prefix}/`}${text(block, 0, 100)}`;
  const bytes = octal(block, 124, 12);
  if (bytes === null) return 'a file in it has no length';
  switch (text(block, 156, 1)) {
    case '0':
    case '':
      return { kind: 'file', name, bytes };
    case '5':
      return bytes === 0 ? { kind: 'folder', name, bytes } : 'a folder in it has contents';
    default:
      return 'there is something in it that is no regular file';
  }
}

/** Up to the first zero; bytes as Latin-1, so that what is no ASCII is no name of ours. */
function text(block: Buffer, offset: number, width: number): string {
  const field = block.subarray(offset, offset + width);
  const end = field.indexOf(0);
  return field.toString('latin1', 0, end < 0 ? width : end);
}

function octal(block: Buffer, offset: number, width: number): number | null {
  const digits = /^ *([0-7]{1,12})[ \0]*$/.exec(block.toString('latin1', offset, offset + width))?.[1];
  return digits === undefined ? null : Number.parseInt(digits, 8);
}
