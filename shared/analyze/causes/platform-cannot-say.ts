/**
 * facts.md §6, "platform cannot say": the device counts packets without an SA and logs no message: IOS XE before 2.3.2, NAT traversal
 * (CSCsq59183). The cause behind it is left to what the next capture shows.
 */
import { no, yes } from '../answer.ts';
import { silentNatBug } from '../bugs.ts';
import type { Case } from '../case.ts';
import { finding } from '../rule.ts';
import { advise, adviseChange } from '../steps.ts';
import type { CauseRule } from '../verdict.ts';
import { eventsOf, nameOf } from '../view.ts';
import { weigh } from '../weigh.ts';

/** Of facts.md §1, and the counter of CISCO-IPSEC-FLOW-MONITOR-MIB. */
const NOT_FOUND = /SA_NOT_FOUND_SPI|NOT_FOUND_SPI|IpsecInput|IpsecInvalidSa|NoSaFails/i;

export const platformCannotSay: CauseRule = {
  cause: 'platform-cannot-say',
  judge(about: Case) {
    for (const end of about.ends) {
      const risen = end.counters.filter(({ name, first, last }) => NOT_FOUND.test(name) && last > first);
      if (risen.length === 0) continue;
      const said = eventsOf(end, ['invalid-spi'], null);
      const flows = about.flows.filter((flow) => flow.receiver === end.index && flow.count > 0);
      if (said.length > 0 || flows.length > 0) continue;
      const natT = end.ipsec.some(({ value }) => value.idents.some(({ peerPort }) => peerPort === 4500));
      const weight = weigh({
        needs: [],
        proofs:
          end.logWindow !== null && end.logWindow.holes === 0
            ? [yes(`the log of ${nameOf(end)} has no holes, and no message of a bad SPI`)]
            : [],
        signs: [
          yes(
            `${nameOf(end)} counted packets without an SA`,
            risen.map(({ quote }) => quote),
          ),
        ],
        rivals: [no('no message of a bad SPI was logged')],
      });
      if (weight === null) continue;
      return finding(
        'platform-cannot-say',
        {
          weight,
          end: end.index,
          sentence: `${nameOf(end)} drops packets for want of an SA and does not say which: its counters rise, and no message is logged.`,
          doNow: [
            advise(
              'Look for the peer whose packets are counted: compare show crypto ipsec sa of the peers, which of them encrypts and decrypts nothing.',
              end,
            ),
          ],
          change: [adviseChange('A release that logs the message (IOS XE 2.3.2 or later; CSCsq59183 for NAT traversal).', end)],
          collectNext: [
            'show platform hardware qfp active feature ipsec datapath drops all, twice.',
            'show version: the release.',
          ],
          bugs: silentNatBug(natT),
        },
        about.flows,
      );
    }
    return null;
  },
};
