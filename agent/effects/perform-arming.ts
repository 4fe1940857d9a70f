/**
 * Effects `preflight`, `arm-device`, `disarm-device`, `renew-dead-man`: each by its own room, its result given back as an input.
 * Called by perform.ts. Nothing here decides; nothing here throws.
 */
import { armIsWanted } from '../../shared/coordinate/arming-state.ts';
import type { Effect } from '../../shared/coordinate/effect.ts';
import { timing } from '../../shared/coordinate/timing.ts';
import { asSpitrapError } from '../../shared/errors.ts';
import type { PreflightReading } from '../../shared/model/arming.ts';
import type { Coordinator } from '../coordinator.ts';
import type { Device } from '../device/device.ts';
import type { World } from '../ports.ts';
import { armDevice, renewDeadMan } from './arm-debugs.ts';
import { disarmDevice } from './disarm-debugs.ts';
import { readPreflight } from './preflight.ts';

export interface ArmingOrdersRoom {
  readonly world: Pick<World, 'clock'>;
  readonly coordinator: Pick<Coordinator, 'input' | 'book'>;
  readonly device: Device;
  /** An arm that the journal does not hold is nobody's after a crash. */
  readonly journalIsWell: () => boolean;
}

export type ArmingEffect = Extract<Effect, { readonly kind: 'preflight' | 'arm-device' | 'disarm-device' | 'renew-dead-man' }>;

export function performArming(room: ArmingOrdersRoom, effect: ArmingEffect): void {
  switch (effect.kind) {
    case 'preflight':
      preflight(room, effect);
      return;
    case 'arm-device':
      arm(room, effect);
      return;
    case 'disarm-device':
      disarm(room, effect);
      return;
    case 'renew-dead-man':
      renew(room, effect);
      return;
  }
}

type Of<K extends ArmingEffect['kind']> = Extract<ArmingEffect, { readonly kind: K }>;

const nothingRead = (why: string): PreflightReading => ({
  cpu: null,
  memoryFreePercent: null,
  flags: null,
  conditions: null,
  logging: null,
  freeVtys: null,
  msecStamps: null,
  sequenceNumbers: null,
  clockMark: null,
  unread: [why],
});

function preflight({ coordinator, device, world }: ArmingOrdersRoom, { arm: count, timeoutMs }: Of<'preflight'>): void {
  readPreflight(device, world.clock, { timeoutMs })
    .catch((error: unknown) => nothingRead(asSpitrapError(error).message))
    .then((reading) => coordinator.input({ kind: 'preflighted', arm: count, reading }));
}

function arm(
  { coordinator, device, journalIsWell, world }: ArmingOrdersRoom,
  { arm: count, plan, timeoutMs }: Of<'arm-device'>,
): void {
  if (!journalIsWell()) {
    const detail = 'the journal does not reach the disk: after a crash nobody would know what to turn off';
    coordinator.input({ kind: 'arm-attempted', arm: count, attempt: { result: 'undone', flags: [], deadMan: false, detail } });
    return;
  }
  armDevice(device, world.clock, plan, { timeoutMs, wanted: () => armIsWanted(coordinator.book, count) })
    .catch((error: unknown) => ({
      result: 'unresolved' as const,
      flags: [],
      deadMan: plan.deadManS !== null,
      detail: asSpitrapError(error).message,
    }))
    .then((attempt) => coordinator.input({ kind: 'arm-attempted', arm: count, attempt }));
}

function disarm({ coordinator, device, world }: ArmingOrdersRoom, effect: Of<'disarm-device'>): void {
  const { arm: count, attempt, conditions, deadMan, via } = effect;
  disarmDevice(device, world.clock, effect)
    .catch((error: unknown) => ({
      via,
      sentAt: null,
      sentAtWall: null,
      debugs: 'not-sent' as const,
      conditions: 'failed' as const,
      conditionsLeft: conditions,
      deadMan: deadMan ? ('failed' as const) : ('none' as const),
      detail: asSpitrapError(error).message,
    }))
    .then((outcome) => coordinator.input({ kind: 'disarm-attempted', arm: count, attempt, outcome }));
}

function renew({ coordinator, device, world }: ArmingOrdersRoom, { arm: count, seconds }: Of<'renew-dead-man'>): void {
  renewDeadMan(device, world.clock, seconds, { timeoutMs: timing.deadManMs })
    .catch((error: unknown) => ({ ok: false, detail: asSpitrapError(error).message }))
    .then(({ ok, detail }) => coordinator.input({ kind: 'dead-man-renewed', arm: count, ok, detail }));
}
