/**
 * The sender encrypts with the new SA before the receiver, which began the rekey, has it in its data path (CSCty30063 and its like).
 * Over in a moment, by itself. With less evidence it is a rekey's transient, which it also is.
 */
import { busy, type Cause, settle } from './cause.ts';

export const earlyNewSpi: Cause = {
  word: 'early-new-spi',
  title: 'The new SPI was used too early',
  control: false,
  prepare(plan, prng) {
    busy(plan, prng);
    settle(plan, 'sender', { sendsTooEarly: true });
    settle(plan, 'receiver', { installMs: prng.between(60, 600) });
  },
  act(stage) {
    stage.receiver.rekeyNow();
    return {
      cause: 'early-new-spi',
      end: 'sender',
      what: 'the sender used the new SA before the receiver had it',
      also: [],
      alsoWithLess: ['rekey-transient'],
    };
  },
};
