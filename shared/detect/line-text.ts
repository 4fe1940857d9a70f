/** The text of a line's bytes: UTF-8 where it is UTF-8, else Latin-1, so that no byte is lost and every line stays readable. Used by the detect room. */
export function lineText(bytes: Buffer): string {
  const text = bytes.toString('utf8');
  return text.includes('\ufffd') ? bytes.toString('latin1') : text;
}
