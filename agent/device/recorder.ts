/** Records every session that goes through a ShellTransport as a transcript (transcript.ts): a wrapper around the real one, for making goldens. */
import type { Clock } from '../../shared/clock.ts';
import { elapsedMs } from '../../shared/model/time.ts';
import type { Shell, ShellTransport } from '../ports.ts';
import { formatEvent, TRANSCRIPT_HEADER, type TranscriptEvent } from './transcript.ts';

export interface RecorderOptions {
  readonly transport: ShellTransport;
  readonly clock: Clock;
  /** Pieces of a transcript, in order; one call before the first byte opens a new session's. Must not throw. */
  readonly write: (session: number, text: string) => void;
  /** Stand as `<secret>` in what is sent. What the device echoes is not looked at: a device that echoes passwords tells them. */
  readonly secrets: readonly string[];
}

export function recordingShells(options: RecorderOptions): ShellTransport {
  let sessions = 0;
  return {
    async open(target, limits) {
      const shell = await options.transport.open(target, limits);
      const session = sessions++;
      options.write(session, `${TRANSCRIPT_HEADER}\n`);
      return recorded(shell, session, options);
    },
  };
}

function recorded(shell: Shell, session: number, { clock, write, secrets }: RecorderOptions): Shell {
  const startedAt = clock.monotonic();
  const note = (kind: TranscriptEvent['kind'], text: string) =>
    write(session, formatEvent({ kind, atMs: Math.round(elapsedMs(startedAt, clock.monotonic())), text }));
  const hidden = (text: string) =>
    secrets.filter((secret) => secret !== '').reduce((shown, secret) => shown.replaceAll(secret, '<secret>'), text);
  return {
    hostKeyFingerprint: shell.hostKeyFingerprint,
    onData: (handler) =>
      shell.onData((bytes) => {
        note('came', bytes.toString('latin1'));
        handler(bytes);
      }),
    onClose: (handler) =>
      shell.onClose((reason) => {
        note('end', reason === null ? '' : reason.code);
        handler(reason);
      }),
    write: (text) => {
      note('sent', hidden(text));
      shell.write(text);
    },
    close: () => shell.close(),
  };
}
