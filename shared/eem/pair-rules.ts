/**
 * Rules of lint on two files of one pair: what one end sends against what the other waits for. A file that does not show an address says
 * nothing of it. Called by lint.ts.
 */
import { canonicalAddress, sameAddress } from '../model/address.ts';
import type { EemConfig } from './applet.ts';
import { eventOf, trapActions } from './commands.ts';
import { type Finding, finding } from './lint-words.ts';

/** Findings of the receiver's file, but for `host-differs`, which is the sender's. */
export function pairFindings(
  sender: EemConfig,
  receiver: EemConfig,
  senderName: string,
): { sender: Finding[]; receiver: Finding[] } {
  const traps = sender.applets.flatMap(trapActions);
  const waiting = receiver.applets.flatMap((applet) => {
    const event = eventOf(applet, 'snmp-notification');
    return event === undefined ? [] : [{ applet, event }];
  });
  if (traps.length === 0 || waiting.length === 0) return { sender: [], receiver: [] };
  const mine = ownAddresses(sender);
  const values = new Set(traps.map(({ intData1 }) => (intData1 === null ? 'none' : numberIn(intData1))));
  return {
    sender: hosts(sender, receiver),
    receiver: waiting.flatMap(({ applet, event }) => {
      const at = { line: event.line, applet: applet.name };
      const found: Finding[] = [];
      const isKnown = ![event.oidVal ?? '', ...values].some((value) => value.startsWith('$'));
      if (isKnown && event.oidVal !== null && (event.op ?? 'eq') === 'eq' && !values.has(numberIn(event.oidVal)))
        found.push(
          finding('value-mismatch', {
            ...at,
            reason: `it waits for ${event.oidVal.slice(0, 40)}, and ${senderName} sends ${[...values].slice(0, 3).join(', ').slice(0, 60)} (line ${traps[0]!.line} there): it never runs`,
            remedy: 'the same number as oid-val here and intdata1 there',
          }),
        );
      const source = event.sourceAddress;
      if (source !== null && mine.length > 0 && !mine.some((address) => sameAddress(address, source)))
        found.push(
          finding('source-differs', {
            ...at,
            reason: `src-ip-address ${source.slice(0, 45)} is none of ${senderName}’s addresses: its trap is not taken, unless NAT makes it that`,
            remedy: `src-ip-address of the interface that the trap leaves by, which snmp-server trap-source fixes there (${mine.slice(0, 4).join(', ')})`,
          }),
        );
      return found;
    }),
  };
}

function hosts(sender: EemConfig, receiver: EemConfig): Finding[] {
  const theirs = ownAddresses(receiver);
  const targets = sender.snmpHosts.filter(({ types }) => types.length === 0 || types.includes('event-manager'));
  if (theirs.length === 0 || targets.length === 0) return [];
  if (targets.some(({ address }) => canonicalAddress(address) === null || theirs.some((own) => sameAddress(own, address))))
    return [];
  const { line, address } = targets[0]!;
  const reason = `${address.slice(0, 60)} is no address of the other end (${theirs.slice(0, 4).join(', ')}): its trap does not get there, unless NAT brings it`;
  return [finding('host-differs', { line, reason, remedy: 'snmp-server host with an address of the other end' })];
}

const ownAddresses = ({ interfaces }: EemConfig): string[] => interfaces.flatMap(({ addresses }) => addresses);

/** `2323232` and `"02323232"` are one number. */
const numberIn = (text: string): string => (/^-?\d{1,15}$/.test(text) ? String(Number(text)) : text);
