/**
 * What `spitrap advise -c` reads of the router: the parts of its running configuration that advice rests on (the platform's `advise` lines),
 * over one session of its own. It stays in memory; nothing of it is written. Called by agent/cli/advise.ts.
 */
import { SpitrapError } from '../../shared/errors.ts';
import { limits } from '../../shared/limits.ts';
import type { CommandResult } from '../../shared/model/capture.ts';
import { quoted } from '../../shared/model/printable.ts';
import type { DurationMs } from '../../shared/model/time.ts';
import type { Config } from '../config/config.ts';
import type { PersonsDevice } from './open-device.ts';

/** An old router builds its configuration for half a minute before the first line comes. */
const BUILD_MS_MIN: DurationMs = 60_000;
/** For an agent's errand: it takes a third line for a moment. */
const LINES_LEFT_FREE = 1;

export interface ReadConfig {
  /** Its parts, one after the other. */
  readonly text: string;
  /** From which address the router sees this host; null: it does not say. */
  readonly location: string | null;
}

/** Throws what a login throws, NO_FREE_VTY, and RUNNING_CONFIG_REFUSED with what to do. The session is logged out in any case. */
export async function readRunningConfig(config: Config, { device, platform }: PersonsDevice): Promise<ReadConfig> {
  if (platform.advise.length === 0)
    throw new SpitrapError(
      'USAGE',
      `advise reads configurations of IOS, and ${device.name} is a ${platform.name}: there is nothing to ask of it`,
    );
  const session = await device.openSession('advise', () => {});
  try {
    const timeoutMs = Math.max(config.capture.commandTimeoutMs, BUILD_MS_MIN);
    const ask = (line: string) => session.run(line, { timeoutMs, bytesMax: limits.adviceOutputBytesMax });
    leaveLines(await ask(platform.arming.ask.lines), platform.parsers.vtyLines, device.name);
    const users = await ask(platform.check.users);
    const parts: string[] = [];
    for (const line of platform.advise) parts.push(wholeOutput(await ask(line), device.name));
    if (!/^version \d/m.test(parts[0] ?? ''))
      throw refused(
        device.name,
        platform.advise[0]!,
        'came without the line version: the user sees only a part of the configuration',
      );
    return {
      text: parts.join('\n!\n'),
      location: users.status === 'ok' ? platform.parsers.ownLocation(users.output).value : null,
    };
  } finally {
    await session.close();
  }
}

/** What reads as a count may be acted on; one that can not be read refuses nothing. */
function leaveLines(result: CommandResult, parse: PersonsDevice['platform']['parsers']['vtyLines'], name: string): void {
  const use = result.status === 'ok' ? parse(result.output).value : null;
  if (use === null || use.total - use.busy >= LINES_LEFT_FREE) return;
  const what = `${name}: this session has the last of ${use.total} VTY lines, and was ended for the sake of an agent`;
  throw new SpitrapError('NO_FREE_VTY', `${what}; end a session that nobody uses (show users), or give --config FILE`);
}

function wholeOutput(result: CommandResult, name: string): string {
  if (result.status === 'ok') return result.output;
  if (result.status === 'too-long')
    throw refused(name, result.command, `has more than ${limits.adviceOutputBytesMax} bytes, and a part would mislead`);
  if (result.status === 'refused') throw refused(name, result.command, `was refused: ${quoted(result.detail ?? '')}`);
  throw refused(name, result.command, `ended with ${result.status}: ${quoted(result.detail ?? '')}`);
}

const refused = (name: string, line: string, why: string): SpitrapError =>
  new SpitrapError(
    'RUNNING_CONFIG_REFUSED',
    `${name}: ${quoted(line)} ${why}; the user needs privilege 15 and no parser view, with AAA the lines that spitrap commands lists under advise; or save show running-config to a file: spitrap advise --config FILE`,
  );
