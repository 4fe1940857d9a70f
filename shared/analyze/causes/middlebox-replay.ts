/**
 * facts.md §6, "middlebox replays old ESP": the SPI was valid minutes ago, both ends rekeyed cleanly since, and the sender has no outbound SA with
 * it. So the sender did not send it now. Seconds after a rekey it would be the sender's own late packet.
 */
import { unknown, yes } from '../answer.ts';
import { cameAnew, linesMissing, upheavals } from '../end-questions.ts';
import { outOfUseFor, REKEY_MS, rekeyNear } from '../exchange-questions.ts';
import { flowRule } from '../rule.ts';
import {
  cameAgain,
  fromStranger,
  not,
  onlyIfShown,
  receiverHad,
  receiverLacks,
  replaced,
  senderHad,
  senderUses,
} from '../sa-questions.ts';
import { advise, adviseChange, collect } from '../steps.ts';
import { weigh } from '../weigh.ts';

export const middleboxReplay = flowRule('middlebox-replay', (view) => {
  const { receiverName, senderName, spi } = view;
  const out = outOfUseFor(view);
  const had = receiverHad(view);
  const place = replaced(view);
  const unused = not(senderUses(view));
  const calm = not(rekeyNear(view));
  const long =
    out === null
      ? unknown(`how long ${spi} had been out of use is not known`)
      : out.leastMs > 2 * REKEY_MS
        ? yes(`${spi} had been out of use for ${Math.round(out.leastMs / 1_000)} s when the packet came`, [out.moment.quote])
        : out.mostMs <= 2 * REKEY_MS
          ? { ...unknown(`${spi} went out of use seconds before`), known: 'no' as const }
          : unknown(`how long ${spi} had been out of use is not known`);
  const weight = weigh({
    needs: [receiverLacks(view), unused, long, ...onlyIfShown([calm])],
    proofs:
      long.known === 'yes' && place.known === 'yes' && (had.known === 'yes' || senderHad(view).known === 'yes') ? [long] : [],
    signs: [...(unused.known === 'yes' && calm.known === 'yes' ? [calm] : []), ...(long.known === 'yes' ? [long] : [])],
    rivals: [linesMissing(view.receiver), ...onlyIfShown([...upheavals(view), cameAnew(view), fromStranger(view)])],
    besides: [had, place, cameAgain(view)],
  });
  if (weight === null) return null;
  return {
    weight,
    end: null,
    sentence: `An old packet with SPI ${spi} came to ${receiverName}: ${senderName} has long been using another SA. Something on the way repeats old ESP.`,
    doNow: [advise('Nothing on the SAs: both ends agree.')],
    change: [
      adviseChange(
        'Find the box that repeats packets: firewall or load balancer in failover, a mirror port that leads back, a loop.',
      ),
    ],
    collectNext: collect(view, `A packet capture in front of ${receiverName}: sequence numbers and TTL of the old packets.`),
  };
});
