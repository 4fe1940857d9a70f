/**
 * Cisco's bugs as candidates: never a finding, only named where what they need is met, and with what is met. Ids and what they are about:
 * Cisco 115801 (facts.md §1); releases in which they are fixed are not in it, so none is claimed. Called by rules in causes/.
 */
import type { Finding } from './verdict.ts';
import { nameOf, type View } from './view.ts';

type Bugs = Finding['bugs'];

/** The sender is an IOS XE box, which began to send with the new SPI before quick mode ended: IKEv1 alone has quick mode. */
export function earlySenderBugs({ sender }: View): Bugs {
  if (sender?.platform !== 'cisco-iosxe') return [];
  const ikev2 = sender.ike.some(({ value }) => value.version === 2 && value.sas.some(({ established }) => established));
  if (ikev2) return [];
  return [
    {
      id: 'CSCty30063',
      why: `an ASR uses the new SPI before quick mode ends: ${nameOf(sender)} runs IOS XE, and sent with it before the other end had it; its release is to be compared`,
    },
  ];
}

/** Packets go on failing at an IOS XE receiver while phase 2 is rekeyed. */
export function rekeyDropBugs({ receiver, sender }: View, lossShown: boolean): Bugs {
  const bugs: { id: string; why: string }[] = [];
  if (lossShown)
    bugs.push({ id: 'CSCsl68327', why: 'packets are lost during a rekey, and a rekey was within seconds of the message' });
  const asr = [receiver, sender].find((end) => end?.platform === 'cisco-iosxe');
  if (lossShown && asr)
    bugs.push({
      id: 'CSCtr14840',
      why: `an ASR drops packets at a phase 2 rekey: ${nameOf(asr)} runs IOS XE, and a rekey was within seconds`,
    });
  return bugs;
}

/** Behind a NAT the message is not printed: UDP 4500 in a table, and counters without a line. */
export function silentNatBug(usesNatT: boolean): Bugs {
  return usesNatT
    ? [
        {
          id: 'CSCsq59183',
          why: 'with NAT traversal the message is not reported: a peer on port 4500 is in the tables, and no message in the log',
        },
      ]
    : [];
}
