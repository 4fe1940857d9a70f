/** A control of issue D: SAs stand at both ends and packets are decrypted, and the GRE tunnels in them have different keys. Not a desync. */

import { unknown, yes } from '../answer.ts';
import type { Case } from '../case.ts';
import { desync, endsAgree, tunnelKeysDiffer } from '../control-questions.ts';
import { finding } from '../rule.ts';
import { advise, adviseChange } from '../steps.ts';
import type { CauseRule } from '../verdict.ts';
import { eventsOf } from '../view.ts';
import { weigh } from '../weigh.ts';

export const tunnelKeyMismatch: CauseRule = {
  cause: 'tunnel-key-mismatch',
  judge(about: Case) {
    const keys = tunnelKeysDiffer(about);
    if (keys.known !== 'yes') return null;
    const agree = endsAgree(about);
    const down = about.ends.flatMap((end) => eventsOf(end, ['neighbor-down', 'line-down'], null));
    const weight = weigh({
      needs: [agree],
      proofs: agree.known === 'yes' ? [keys] : [],
      signs: [keys],
      rivals: [desync(about)],
      besides: [
        down.length > 0
          ? yes(
              'what runs over the tunnel went down',
              down.map(({ quote }) => quote),
            )
          : unknown('nothing says that what runs over the tunnel went down'),
      ],
    });
    if (weight === null) return null;
    return finding(
      'tunnel-key-mismatch',
      {
        weight,
        end: null,
        sentence:
          'The SAs stand at both ends; the tunnels in them have different keys, so that decrypted packets are dropped. No desync.',
        doNow: [advise('Nothing on the SAs: clearing them does not help.')],
        change: [adviseChange('The same tunnel key at both ends, on each tunnel between the same two addresses.')],
        collectNext: ['show running-config interface Tunnel… of both ends.', 'show interface Tunnel…: input errors.'],
      },
      about.flows,
    );
  },
};
