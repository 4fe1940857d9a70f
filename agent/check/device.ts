/**
 * `spitrap check`, the device: one login, logged out again, on which the questions of the pre-flight are asked (the same lines, the same
 * judgement as before an arming) and a few of our own. Only `show` lines and terminal settings are sent. Called by run-checks.ts.
 */
import { judgePreflight } from '../../shared/arming/preflight.ts';
import { asSpitrapError, type ErrorCode } from '../../shared/errors.ts';
import type { Finding, PreflightReading } from '../../shared/model/arming.ts';
import type { CommandResult } from '../../shared/model/capture.ts';
import { quoted } from '../../shared/model/printable.ts';
import { type DurationMs, formatDuration } from '../../shared/model/time.ts';
import { type PreflightQuestion, preflightQuestions } from '../../shared/platforms/arming.ts';
import type { DeviceClock, Parser, Platform } from '../../shared/platforms/platform.ts';
import type { Config } from '../config/config.ts';
import { isSyslogListener } from '../config/config.ts';
import type { SessionOpener } from '../device/pool.ts';
import type { Session } from '../device/session.ts';
import { judgeTopics } from './device-topics.ts';
import { type Rows, told } from './row.ts';

/** Sessions that an agent holds. */
const HELD_SESSIONS = 2;
/** All that the check asks is a screen or two. */
const OUTPUT_BYTES_MAX = 256 * 1024;
/** Beyond it stamps of the device and of this host can not be compared by eye. */
const CLOCK_MS_MAX: DurationMs = 2_000;
const QUARTER_HOUR_MS: DurationMs = 15 * 60_000;

export interface DeviceRoom {
  readonly config: Config;
  readonly platform: Platform;
  readonly device: SessionOpener;
  /** An agent runs and holds its sessions already. */
  readonly isAgentUp: boolean;
}

export type AskDevice = (line: string) => Promise<CommandResult>;

/** Null: no login. The caller closes the session. */
export async function checkDevice(room: DeviceRoom, rows: Rows): Promise<{ session: Session; ask: AskDevice } | null> {
  const session = await login(room, rows);
  if (session === null) return null;
  const timeoutMs = room.config.capture.commandTimeoutMs;
  const ask: AskDevice = (line) => session.run(line, { timeoutMs, bytesMax: OUTPUT_BYTES_MAX });
  await checkPrivilege(room, ask, rows);
  await checkPaging(room, ask, rows);
  const answers = new Map<PreflightQuestion, CommandResult>();
  const { absent = [] } = room.platform.arming;
  for (const question of preflightQuestions)
    if (!absent.some((one) => one === question)) answers.set(question, await ask(room.platform.arming.ask[question]));
  const reading = readingOf(answers, room);
  const location = parsed(await ask(room.platform.check.users), room.platform.parsers.ownLocation).value;
  judgeTopics(reading, findingsOf(reading, location, room), room.config, rows, room.platform.check.remedy);
  checkClock(answers.get('clock')!, room.platform, rows);
  return { session, ask };
}

async function login({ config, device }: DeviceRoom, rows: Rows): Promise<Session | null> {
  const { address, port, user, hostKeys } = config.device;
  try {
    const session = await device.openSession('check', () => {});
    const key = hostKeys.length === 0 ? 'host key not pinned' : `host key ${session.hostKeyFingerprint}, as pinned`;
    const prompt = `prompt of ${session.hostname ?? 'no name'}`;
    const isLocal = config.device.transport === 'local';
    rows.ok('login', isLocal ? `a shell of this host, ${prompt}` : `${user} at ${address} port ${port}, ${prompt}, ${key}`);
    return session;
  } catch (error) {
    const { code } = asSpitrapError(error);
    const [remedy, enter] = loginRemedy(code, config);
    rows.fail('login', told(error), remedy, enter);
    return null;
  }
}

function loginRemedy(code: ErrorCode, { device }: Config): [remedy: string, enter: readonly string[]] {
  const moreLines = ['line vty 0 15', ' transport input ssh'];
  switch (code) {
    case 'SSH_AUTH_REFUSED':
      return [
        'check device.user and the file of its password or key; the device needs the user',
        [`username ${device.user} privilege 15 secret <password>`],
      ];
    case 'SSH_HOST_KEY_REFUSED':
      return ['compare it with the device, on its console; only if it is the device’s, pin it as device.hostKey', []];
    case 'SSH_NO_COMMON_ALGORITHM':
      return [device.legacy ? 'a newer image, or a jump host in between' : 'set device.legacy: true for this device', []];
    case 'ENABLE_REFUSED':
      return ['set device.enablePassword, or give the user privilege 15', [`username ${device.user} privilege 15`]];
    case 'NO_FREE_VTY':
      return ['show users, on its console, says who is on; end a session, or give it more lines', moreLines];
    case 'PROMPT_TIMEOUT':
      return ['a banner that asks for a key, or a menu, stands before the prompt: none for this user', []];
    default:
      return [
        'are all VTY lines taken (show users, on its console)? Else: address and port, routes, ACLs, access-class of its lines',
        moreLines,
      ];
  }
}

async function checkPrivilege({ config, platform }: DeviceRoom, ask: AskDevice, rows: Rows): Promise<void> {
  const result = await ask(platform.check.privilege);
  const { value: level } = parsed(result, platform.parsers.privilege);
  if (level === 15) {
    rows.ok('privilege', platform.check.remedy === undefined ? '15' : 'the stop is among what sudo allows');
    return;
  }
  const seen = level === null ? `${result.command}: ${whatCame(result)}` : `level ${level}`;
  const enter = platform.check.remedy === undefined ? [`username ${config.device.user} privilege 15`] : [];
  const remedy = platform.check.remedy ?? 'give the user level 15, or allow its level the lines that spitrap commands lists';
  if (config.mode === 'act') rows.fail('privilege', `${seen}: whether the stop may be sent is not known`, remedy, enter);
  else rows.warn('privilege', `${seen}: show commands may be refused, and later the stop`, remedy, enter);
}

async function checkPaging({ platform }: DeviceRoom, ask: AskDevice, rows: Rows): Promise<void> {
  const refused: string[] = [];
  for (const setting of platform.definition.onOpen) {
    const result = await ask(setting);
    if (result.status !== 'ok') refused.push(`${setting}: ${whatCame(result)}`);
  }
  if (refused.length === 0) rows.ok('paging', `off (${platform.definition.onOpen.join(', ')})`);
  else
    rows.warn(
      'paging',
      `${refused.join('; ')}: pages are turned one by one, which takes time`,
      'allow these lines to the user (AAA, privilege exec)',
    );
}

const whatCame = ({ status, detail, output }: CommandResult): string =>
  status === 'ok'
    ? `not understood: ${quoted(output.trim() === '' ? '(nothing)' : output.trim())}`
    : `${status}, ${quoted(detail ?? '')}`;

function parsed<T>(result: CommandResult, parse: Parser<T>): { readonly value: T | null } {
  return result.status === 'ok' ? parse(result.output) : { value: null };
}

function readingOf(answers: ReadonlyMap<PreflightQuestion, CommandResult>, room: DeviceRoom): PreflightReading {
  const { parsers } = room.platform;
  const read = <T>(question: PreflightQuestion, parse: Parser<T>): T | null => {
    const result = answers.get(question);
    return result === undefined ? null : parsed(result, parse).value;
  };
  const levels = read('logging', parsers.loggingLevels);
  const settings = read('settings', parsers.loggingSettings);
  const vtys = read('lines', parsers.vtyLines);
  const reading = {
    cpu: read('cpu', parsers.cpu),
    memoryFreePercent: read('memory', parsers.memory),
    flags: read('debugging', parsers.debugging),
    conditions: read('conditions', parsers.conditions),
    logging: levels === null ? null : { ...levels, rateLimited: settings?.rateLimited ?? null },
    freeVtys: vtys === null ? null : vtys.total - vtys.busy + linesToCome(room),
    msecStamps: settings?.msecStamps ?? null,
    sequenceNumbers: settings?.sequenceNumbers ?? null,
    clockMark: read('clock', parsers.clock)?.mark ?? null,
  };
  const debugging = answers.get('debugging');
  // As before an arming: a line that was not understood proves nothing off.
  const odd = debugging?.status === 'ok' ? parsers.debugging(debugging.output).unread[0] : undefined;
  const unread = preflightQuestions.flatMap((question) => {
    const result = answers.get(question);
    if (result === undefined) return [];
    if (question === 'debugging' && odd !== undefined) return [`${question}: ${result.command}: ${quoted(odd.text)}`];
    return result.status === 'ok' && result.output.trim() !== '' ? [] : [`${question}: ${result.command}: ${whatCame(result)}`];
  });
  const { absent } = room.platform.arming;
  return { ...reading, ...(odd !== undefined && { flags: null }), unread, ...(absent === undefined ? {} : { absent }) };
}

/** Ours is given back; an agent that is not up takes two, and one for a terminal monitor. */
function linesToCome({ isAgentUp, config }: DeviceRoom): number {
  if (isAgentUp) return 1;
  return 1 - HELD_SESSIONS - config.sources.filter((source) => source.kind === 'terminal-monitor').length;
}

function findingsOf(reading: PreflightReading, location: string | null, { config, platform }: DeviceRoom): readonly Finding[] {
  const { conditions, debugs } = config.arming;
  const listening = config.sources.flatMap((source) => (isSyslogListener(source) ? [source.listen.address] : []));
  const ourHosts = listening.filter((address) => address !== '0.0.0.0' && address !== '::');
  const takesSyslog = config.sources.some(isSyslogListener);
  // Behind a jump host the device sees that one's address; behind a relay its logging host is the relay.
  const isDirect = config.device.jump === null && config.device.match.every((match) => match.kind === 'address');
  const seen = !isDirect ? [...(reading.logging?.hosts ?? [])] : location === null ? [] : [location];
  const hosts = !takesSyslog ? [] : ourHosts.length > 0 && isDirect ? ourHosts : seen;
  const verdict = judgePreflight(reading, {
    plan: { conditions, debugs, deadManS: null },
    ourConditions: conditions,
    ourHosts: hosts,
    terminalMonitor: config.sources.some((source) => source.kind === 'terminal-monitor'),
    remedies: platform.arming.remedies,
  });
  return [...verdict.refusals, ...verdict.warnings];
}

function checkClock(result: CommandResult, platform: Platform, rows: Rows): void {
  const { value: clock } = parsed(result, platform.parsers.clock);
  // Said already: it could not be read, or it is not in sync.
  if (clock === null || result.sentAtWall === null) return;
  const offsetMs = aheadMs(clock, result.sentAtWall + result.tookMs / 2);
  const size = formatDuration(Math.abs(offsetMs));
  const words = `${clock.text}: ${size} ${offsetMs < 0 ? 'behind' : 'ahead of'} this host${isUtc(clock) ? '' : `, its zone ${clock.zone} taken off`}`;
  if (Math.abs(offsetMs) <= CLOCK_MS_MAX) rows.ok('clock', words);
  else rows.warn('clock', words, 'NTP on the device and on this host', platform.arming.remedies.clock);
}

const isUtc = ({ zone }: DeviceClock): boolean => /^(?:UTC|GMT|Z)$/i.test(zone);

/** Zones are whole quarters of an hour; which one a name such as EST stands for is not known, so a clock that is off by just that shows no difference. */
function aheadMs(clock: DeviceClock, wallMs: number): DurationMs {
  const apartMs = clock.localMs - wallMs;
  return isUtc(clock) ? apartMs : apartMs - Math.round(apartMs / QUARTER_HOUR_MS) * QUARTER_HOUR_MS;
}
