/** The spelled sources as the shelf of sources opens them: names, default senders, absolute paths, secrets. Called by load.ts. */
import { isAbsolute, join, resolve } from 'node:path';
import type { AddressRange } from '../../shared/model/address.ts';
import type { PollCredentials } from '../net/signalling.ts';
import { credentials } from './assemble.ts';
import type { DeviceConfig, SourceConfig } from './config.ts';
import type { FaultPath } from './faults.ts';
import { hostRange } from './rules.ts';
import type { SpelledSource } from './schema.ts';
import { readSecret, type SecretReader } from './secrets.ts';

interface Room {
  readonly spelled: readonly (SpelledSource | undefined)[];
  readonly device: DeviceConfig;
  readonly dataDir: string;
  readonly reader: SecretReader;
}

/** Names that were not given are the kind, numbered from 2. A source at fault has an empty place, so that indexes hold. */
export function assembleSources(
  spelled: readonly (SpelledSource | undefined)[],
  device: DeviceConfig,
  dataDir: string,
  reader: SecretReader,
): SourceConfig[] {
  const taken = new Set(spelled.flatMap((source) => (source === undefined || source.name === null ? [] : [source.name])));
  return spelled.flatMap((source, index) => {
    if (source === undefined) return [];
    let name = source.name ?? source.kind;
    for (let number = 2; source.name === null && taken.has(name); number++) name = `${source.kind}-${number}`;
    taken.add(name);
    return [assembleSource(source, name, ['sources', index], { spelled, device, dataDir, reader })];
  });
}

function assembleSource(source: SpelledSource, name: string, path: FaultPath, room: Room): SourceConfig {
  const { folder } = room.reader;
  switch (source.kind) {
    case 'terminal-monitor':
      return { kind: source.kind, name };
    case 'file': {
      const positionFile = join(room.dataDir, 'sources', `${name}.json`);
      return { kind: source.kind, name, path: resolve(folder, source.path), relay: source.relay, positionFile };
    }
    case 'syslog-udp':
    case 'syslog-tcp':
      return { kind: source.kind, name, listen: source.listen, allow: source.allow ?? defaultSenders(room) };
    case 'syslog-tls':
      return assembleTls(source, name, path, room);
    case 'snmp-trap': {
      const { kind, listen, engineId, opens } = source;
      const snmp = credentials(source.snmp, [...path, 'snmp'], room.reader);
      return { kind, name, listen, from: source.from ?? defaultSenders(room), snmp, engineId, opens };
    }
    case 'spi-watch':
      return { kind: source.kind, name, everyMs: source.every };
    case 'qfp-drops':
      return { kind: source.kind, name, everyMs: source.every, atLeast: source.atLeast, opens: source.opens };
    case 'snmp-counter': {
      const { kind, send, every, atLeast, opens } = source;
      return { kind, name, send, snmp: pollCredentials(source.snmp, path, room), everyMs: every, atLeast, opens };
    }
    case 'eem-history': {
      const { kind, peer, send, every } = source;
      return { kind, name, peer, send, snmp: pollCredentials(source.snmp, path, room), everyMs: every };
    }
  }
}

type SpelledPoll = Extract<SpelledSource, { readonly kind: 'snmp-counter' }>['snmp'];

/** The schema lets no version 1 through. */
const pollCredentials = (spelled: SpelledPoll, path: FaultPath, { reader }: Room): PollCredentials =>
  credentials(spelled, [...path, 'snmp'], reader) as PollCredentials;

function assembleTls(
  { kind, listen, allow, certificate, key, clientCa, clients }: Extract<SpelledSource, { readonly kind: 'syslog-tls' }>,
  name: string,
  path: FaultPath,
  room: Room,
): SourceConfig {
  const { reader } = room;
  const absolute = (file: string): string => (isAbsolute(file) ? file : resolve(reader.folder, file));
  // Read here too: what is wrong with a key is a fault of the configuration, and it must never be logged.
  const value = readSecret(key, [...path, 'key'], { manyLines: true }, reader);
  return {
    kind,
    name,
    listen,
    allow: allow ?? defaultSenders(room),
    files: {
      certificate: absolute(certificate),
      key: key.kind === 'file' ? { file: absolute(key.file) } : { value },
      clientCa: clientCa === null ? null : absolute(clientCa),
    },
    clients,
  };
}

/** A daemon that writes a file for us is no sender by that alone: everything on its host could speak in its name. */
function defaultSenders({ spelled, device: { match } }: Room): AddressRange[] {
  const relays = spelled.flatMap((source) => (source?.kind === 'file' ? [source.relay] : []));
  const ranges = match.map((rule) => rule.range);
  const senders = ranges.filter((range) => !relays.some((relay) => hostRange(relay).base === range.base && isOneHost(range)));
  return senders.length > 0 ? senders : ranges;
}

const isOneHost = (range: AddressRange): boolean => range.bits === (range.family === 6 ? 128 : 32);
