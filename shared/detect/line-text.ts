/** The text of a line's bytes: UTF-8 where it is UTF-8, else Latin-1, so that no byte is lost and every line stays readable. Used by the detect room. */
import { isUtf8 } from 'node:buffer';

export const lineText = (bytes: Buffer): string => bytes.toString(isUtf8(bytes) ? 'utf8' : 'latin1');
