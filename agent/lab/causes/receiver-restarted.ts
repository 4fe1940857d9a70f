/**
 * The receiver comes up again without any SA; the sender was told nothing. Its DPD, where it has one, has not acted yet.
 * With less evidence only the loss is left to see: `receiver-lost-sa`.
 */
import { type Cause, settle } from './cause.ts';

const WHY = [
  { rom: 'reload', reason: 'Reload Command' },
  { rom: 'power-on', reason: 'power-on' },
  { rom: 'error - a Software forced crash, PC 0x81A2C4B0', reason: 'Critical software exception' },
] as const;

export const receiverRestarted: Cause = {
  word: 'receiver-restarted',
  title: 'The receiver restarted and lost all SAs',
  control: false,
  prepare(plan, prng) {
    const slow = prng.between(1, 100) <= 60;
    settle(
      plan,
      'sender',
      slow ? { dpdMode: 'none' } : { dpdMode: prng.pick(['periodic', 'on-demand'] as const), dpdSeconds: 60 },
    );
  },
  act(stage) {
    const { core } = stage.boxes.receiver;
    const downMs =
      stage.plan.settings.sender.dpdMode === 'none' ? stage.prng.between(45_000, 240_000) : stage.prng.between(20_000, 45_000);
    core.bootedBy = stage.prng.pick(WHY);
    core.reload(downMs);
    return {
      cause: 'receiver-restarted',
      end: 'receiver',
      what: `the receiver restarted (${core.bootedBy.reason}), down for ${Math.round(downMs / 1_000)} s`,
      also: [],
      alsoWithLess: ['receiver-lost-sa'],
    };
  },
};
