/**
 * Our SNMP engine: a snmpEngineID that never changes and the pair of boots and time that dates our messages (RFC 3414 §2.2).
 * Opened by app.ts before any SNMP socket; shared by snmp-receiver.ts and snmp-sender.ts. Kept in dataDir/engine.json.
 */
import { join } from 'node:path';
import { SpitrapError } from '../../shared/errors.ts';
import { type EngineStamp, saltBytes } from '../../shared/wire/usm.ts';
import type { World } from '../ports.ts';

export interface SnmpEngine {
  readonly id: Buffer;
  readonly idHex: string;
  /** Boots and time of now. */
  stamp(): EngineStamp;
  /** sysUpTime: hundredths of a second since the engine was opened, modulo 2^32. */
  upTimeTicks(): number;
  /** The next salt of RFC 3826 §3.1.2.1: a counter from a random start, shared by all our messages so that none repeats. */
  nextSalt(): Buffer;
  /** What the log should say about the start (a new id, a damaged file); empty on an ordinary start. */
  readonly remarks: readonly string[];
}

/** RFC 3411 §5: the time rolls over into the boots, the boots stick at their maximum (2^31-1) for good. */
const ENGINE_TIME_SPAN_S = 0x8000_0000;
export const ENGINE_BOOTS_MAX = 0x7fff_ffff;
const MINUTE_MS = 60_000;
const BOOTS_EPOCH_MS = Date.UTC(2020, 0, 1);

/** Private enterprise 32473 (RFC 5612, for documentation: no vendor's agent uses it), format 5: octets of our own making. */
const ENGINE_ID_PREFIX = Buffer.from('80007ed905', 'hex');
const ENGINE_ID_RANDOM_BYTES = 12;
const ENGINE_FILE_BYTES_MAX = 4_096;

/**
 * Takes the configured id, else the kept one, else makes one. Boots are max(kept + 1, minutes since 2020), so that they rise even
 * when dataDir is lost, and are synced to disk before this resolves: a message can never carry boots that are used again.
 * Rejects with CONFIG_INVALID (the id) or DISK_FAILED.
 */
export async function openEngine(dataDir: string, configuredEngineIdHex: string | null, world: World): Promise<SnmpEngine> {
  const remarks: string[] = [];
  const configured = configuredEngineIdHex === null ? null : parseEngineId(configuredEngineIdHex);
  if (configuredEngineIdHex !== null && configured === null)
    throw new SpitrapError(
      'CONFIG_INVALID',
      `signal.engineId ${JSON.stringify(configuredEngineIdHex.slice(0, 80))} is not 5 to 32 octets of hex (neither all 00 nor all ff); give one or leave it out`,
    );
  await world.disk.makeFolder(dataDir);
  const path = join(dataDir, 'engine.json');
  const kept = await readKept(path, world, remarks);
  const id = configured ?? kept?.id ?? Buffer.concat([ENGINE_ID_PREFIX, world.random.bytes(ENGINE_ID_RANDOM_BYTES)]);
  if (configured === null && kept === null) remarks.push(`made a new snmpEngineID ${id.toString('hex')}`);
  const firstBoots = bootsNow((kept?.boots ?? 0) + 1, world);
  await keep(dataDir, path, { id, boots: firstBoots }, world);
  return { ...liveEngine(id, firstBoots, world), remarks };
}

/**
 * An engine of one command, kept nowhere: `spitrap signal` must not take boots from an agent that runs. `id` null: a random one.
 * Its boots are the minutes since 2020, which rise by themselves.
 */
export const ephemeralEngine = (id: Buffer | null, world: Pick<World, 'clock' | 'random'>): SnmpEngine =>
  liveEngine(id ?? Buffer.concat([ENGINE_ID_PREFIX, world.random.bytes(ENGINE_ID_RANDOM_BYTES)]), bootsNow(1, world), world);

/** Hex; null: no agent has made or been given one yet. Reads and changes nothing. */
export async function keptEngineId(dataDir: string, disk: World['disk']): Promise<string | null> {
  const path = join(dataDir, 'engine.json');
  const stat = await disk.stat(path);
  if (stat === null || stat.bytes > ENGINE_FILE_BYTES_MAX) return null;
  return parseKept((await disk.readFile(path)).toString('utf8'))?.id.toString('hex') ?? null;
}

function bootsNow(least: number, world: Pick<World, 'clock'>): number {
  const minutes = Math.floor((world.clock.wall() - BOOTS_EPOCH_MS) / MINUTE_MS);
  return Math.min(ENGINE_BOOTS_MAX, Math.max(least, minutes, 1));
}

function liveEngine(id: Buffer, firstBoots: number, world: Pick<World, 'clock' | 'random'>): SnmpEngine {
  const startedAt = world.clock.monotonic();
  let salt = world.random.bytes(saltBytes).readBigUInt64BE();

  return {
    id,
    idHex: id.toString('hex'),
    remarks: [],
    stamp() {
      const seconds = Math.floor((world.clock.monotonic() - startedAt) / 1_000);
      // A rollover after 68 years is not kept on disk: the minutes since 2020 are beyond it at the next start.
      const boots = firstBoots + Math.floor(seconds / ENGINE_TIME_SPAN_S);
      return { boots: Math.min(ENGINE_BOOTS_MAX, boots), timeS: seconds % ENGINE_TIME_SPAN_S };
    },
    nextSalt() {
      salt = BigInt.asUintN(64, salt + 1n);
      const bytes = Buffer.alloc(saltBytes);
      bytes.writeBigUInt64BE(salt);
      return bytes;
    },
    upTimeTicks: () => Math.floor((world.clock.monotonic() - startedAt) / 10) % 0x1_0000_0000,
  };
}

/** Hex of 5 to 32 octets (RFC 3411 SnmpEngineID), with or without `0x` and colons; null when it is none. */
export function parseEngineId(text: string): Buffer | null {
  const hex = text.replace(/^0x/i, '').replaceAll(':', '');
  if (!/^(?:[0-9a-f]{2}){5,32}$/i.test(hex) || /^(?:0+|f+)$/i.test(hex)) return null;
  return Buffer.from(hex, 'hex');
}

async function readKept(path: string, world: World, remarks: string[]): Promise<{ id: Buffer; boots: number } | null> {
  const stat = await world.disk.stat(path);
  if (stat === null) return null;
  const kept = stat.bytes <= ENGINE_FILE_BYTES_MAX ? parseKept((await world.disk.readFile(path)).toString('utf8')) : null;
  if (kept !== null) return kept;
  await world.disk.rename(path, `${path}.damaged`);
  remarks.push(`${path} is damaged and was put aside as engine.json.damaged; peers learn our engine again by discovery`);
  return null;
}

function parseKept(text: string): { id: Buffer; boots: number } | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  const { engineId, boots } = (value ?? {}) as { engineId?: unknown; boots?: unknown };
  const id = typeof engineId === 'string' ? parseEngineId(engineId) : null;
  if (id === null || !Number.isSafeInteger(boots) || (boots as number) < 0) return null;
  return { id, boots: boots as number };
}

async function keep(dataDir: string, path: string, state: { id: Buffer; boots: number }, world: World): Promise<void> {
  const fresh = `${path}.new`;
  const file = await world.disk.open(fresh, 'create');
  try {
    await file.append(Buffer.from(`${JSON.stringify({ engineId: state.id.toString('hex'), boots: state.boots })}\n`));
    await file.sync();
  } finally {
    await file.close();
  }
  await world.disk.rename(fresh, path);
  await world.disk.syncFolder(dataDir);
}
