/**
 * Alarms as a program of this host: fixed argv, no shell, the JSON on standard input, the same in SPITRAP_… variables for short scripts.
 * Exit code 0 is a delivery. On the shelf of index.ts.
 */
import { asSpitrapError } from '../../shared/errors.ts';
import { limits } from '../../shared/limits.ts';
import { quoted } from '../../shared/model/printable.ts';
import type { ProgramEnd } from '../ports.ts';
import { escapedAscii } from './ascii-text.ts';
import { failed, type OpenChannel, type Sent } from './channel.ts';
import type { Notice } from './notice.ts';

/** A script finds date, curl and mail; of the agent's own environment it gets nothing, since secrets may stand there. */
const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

export const openCommand: OpenChannel<'command'> = ({ run, timeoutMs }, { spawn }) => {
  const [program = ''] = run;
  return {
    target: program,
    async send(notice, signal) {
      const input = Buffer.from(`${JSON.stringify(notice)}\n`);
      try {
        const asked = { argv: run, environment: environmentOf(notice), input, outputBytesMax: limits.alarmResponseBytesMax };
        return judge(await spawn.run(asked, signal), program, timeoutMs, signal.aborted);
      } catch (error) {
        const { context, message } = asSpitrapError(error);
        const errno = typeof context['errno'] === 'string' ? context['errno'] : message;
        return failed(`${program} could not be started: ${errno}`, startRemedy(errno));
      }
    },
  };
};

function judge({ exitCode, killedBy, output }: ProgramEnd, program: string, timeoutMs: number, calledOff: boolean): Sent {
  const said = output.length === 0 ? '' : `: ${quoted(output.toString('utf8').trimEnd(), 300)}`;
  if (exitCode === 0) return { kind: 'delivered', detail: `${program} exited 0` };
  if (calledOff)
    return failed(
      `${program} did not end within ${timeoutMs} ms and was ended${said}`,
      'look what it waits for, or raise alarms[].timeout',
    );
  if (killedBy !== null) return failed(`${program} was ended by ${killedBy}${said}`, 'look who ended it');
  return failed(
    `${program} exited ${exitCode}${said}`,
    'run it by hand as the agent’s user, with the JSON on its standard input',
  );
}

function startRemedy(errno: string): string {
  switch (errno) {
    case 'ENOENT':
      return 'correct alarms[].run: the program, or the interpreter in its first line, is not there';
    case 'EACCES':
      return 'give the agent’s user the right to run it (chmod +x)';
    case 'ENOEXEC':
      return 'give the script a first line such as #!/bin/sh';
    default:
      return 'look at the limits of the agent’s user (processes, memory)';
  }
}

/** One line each, printable ASCII: a text quotes devices, and a script may pass it on unquoted. */
export function environmentOf(notice: Notice): Record<string, string> {
  const { alarm, device, agent } = notice;
  const values = {
    STATUS: notice.status,
    TEST: notice.test ? '1' : '',
    ID: alarm.id,
    KEY: alarm.key,
    SEVERITY: alarm.severity,
    TEXT: alarm.text,
    REMEDY: alarm.remedy ?? '',
    INCIDENT: alarm.incident ?? '',
    SINCE: alarm.since,
    REPEATS: String(notice.repeats),
    DEVICE: device.name,
    DEVICE_ADDRESS: device.address,
    ROLE: agent.role,
    MODE: agent.mode,
    VERSION: agent.version,
    HOST: agent.host,
    NOTICE: notice.id,
  };
  const variables = Object.entries(values).map(([name, value]) => [`SPITRAP_${name}`, escapedAscii(value)]);
  return { PATH, LANG: 'C.UTF-8', ...(Object.fromEntries(variables) as Record<string, string>) };
}
