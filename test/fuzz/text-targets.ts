/**
 * Text that devices, files and people bring: each reader of the shelf, both platforms' own, log events, what a device's shell may answer, an
 * operator's configurations, the control socket, a bundle from a stranger.
 */
import { readConfigText } from '../../agent/config/config-text.ts';
import { LineReader } from '../../agent/control/line-reader.ts';
import { parseReply, parseRequest } from '../../agent/control/protocol.ts';
import { Dialogue, type DialogueState, startOfDialogue } from '../../agent/device/dialogue.ts';
import { TerminalLines } from '../../agent/device/terminal-lines.ts';
import { decodeRecord, encodeRecord } from '../../agent/journal/record.ts';
import { adviseOn } from '../../shared/advise/advise.ts';
import { diagnose } from '../../shared/analyze/diagnose.ts';
import { parseIncidentFile } from '../../shared/bundle/incident-file.ts';
import { importFacts } from '../../shared/eem/import-facts.ts';
import { lint } from '../../shared/eem/lint.ts';
import { readEemConfig } from '../../shared/eem/read-config.ts';
import { SpitrapError } from '../../shared/errors.ts';
import { monotonic, wall } from '../../shared/model/time.ts';
import { shows } from '../../shared/platforms/cisco/shows.ts';
import { ciscoIosxe } from '../../shared/platforms/cisco-iosxe/cisco-iosxe.ts';
import { platformNamed, platforms } from '../../shared/platforms/index.ts';
import { parseConnections } from '../../shared/platforms/linux-strongswan/list-conns.ts';
import { parseIkeSas, parseIpsecSas } from '../../shared/platforms/linux-strongswan/list-sas.ts';
import { parseSpiSets } from '../../shared/platforms/linux-strongswan/spi-sets.ts';
import { parseXfrmPolicy, parseXfrmStat, parseXfrmState } from '../../shared/platforms/linux-strongswan/xfrm.ts';
import type { Parser, Platform } from '../../shared/platforms/platform.ts';
import { createRedactor } from '../../shared/redact/redact.ts';
import { SMALLEST } from '../config/smallest-pair.ts';
import { bundleText } from '../support/bundle-text.ts';
import { filesOf, outputsOf, syslogLines } from './fixtures.ts';
import { mutateText } from './mutate-text.ts';
import type { Target } from './target.ts';

const text = { kind: 'text', mutate: mutateText } as const;
const every = outputsOf('');
const routers = [...filesOf('test/eem/fixtures', '.ios'), ...outputsOf('running-config', 'crypto-map')];
const logs = [...outputsOf('logging', 'show-logging', 'event-trace'), Buffer.from(syslogLines.join('\n'))];

export const textTargets = (): Target[] => [
  ...shows.map((show) => reader(show.name, show.parse, seedsOf(show.name))),
  ...platforms.filter(({ name }) => name !== 'cisco-ios').flatMap(ownReaders),
  ...linuxReaders(),
  ...platforms.filter(({ name }) => name !== 'cisco-ios').flatMap(evidenceReaders),
  { ...text, name: 'shell', seeds: [...outputsOf('ipsec-sa', 'running-config', 'logging'), ...sessions], run: readShell },
  { ...text, name: 'redact', seeds: [...routers, ...outputsOf('xfrm', 'list-conns')], run: redacted },
  {
    ...text,
    name: 'advise',
    seeds: routers,
    run: (bytes) => void adviseOn(bytes.toString('utf8'), routers[2]!.toString('utf8')),
  },
  { ...text, name: 'eem', hangMs: 250, share: 0.5, seeds: routers, run: readEem },
  {
    ...text,
    name: 'configuration',
    hangMs: 1_000,
    share: 0.1,
    seeds: [Buffer.from(SMALLEST)],
    run: (bytes) => void readConfigText(bytes.toString('utf8')),
  },
  { ...text, name: 'control-request', seeds: requests, run: readRequest },
  { ...text, name: 'control-reply', seeds: replies, run: (bytes) => expected(() => parseReply(bytes.toString('utf8'))) },
  { ...text, name: 'journal-record', seeds: records, run: (bytes) => void decodeRecord(bytes.toString('utf8')) },
  { ...text, name: 'incident.json', hangMs: 250, seeds: [Buffer.from(incidentJson)], run: readIncident },
  { ...text, name: 'diagnosis', hangMs: 1_000, share: 0.1, seeds: [...every, ...logs], run: diagnosed },
];

/** A reader throws nothing, and what it could not read it names by lines that are there. */
const reader = (name: string, parse: Parser<unknown>, seeds: readonly Buffer[]): Target => ({
  ...text,
  name,
  seeds: seeds.length > 0 ? seeds : every,
  run(bytes) {
    const output = bytes.toString('utf8');
    for (const { number } of parse(output).unread)
      if (number < 1 || number > output.length + 1) throw new Error(`an unread line ${number} that does not exist`);
  },
});

/** `show crypto ipsec sa` has its samples in `ipsec-sa*.txt`; those that have none begin with all. */
function seedsOf(name: string): Buffer[] {
  const words = name.split(' ').slice(1);
  for (let from = 0; from < words.length; from += 1) {
    const found = outputsOf(
      words.slice(from).join('-').replace('running-config', 'running').replace('startup-config', 'running'),
    );
    if (found.length > 0) return found;
  }
  return [];
}

function ownReaders({ name, parsers }: Platform): Target[] {
  return Object.entries(parsers).map(([what, parse]) => reader(`${name} ${what}`, parse as Parser<unknown>, every));
}

const linuxReaders = (): Target[] => [
  reader('linux list-sas ike', parseIkeSas, outputsOf('list-sas')),
  reader('linux list-sas ipsec', parseIpsecSas, outputsOf('list-sas')),
  reader('linux list-conns', parseConnections, outputsOf('list-conns')),
  reader('linux spi-sets', parseSpiSets, outputsOf('spi-sets')),
  reader('linux xfrm state', parseXfrmState, outputsOf('xfrm')),
  reader('linux xfrm policy', parseXfrmPolicy, outputsOf('xfrm')),
  reader('linux xfrm stat', parseXfrmStat, outputsOf('xfrm')),
];

/** All commands that are captured, and the log. */
function evidenceReaders(platform: Platform): Target[] {
  const scope = { peers: ['11.1.1.3'], maxUnscopedSas: 200 };
  const commands = [...new Set(platform.capturePlan('first', scope).map(({ command }) => command))];
  return [
    {
      ...text,
      name: `${platform.name} captured evidence`,
      seeds: every,
      run: (bytes) => {
        // One an input: a hang is judged by what one output costs.
        platform.evidence.capture(commands[bytes.length % commands.length]!, bytes.toString('utf8'));
      },
    },
    {
      ...text,
      name: `${platform.name} log events`,
      seeds: logs,
      run: (bytes) => void platform.evidence.log(bytes.toString('utf8').split('\n')),
    },
  ];
}

const sessions = [
  'Banner\r\nhub>',
  'hub#show clock\r\n*18:22:10.706 UTC Tue Mar 12 2026\r\nhub#',
  'hub#show crypto ipsec sa\r\n a\r\n --More-- \b\b\b\b\b\b\b\b\b        \b\b\b\b\b\b\b\b\b b\r\nhub#',
  "hub#show\r\n% Invalid input detected at '^' marker.\r\n\r\nhub#",
  'other#undebug all\r\nAll possible debugging has been turned off\r\nother#',
].map((session) => Buffer.from(session, 'latin1'));

/** A device that says anything: terminal, dialogue, and what we would answer. However it talks, we type only what we were told to. */
function readShell(bytes: Buffer): void {
  const terminal = new TerminalLines(ciscoIosxe.definition.pager.shows);
  const dialogue = new Dialogue(ciscoIosxe.definition);
  const octets = bytes.toString('latin1');
  let state: DialogueState = startOfDialogue;
  const take = (input: Parameters<Dialogue['step']>[1]): void => {
    const step = dialogue.step(state, input);
    state = step.state;
    for (const effect of step.effects) {
      if (effect.kind === 'clear') terminal.clear();
      if (effect.kind === 'write' && !/^(?:show clock)?[\r nNyY\x03qQ]*$/.test(effect.text))
        throw new Error(`typed ${JSON.stringify(effect.text)}`);
      if (effect.kind === 'write-secret') throw new Error('gave a secret that nobody allowed');
    }
  };
  for (let at = 0, part = 0; at < octets.length; part += 1) {
    const to = Math.min(octets.length, at + 1 + (octets.charCodeAt(at) % 97) * 11);
    for (const line of terminal.feed(octets.slice(at, to))) take({ kind: 'line', text: line });
    if (dialogue.attentionMs(state, terminal.partial) !== null) take({ kind: 'quiet', partial: terminal.partial });
    if (state.kind === 'idle') take({ kind: 'send', sent: { command: 'show clock', secret: null } });
    if (part % 7 === 6) take({ kind: 'abandon', partial: terminal.partial });
    at = to;
  }
}

const redact = createRedactor(Buffer.alloc(32, 7), ['tr0ub4dor', 'authpassword']);
/** Redacting again changes nothing, and our own secrets are gone. */
function redacted(bytes: Buffer): void {
  const once = redact(bytes.toString('utf8'));
  if (/tr0ub4dor|authpassword/.test(once.text)) throw new Error('a secret of ours stayed');
  const twice = redact(once.text);
  if (twice.count !== 0) throw new Error(`redacted again: ${difference(once.text, twice.text)}`);
}

function difference(a: string, b: string): string {
  const [left, right] = [a.split('\n'), b.split('\n')];
  const at = left.findIndex((line, i) => line !== right[i]);
  return `${JSON.stringify(left[at]?.slice(0, 200))} became ${JSON.stringify(right[at]?.slice(0, 200))}`;
}

const otherEnd = readEemConfig(routers[3]!.toString('utf8'));
function readEem(bytes: Buffer): void {
  const config = readEemConfig(bytes.toString('utf8'));
  lint([
    { name: 'a', config },
    { name: 'b', config: otherEnd },
  ]);
  importFacts(config, otherEnd, null);
}

const requests = [
  { request: 'status' },
  { request: 'hold', change: { on: true, forMs: 7_200_000 } },
  { request: 'incident', id: '01JD00000000000000000000AA' },
  { request: 'ack', alarm: 'debugs-not-verified' },
  { request: 'arm', change: { pair: true, leaseMs: 900_000, who: 'root' } },
  { request: 'capture', change: { pair: true, who: 'root' } },
].map((request) => Buffer.from(`${JSON.stringify(request)}\n`));
const replies = [
  { ok: true, result: { pid: 1 } },
  { ok: false, error: { code: 'USAGE', message: 'no such alarm' } },
].map((reply) => Buffer.from(JSON.stringify(reply)));

function readRequest(bytes: Buffer): void {
  let requests = 0;
  const reader: LineReader = new LineReader(
    4_096,
    (line) => {
      requests += 1;
      parseRequest(line);
      if (requests > 8) reader.stop();
    },
    () => {},
  );
  for (let at = 0; at < bytes.length; at += 1 + (bytes[at]! % 53)) reader.push(bytes.subarray(at, at + 1 + (bytes[at]! % 53)));
}

/** A refusal is an answer. */
function expected(work: () => unknown): void {
  try {
    work();
  } catch (error) {
    if (!(error instanceof SpitrapError)) throw error;
  }
}

const records = [
  encodeRecord({
    seq: 1,
    monotonic: monotonic(1),
    wall: wall(2),
    bootId: 'boot',
    kind: 'incident-opened',
    incident: null,
    data: { flows: [{ spi: '0x68842105' }] },
  }),
];
const bundle = bundleText({});
const incidentJson = JSON.stringify(bundle.incident, null, 1);

function readIncident(bytes: Buffer): void {
  const read = parseIncidentFile(bytes.toString('utf8'));
  if (read.kind === 'unreadable' && read.why.length > 4_000) throw new Error('a reason without bound');
}

const captured = [
  'show crypto ipsec sa',
  'show crypto isakmp sa detail',
  'show crypto session detail',
  'show running-config',
  'show version',
];

const spokeBundle = bundleText({ role: 'spoke' });
/** Both ends, the stranger's text as an output and as the log. */
function diagnosed(bytes: Buffer): void {
  const output = bytes.toString('utf8');
  const captures = [{ command: captured[bytes.length % captured.length]!, text: output }];
  const hub = bundleText({ role: 'hub', captures, log: output.split('\n').slice(0, 200) });
  diagnose([hub, spokeBundle], platformNamed);
}
