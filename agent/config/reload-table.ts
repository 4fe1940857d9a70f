/**
 * Which settings a running agent can take over, and when (docs/operations.md, "Reload", shows it; a test holds the two together). Read by
 * agent/reload.ts. Whatever does not stand here needs a restart.
 */
import { isDeepStrictEqual } from 'node:util';
import type { Config } from './config.ts';

/** `now`: at once. `idle`: when no incident is open, since one keeps the rules that it began with. `restart`: not in a running agent. */
export type TakesEffect = 'now' | 'idle' | 'restart';

export interface ReloadRule {
  /** As the configuration file spells it. */
  readonly key: string;
  readonly takes: TakesEffect;
}

const rule = (takes: TakesEffect, key: string): ReloadRule => ({ key, takes });
const now = (key: string): ReloadRule => rule('now', key);
const idle = (key: string): ReloadRule => rule('idle', key);
const restart = (key: string): ReloadRule => rule('restart', key);

/** By their place in Config. */
export const reloadRules: Readonly<Record<string, ReloadRule>> = {
  role: restart('role'),
  mode: restart('mode'),
  hold: restart('hold'),
  arm: restart('arm'),
  dataDir: restart('dataDir'),
  site: restart('site'),
  page: restart('page'),
  fleet: restart('fleet'),
  sources: restart('sources'),
  peers: idle('peers'),
  trigger: idle('trigger'),
  alsoTrigger: idle('alsoTrigger'),
  alarms: now('alarms'),
  'device.name': restart('device.name'),
  'device.address': restart('device.address'),
  'device.transport': restart('device.transport'),
  'device.port': restart('device.port'),
  'device.platform': restart('device.platform'),
  'device.user': restart('device.user'),
  'device.password': now('device.password'),
  'device.privateKey': now('device.privateKey'),
  'device.passphrase': now('device.passphrase'),
  'device.enablePassword': now('device.enablePassword'),
  'device.hostKeys': now('device.hostKey'),
  'device.legacy': restart('device.legacy'),
  'device.keepaliveMs': restart('device.keepalive'),
  'device.jump': restart('device.jump'),
  'device.match': idle('device.match'),
  'device.cryptoAddresses': idle('device.cryptoAddresses'),
  'device.tags': idle('device.tags'),
  'capture.maxUnscopedSas': idle('capture.maxUnscopedSas'),
  'capture.maxPeersCaptured': idle('capture.maxPeersCaptured'),
  'capture.commandTimeoutMs': idle('capture.commandTimeout'),
  'capture.commandBytesMax': idle('capture.commandBytesMax'),
  'arming.debugs': idle('arming.debugs'),
  'arming.conditions': idle('arming.conditions'),
  'arming.leaseMs': idle('arming.lease'),
  'arming.maxDebugMs': idle('arming.maxDebug'),
  'arming.rearm': idle('arming.rearm'),
  'arming.deadMan': idle('arming.deadMan'),
  'arming.allowRemoteArm': idle('arming.allowRemoteArm'),
  'stop.delayMs': idle('stop.delay'),
  'stop.mode': idle('stop.mode'),
  'stop.maxDelayMs': idle('stop.maxDelay'),
  'signal.listen': restart('signal.listen'),
  'signal.engineId': restart('signal.engineId'),
  'signal.root': idle('signal.root'),
  'signal.values': idle('signal.values'),
  'signal.helloMs': idle('signal.hello'),
  'signal.eemWindowMs': idle('signal.eemWindow'),
  'evidence.ringMaxAgeMs': restart('evidence.ringMaxAge'),
  'evidence.ringMaxBytes': restart('evidence.ringMaxBytes'),
  'evidence.beforeMs': idle('evidence.before'),
  'evidence.afterMs': idle('evidence.after'),
  'evidence.retainMaxAgeMs': now('evidence.retainMaxAge'),
  'evidence.retainMaxCount': now('evidence.retainMaxCount'),
  'evidence.retainMaxBytes': now('evidence.retainMaxBytes'),
  'evidence.redactionKey': restart('evidence.redactionKey'),
  'evidence.maxEventAgeMs': idle('evidence.maxEventAge'),
  'evidence.holdDownMs': idle('evidence.holdDown'),
  'evidence.messageIntervalMs': idle('evidence.messageInterval'),
  'budgets.incidentsPerHour': idle('budgets.incidentsPerHour'),
  'log.level': now('log.level'),
  'log.format': restart('log.format'),
};

/** One setting that differs. No value stands in it: it may be a secret. */
export interface Change extends ReloadRule {
  /** Of Config. */
  readonly path: string;
  /** For people: `peers: spoke2 added`. */
  readonly text: string;
}

/** `before` with those settings as they are in `after`. */
export function withChanges(before: Config, after: Config, changes: readonly Pick<Change, 'path'>[]): Config {
  const config: Record<string, unknown> = { ...before };
  for (const { path } of changes) {
    const [key = '', inner] = path.split('.');
    const value = (after as unknown as Record<string, unknown>)[key];
    if (inner === undefined) config[key] = value;
    else config[key] = { ...(config[key] as object), [inner]: (value as Record<string, unknown>)[inner] };
  }
  return config as unknown as Config;
}

/** Sections whose settings are judged one by one. */
const SECTIONS: ReadonlySet<string> = new Set(['device', 'capture', 'arming', 'stop', 'signal', 'evidence', 'budgets', 'log']);
const NAMES_TOLD_MAX = 8;

/** Every setting in which the two differ, in the order of Config. */
export function changesBetween(before: Config, after: Config): Change[] {
  return leaves(before, after).flatMap(([path, from, to]) => {
    if (isDeepStrictEqual(from, to)) return [];
    const known = reloadRules[path] ?? restart(path);
    const takes = isReadByASource(path, before, after) ? 'restart' : known.takes;
    return [{ path, key: known.key, takes, text: textOf(known.key, from, to) }];
  });
}

function leaves(before: Config, after: Config): [path: string, from: unknown, to: unknown][] {
  const [one, other] = [before, after] as unknown as Record<string, unknown>[];
  const keys = [...new Set([...Object.keys(one!), ...Object.keys(other!)])];
  return keys.flatMap((key): [string, unknown, unknown][] => {
    if (!SECTIONS.has(key)) return [[key, one![key], other![key]]];
    const [from, to] = [one![key] as Record<string, unknown>, other![key] as Record<string, unknown>];
    return [...new Set([...Object.keys(from), ...Object.keys(to)])].map((inner) => [`${key}.${inner}`, from[inner], to[inner]]);
  });
}

/** A source that reads a router's event-manager history has taken over what it needs of this when it was opened. */
function isReadByASource(path: string, before: Config, after: Config): boolean {
  const read = before.sources.flatMap((source) => (source.kind === 'eem-history' ? [source.peer] : []));
  if (path === 'signal.values' || path === 'signal.eemWindowMs') return read.length > 0;
  const peer = (config: Config, name: string): unknown => config.peers.find((known) => known.name === name);
  return path === 'peers' && read.some((name) => !isDeepStrictEqual(peer(before, name), peer(after, name)));
}

function textOf(key: string, from: unknown, to: unknown): string {
  const [before, after] = [named(from), named(to)];
  if (before === null || after === null) return key;
  const words = [
    ...[...after.keys()].filter((name) => !before.has(name)).map((name) => `${name} added`),
    ...[...before.keys()].filter((name) => !after.has(name)).map((name) => `${name} removed`),
    ...[...after]
      .filter(([name, value]) => before.has(name) && !isDeepStrictEqual(before.get(name), value))
      .map(([name]) => `${name} changed`),
  ];
  if (words.length === 0) return `${key}: another order`;
  const more = words.length > NAMES_TOLD_MAX ? ` and ${words.length - NAMES_TOLD_MAX} more` : '';
  return `${key}: ${words.slice(0, NAMES_TOLD_MAX).join(', ')}${more}`;
}

/** A list of things with names; null: it is none. */
function named(value: unknown): Map<string, unknown> | null {
  if (!Array.isArray(value) || !value.every((item) => typeof (item as { name?: unknown } | null)?.name === 'string')) return null;
  return new Map(value.map((item: { readonly name: string }) => [item.name, item]));
}
