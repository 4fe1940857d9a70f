/**
 * Somebody at the receiver types `clear crypto sa` or `clear crypto session`. The DELETE arrives, and packets that were on their way find
 * nothing; or the network loses it (`also` delete-lost: that is as true, and where nobody logged the command, the only thing to see).
 * With less evidence: that the receiver lost the SA; a delivered DELETE with a new SA at once looks like a rekey's late packet.
 */
import type { CauseStage } from '../live/stage.ts';
import { busy, type Cause, type CauseWord, settle } from './cause.ts';

function operator(stage: CauseStage): void {
  const { prng } = stage;
  const from = `10.${prng.between(1, 250)}.${prng.between(1, 250)}.${prng.between(2, 250)}`;
  stage.log('receiver', 5, 'SYS-5-CONFIG_I', `Configured from console by noc on vty${prng.between(0, 3)} (${from})`);
}

export const clearedOneSide: Cause = {
  word: 'cleared-one-side',
  title: 'SAs were cleared at one end',
  control: false,
  prepare(plan, prng) {
    busy(plan, prng);
    settle(plan, 'sender', { dpdSeconds: 60 });
  },
  act(stage) {
    const { prng } = stage;
    const lost = prng.between(1, 100) <= 50;
    const seen = prng.between(1, 100) <= 75;
    const peer = stage.plan.boxes.sender.cryptoAddress;
    const commands = [
      `clear crypto sa peer ${peer}`,
      'clear crypto sa',
      'clear crypto session',
      `clear crypto session remote ${peer}`,
    ];
    const command = prng.pick(commands);
    if (lost) {
      const until = stage.clock.monotonic() + prng.between(20_000, 300_000);
      stage.world.link.losses.push(
        (message, from) =>
          from === stage.receiver.address && message.what.startsWith('delete-') && stage.clock.monotonic() < until,
      );
    }
    const type = (): void => void stage.boxes.receiver.console(command);
    // Who changes something saves it first, or clears first: both are usual.
    if (seen && prng.between(0, 1) === 0) {
      operator(stage);
      stage.later(prng.between(1_500, 9_000), type);
    } else {
      type();
      if (seen) stage.later(prng.between(800, 6_000), () => operator(stage));
    }
    const also: CauseWord[] = [...(lost ? (['delete-lost'] as const) : []), ...(seen ? [] : (['receiver-lost-sa'] as const))];
    return {
      cause: 'cleared-one-side',
      end: 'receiver',
      what: `${command} at the receiver, its DELETE ${lost ? 'lost' : 'delivered'}${seen ? '' : '; nobody logged who was there'}`,
      also,
      alsoWithLess: ['receiver-lost-sa', ...(lost ? [] : (['rekey-transient'] as const))],
    };
  },
};
