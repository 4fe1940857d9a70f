/**
 * Would `crypto isakmp invalid-spi-recovery` have worked on this configuration? The table of Cisco 115801 (facts.md §1, Note B), asked of the
 * receiver's configuration towards this sender, with its cautions. Called by judge.ts.
 */
import type { Case } from './case.ts';
import { quoteOfLine, quotesOfPeerings } from './configuration-quotes.ts';
import { receiverIke } from './end-questions.ts';
import type { Finding, Recovery } from './verdict.ts';
import { viewOf } from './view.ts';

const CAUTIONS =
  'It treats the symptom, not the cause, and makes an IKE SA for whoever sends ESP: a way to load the box with forged packets.';

export function recoveryOf(about: Case, finding: Finding): Recovery {
  const flow = about.flows.find((one) => one.flow === finding.flows[0]);
  if (flow === undefined) return none('not known', 'No flow was named: recovery can not be judged.');
  const view = viewOf(about, flow);
  const { receiver, receiverName, senderName } = view;
  if (receiver === null) return none('not known', `The configuration of ${receiverName} was not seen.`);
  if (!receiver.platform.startsWith('cisco-'))
    return none('not applicable', `${receiverName} is no IOS device: it has no such command.`);
  const sample = receiver.configuration;
  if (sample === null)
    return none('not known', `The configuration of ${receiverName} was not seen: Cisco 115801's table can not be asked.`);
  const { peerings, invalidSpiRecovery } = sample.value;
  const configured = invalidSpiRecovery === null ? 'unknown' : invalidSpiRecovery.on ? 'on' : 'off';
  const peering =
    peerings.find(({ peers }) => peers.includes(flow.flow.src)) ??
    peerings.find(({ peers }) => peers.length === 0) ??
    (peerings.length === 1 ? peerings[0] : undefined);
  const quotes = [
    ...quotesOfPeerings(receiver, sample, peering ? [peering] : []),
    ...(invalidSpiRecovery
      ? quoteOfLine(
          receiver,
          sample,
          invalidSpiRecovery.line,
          `${invalidSpiRecovery.on ? '' : 'no '}crypto isakmp invalid-spi-recovery`,
        )
      : []),
  ];
  if (peering === undefined)
    return { works: 'not known', configured, quotes, text: `How ${receiverName} is configured for ${senderName} is not shown.` };
  if (peering.ike === 2)
    return {
      works: 'not known',
      configured,
      quotes,
      text: `${peering.where} is IKEv2: Cisco 115801's table is of IKEv1, and says nothing of it.`,
    };
  const off = configured === 'on' ? 'It is on.' : configured === 'off' ? 'It is off, the default.' : '';
  const hasIke = receiverIke(view);
  const already =
    hasIke.known === 'yes'
      ? ` ${receiverName} has an IKE SA with ${senderName}: it sends a DELETE for a bad SPI without the command.`
      : '';
  switch (peering.recovery) {
    case 'yes':
      return {
        works: 'yes',
        configured,
        quotes,
        text: join(`crypto isakmp invalid-spi-recovery works on ${peering.where} (${peering.kind}).`, off, already, CAUTIONS),
      };
    case 'no':
      return {
        works: 'no',
        configured,
        quotes,
        text: join(
          `crypto isakmp invalid-spi-recovery would not have helped: ${peering.where} is ${peering.kind}.`,
          off,
          already,
        ),
      };
    case 'not applicable':
      return {
        works: 'not applicable',
        configured,
        quotes,
        text: join(`It does not apply to ${peering.where} (${peering.kind}).`, already),
      };
    case 'not known':
      return {
        works: 'not known',
        configured,
        quotes,
        text: join(`${peering.where} is in no row of Cisco 115801's table.`, already),
      };
  }
}

const join = (...parts: readonly string[]): string =>
  parts
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .join(' ');
const none = (works: Recovery['works'], text: string): Recovery => ({ works, configured: 'unknown', text, quotes: [] });
