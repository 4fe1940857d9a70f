/** How command outputs look to a person: the head of each file in commands/, and the separators of hub.txt and spoke.txt. Used by bundle.ts. */
import type { CaptureEntry } from '../../shared/bundle/incident-file.ts';

/** `show crypto ipsec sa peer 11.1.1.3 detail` to `show-crypto-ipsec-sa-peer-11.1.1.3-detail`: safe in a shell and in a manifest. */
export function commandFileName(entry: Pick<CaptureEntry, 'number' | 'round' | 'command'>): string {
  const words = entry.command
    .replace(/[^A-Za-z0-9.]+/g, '-')
    .replace(/^[-.]+|[-.]+$/g, '')
    .slice(0, 80);
  return `${String(entry.number).padStart(2, '0')}-${entry.round}-${words || 'command'}.txt`;
}

/** Ends in an empty line: what follows is the device's own output. */
export function commandHead(entry: CaptureEntry): string {
  const rows: [string, string][] = [
    ['command', entry.command],
    ['round', entry.late ? `${entry.round}, late` : entry.round],
    ['peer', entry.peer ?? '-'],
    ['session', entry.session],
    ['status', entry.status],
    ['detail', entry.detail ?? '-'],
    ['sent', entry.sent ? `${entry.sent.at} (monotonic ${entry.sent.monotonicMs} ms, boot ${entry.sent.bootId})` : 'never'],
    ['took', `${Math.round(entry.tookMs)} ms`],
    ['redacted', String(entry.redacted)],
  ];
  return `${rows.map(([name, value]) => `# ${name.padEnd(9)}${oneLine(value)}`).join('\n')}\n\n`;
}

export const HEAD_END = '\n\n';

export function separator(entry: CaptureEntry): string {
  const about = [entry.round, entry.status, `${Math.round(entry.tookMs)} ms`, ...(entry.late ? ['late'] : [])];
  const why = entry.detail === null ? '' : `\n-------- ${oneLine(entry.detail)}`;
  return `======== ${entry.sent?.at ?? 'not sent'}  ${oneLine(entry.command)}  [${about.join(', ')}] ========${why}\n`;
}

const oneLine = (text: string): string => text.replace(/[\u0000-\u001f\u007f-\u009f]+/g, ' ').slice(0, 500);
