/** The gate before every send: only lines of the platform's closed grammar pass (pair-protocol.md, "Sessions and commands"). */
import { SpitrapError } from '../../shared/errors.ts';
import { quoted } from '../../shared/model/printable.ts';
import type { Platform } from '../../shared/platforms/platform.ts';

/** The longest line that IOS takes. */
const LINE_CHARACTERS_MAX = 254;

export function mayBeSent(platform: Platform, command: string): boolean {
  return (
    command.length <= LINE_CHARACTERS_MAX &&
    /^[\x20-\x7e]+$/.test(command) &&
    platform.definition.grammar.some(({ pattern }) => pattern.test(command))
  );
}

/** Throws COMMAND_OUTSIDE_GRAMMAR. */
export function checkLine(platform: Platform, command: string): void {
  if (mayBeSent(platform, command)) return;
  const why = `no line of the ${platform.name} grammar matches; nothing was sent`;
  throw new SpitrapError('COMMAND_OUTSIDE_GRAMMAR', `${quoted(command)} may not be sent to a device: ${why}`);
}
