/** The gate before every send: only lines of the platform's closed grammar pass (pair-protocol.md, "Sessions and commands"). */
import { SpitrapError } from '../../shared/errors.ts';
import { quoted } from '../../shared/model/printable.ts';
import type { Platform } from '../../shared/platforms/platform.ts';

/** The longest line that IOS takes. */
const LINE_CHARACTERS_MAX = 254;

/** `errand`: one of the few lines that may be sent in configuration mode, and only there. */
export function mayBeSent(platform: Platform, command: string, errand = false): boolean {
  return (
    command.length <= LINE_CHARACTERS_MAX &&
    /^[\x20-\x7e]+$/.test(command) &&
    platform.definition.grammar.some((line) => (line.errand === true) === errand && line.pattern.test(command))
  );
}

/** Throws COMMAND_OUTSIDE_GRAMMAR. */
export function checkLine(platform: Platform, command: string, errand = false): void {
  if (mayBeSent(platform, command, errand)) return;
  const where = errand ? ' for configuration mode' : '';
  const why = `no line of the ${platform.name} grammar${where} matches; nothing was sent`;
  throw new SpitrapError('COMMAND_OUTSIDE_GRAMMAR', `${quoted(command)} may not be sent to a device: ${why}`);
}
