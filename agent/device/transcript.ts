/**
 * A recorded session as text: one line an event, `>` what was sent, `<` what came, `x` the end, each with milliseconds from the start and
 * the bytes as a JSON string (latin1). Written by recorder.ts, played by replay.ts; what stands in a transcript is raw and may be secret.
 *
 *     # spitrap transcript 1
 *     < 12 "\r\nhub#"
 *     > 40 "show clock\r"
 */
import { SpitrapError } from '../../shared/errors.ts';
import { quoted } from '../../shared/model/printable.ts';

export const TRANSCRIPT_HEADER = '# spitrap transcript 1';

export interface TranscriptEvent {
  readonly kind: 'sent' | 'came' | 'end';
  readonly atMs: number;
  /** latin1. */
  readonly text: string;
}

const SIGNS = { sent: '>', came: '<', end: 'x' } as const;

export const formatEvent = (event: TranscriptEvent): string =>
  `${SIGNS[event.kind]} ${event.atMs} ${JSON.stringify(event.text)}\n`;

/** Other lines that start with `#` are comments. Throws USAGE naming the line that is none of this. */
export function parseTranscript(text: string): TranscriptEvent[] {
  const lines = text.split('\n').map((line) => line.replace(/\r$/, ''));
  if (lines[0] !== TRANSCRIPT_HEADER)
    throw new SpitrapError('USAGE', `not a transcript: it starts with ${quoted(lines[0] ?? '')}`);
  return lines.flatMap((line, index) => (line === '' || line.startsWith('#') ? [] : [parseEvent(line, index + 1)]));
}

function parseEvent(line: string, number: number): TranscriptEvent {
  const found = /^(?<sign>[<>x]) (?<at>\d{1,12}) (?<text>".*")$/.exec(line)?.groups;
  const text = found === undefined ? null : jsonString(found['text']!);
  if (found === undefined || text === null)
    throw new SpitrapError('USAGE', `line ${number} of the transcript is no event: ${quoted(line)}`);
  const kind = found['sign'] === '>' ? 'sent' : found['sign'] === '<' ? 'came' : 'end';
  return { kind, atMs: Number(found['at']), text };
}

function jsonString(text: string): string | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'string' ? value : null;
  } catch {
    return null;
  }
}
