/**
 * What to type, by platform: the commands of steps stand in one table, so that a rule says what it means and not how a box spells it.
 * Addresses come parsed out of a flow or a table, never as text of a line. Sources: IOS Security Command Reference; swanctl(8), swanctl.conf(5).
 */
import { canonicalAddress } from '../model/address.ts';
import type { End } from './case.ts';
import { senderUses } from './sa-questions.ts';
import type { Step } from './verdict.ts';
import { nameOf, type View } from './view.ts';

interface Commands {
  clearIpsec(peer: string): string | null;
  clearIke(peer: string, ike: { readonly version: 1 | 2; readonly id: string | null } | null): string | null;
  /** Configured. */
  dpd(version: 1 | 2): string;
  lifetimeSeconds(seconds: number): string;
  readonly noKilobytes: string;
  readonly replayWindow: string;
  /** Between the name of the device and the command; of a setting, between the name and the setting. */
  prompt(configure: boolean): string;
}

const cisco: Commands = {
  clearIpsec: (peer) => `clear crypto sa peer ${peer}`,
  // Without an id `clear crypto isakmp` would end the IKE SAs of all peers.
  clearIke: (peer, ike) =>
    ike?.version === 2
      ? `clear crypto ikev2 sa remote ${peer}`
      : ike?.id
        ? `clear crypto isakmp ${ike.id}`
        : `clear crypto session remote ${peer}`,
  dpd: (version) => (version === 2 ? 'crypto ikev2 dpd 10 3 periodic' : 'crypto isakmp keepalive 10 3 periodic'),
  lifetimeSeconds: (seconds) => `crypto ipsec security-association lifetime seconds ${seconds}`,
  noKilobytes: 'crypto ipsec security-association lifetime kilobytes disable',
  replayWindow: 'crypto ipsec security-association replay window-size 1024',
  prompt: (configure) => (configure ? '(config)# ' : '# '),
};

const strongswan: Commands = {
  clearIpsec: () => null,
  clearIke: (_peer, ike) => (ike?.id ? `swanctl --terminate --ike-id ${ike.id} --force` : null),
  dpd: () => 'connections.<name>.dpd_delay = 10s',
  lifetimeSeconds: (seconds) => `connections.<name>.children.<child>.life_time = ${seconds}s`,
  noKilobytes: 'connections.<name>.children.<child>.rekey_bytes = 0',
  replayWindow: 'connections.<name>.children.<child>.replay_window = 1024',
  prompt: (configure) => (configure ? ', swanctl.conf: ' : '# '),
};

const tables: Readonly<Record<string, Commands>> = {
  'cisco-ios': cisco,
  'cisco-iosxe': cisco,
  'linux-strongswan': strongswan,
};

/** What stands between a device's name and a step's command: `# `, `(config)# `. */
export const promptOf = (platform: string | undefined, { configure }: Pick<Step, 'configure'>): string =>
  tables[platform ?? '']?.prompt(configure) ?? '# ';

/** A box that is not in the table gets the words, and no command that may not be its own. */
const commandsOf = (end: End | null): Commands | null => (end === null ? null : (tables[end.platform] ?? null));

const step = (text: string, end: End | null, command: string | null, configure = false): Step => ({
  text,
  end: end?.index ?? null,
  command,
  configure,
});

/** Ends what the sender still uses: its SAs with the receiver, and the IKE SA, so that both begin anew. */
export function clearSender(view: View, which = `that ${view.receiverName} does not have`): Step[] {
  const { sender, senderName, receiverName, flow } = view;
  const peer = canonicalAddress(flow.flow.dst) ?? flow.flow.dst;
  if (sender === null)
    return [
      step(
        `At ${senderName}, the sender: clear its SAs with ${receiverName} (the command is of Cisco IOS). Traffic returns with the next packet.`,
        null,
        `clear crypto sa peer ${peer}`,
      ),
    ];
  const commands = commandsOf(sender);
  const ike = ikeOf(sender, peer);
  const ipsec = commands?.clearIpsec(peer) ?? null;
  return [
    ...(ipsec || commands === null ? [step(`On ${senderName}: drop the SAs ${which}.`, sender, ipsec)] : []),
    step(
      `On ${senderName}: end the IKE SA with ${receiverName} too, so that both begin anew. Traffic returns with the next packet.`,
      sender,
      commands?.clearIke(peer, ike) ?? null,
    ),
  ];
}

/** Nothing, where the sender has begun anew by itself. */
export const clearIfUsed = (view: View): Step[] => (senderUses(view).known === 'no' ? [nothingNow] : clearSender(view));

/** By conn-id or unique id where the table shows one: letters and digits only, as it goes into a command. */
function ikeOf(end: End, peer: string): { version: 1 | 2; id: string | null } | null {
  for (const { value } of [...end.ike].reverse()) {
    const row = value.sas.find(({ remote, local, established }) => established && (remote === peer || local === peer));
    if (row)
      return {
        version: value.version,
        id: /^[0-9]{1,10}$/.test(row.connectionId ?? '') && row.connectionId !== '0' ? row.connectionId : null,
      };
  }
  return null;
}

/** DPD, periodic, at both: the sender's is what notices. */
export function periodicDpd(view: View): Step[] {
  const { sender, receiver } = view;
  const version =
    (sender && ikeOf(sender, view.flow.flow.dst)?.version) ??
    (receiver && ikeOf(receiver, view.flow.flow.src)?.version) ??
    ikeConfigured(view) ??
    1;
  return [sender, receiver].flatMap((end) => {
    if (end === null || end.configuration?.value.dpd?.mode === 'periodic') return [];
    return [
      step(
        `On ${nameOf(end)}: DPD, periodic. A peer that lost its SAs and its IKE SA is then noticed within a minute.`,
        end,
        commandsOf(end)?.dpd(version) ?? null,
        true,
      ),
    ];
  });
}

const ikeConfigured = ({ sender, receiver }: View): 1 | 2 | null =>
  [sender, receiver].flatMap((end) => end?.configuration?.value.peerings ?? []).find(({ ike }) => ike !== null)?.ike ?? null;

/** `has`: what each end is configured with, as far as it is known. */
export function equalLifetimes(
  view: View,
  seconds: number,
  has: { readonly receiver: number | null; readonly sender: number | null },
): Step[] {
  return (['receiver', 'sender'] as const).flatMap((side) => {
    const end = view[side];
    return end === null || has[side] === seconds
      ? []
      : [
          step(
            `On ${nameOf(end)}: the same lifetime of SAs as at the other end.`,
            end,
            commandsOf(end)?.lifetimeSeconds(seconds) ?? null,
            true,
          ),
        ];
  });
}

export function noKilobyteRekey(view: View): Step[] {
  return [view.receiver, view.sender].flatMap((end) =>
    end === null
      ? []
      : [step(`On ${nameOf(end)}: no rekey by volume, at both ends alike.`, end, commandsOf(end)?.noKilobytes ?? null, true)],
  );
}

export const widerReplayWindow = (end: End | null): Step =>
  step('A wider anti-replay window, where QoS reorders after encryption.', end, commandsOf(end)?.replayWindow ?? null, true);

/** Words without a command. */
export const advise = (text: string, end: End | null = null): Step => step(text, end, null);
export const adviseChange = (text: string, end: End | null = null): Step => step(text, end, null, true);
/** In front of the steps of a cause that is possible and no more. */
export const onlyIfLost = advise(
  'First see whether traffic between the two is lost: what follows is for that case, takes their SAs down and may not be the cure.',
);
export const nothingNow = advise('Nothing: it is over, or passes by itself.');

/** What the next capture should have, of what this one lacked. */
export function collect(view: View, ...more: readonly string[]): string[] {
  const { sender, receiver, senderName, receiverName } = view;
  const lacks: string[] = [];
  if (sender === null) lacks.push(`The bundle of ${senderName}: what it encrypts with is half of the story.`);
  if (receiver === null) lacks.push(`The bundle of ${receiverName}: why it lost the SA stands there.`);
  for (const end of [receiver, sender]) {
    if (end === null) continue;
    if (end.debugsOn !== true)
      lacks.push(
        `Debugs of ${nameOf(end)} armed before the event: debug crypto isakmp (or ikev2), debug crypto ipsec, with a condition for the peer.`,
      );
    if (end.logWindow === null) lacks.push(`The log of ${nameOf(end)}, from minutes before the message.`);
    else if (end.logWindow.holes > 0) lacks.push(`A log of ${nameOf(end)} without holes.`);
    if (end.uptime === null && end === receiver) lacks.push(`show version of ${nameOf(end)}: did it restart?`);
    if (end.configuration === null) lacks.push(`show running-config | section crypto of ${nameOf(end)}.`);
  }
  return [...new Set([...lacks, ...more])];
}
