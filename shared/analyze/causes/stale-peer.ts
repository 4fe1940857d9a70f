/**
 * facts.md §6, "stale, cloned or unknown peer": the source is no tunnel's address, and the SPI was one of the real spoke's, whose SAs are clean now:
 * a copy of it sends with what it once had. Of a source of which nothing was ever known: unconfigured-peer.ts.
 */

import { unknown } from '../answer.ts';
import { endsAgree } from '../control-questions.ts';
import { cameAnew, linesMissing } from '../end-questions.ts';
import { flowRule } from '../rule.ts';
import { fromStranger, not, onlyIfShown, receiverHad, receiverLacks, senderHad, senderUses } from '../sa-questions.ts';
import { advise, adviseChange, collect } from '../steps.ts';
import { weigh } from '../weigh.ts';

export const stalePeer = flowRule('stale-peer', (view) => {
  const { about, receiver, receiverName, spi, flow } = view;
  const stranger = fromStranger(view);
  if (stranger.known !== 'yes') return null;
  const clean = endsAgree(about);
  const had = [senderHad(view), receiverHad(view)].find(({ known }) => known === 'yes') ?? null;
  const unused = not(senderUses(view));
  const weight = weigh({
    needs: [stranger, had ?? unknown(`that ${spi} ever was an SA of a real peer is not shown`), ...onlyIfShown([unused])],
    proofs: had !== null && clean.known === 'yes' ? [clean] : [],
    signs: [stranger],
    rivals: [linesMissing(receiver), ...onlyIfShown([cameAnew(view)])],
    besides: [receiverLacks(view)],
  });
  if (weight === null) return null;
  return {
    weight,
    end: null,
    sentence: `${flow.flow.src}, which is no peer of ${receiverName}, sends it ESP with SPI ${spi}${had ? ' of a real peer' : ''}: a stale or cloned device. No SA of a known peer is lost.`,
    doNow: [
      advise(`Find out who has ${flow.flow.src}: a spoke that was moved, a clone with old keys, or a forged source.`, receiver),
    ],
    change: [
      adviseChange(
        `Filter ESP and UDP 500/4500 from ${flow.flow.src} in front of ${receiverName}, once it is known that nobody misses it.`,
        receiver,
      ),
    ],
    collectNext: collect(view, `A packet capture at ${receiverName} of packets from ${flow.flow.src}.`),
  };
});
