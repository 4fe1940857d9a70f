/** One SA within `show crypto ipsec sa`: the lines from `spi:` to `Status:`. Part of ipsec-sa.ts. */
import { type IpsecSa, unshownSa } from '../../model/sa.ts';
import type { Line } from '../platform.ts';
import { count, type Groups, type LineRule, yes } from './line-rules.ts';

export type BuildingSa = { -readonly [K in keyof IpsecSa]: IpsecSa[K] };

/** `settings ={Transport UDP-Encaps, esn}`, `flags={origin_is_acl,}`: without the empty part behind the last comma. */
export const listed = (text: string): string[] =>
  text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');

export function newSa(section: Pick<IpsecSa, 'direction' | 'protocol'>, hex: string | undefined, line: Line): BuildingSa {
  return { ...unshownSa, ...section, line: line.number, spi: hex === undefined ? null : Number.parseInt(hex, 16) >>> 0 };
}

export const saRules: readonly LineRule<BuildingSa>[] = [
  // transform: esp-256-aes esp-sha256-hmac ,
  [
    /^transform: *(?<transform>[^,]{1,120}?) *,?$/,
    ({ transform }, sa) => {
      sa.transform = transform!;
    },
  ],
  // in use settings ={Transport UDP-Encaps, esn}
  [
    /^in use settings ?= ?\{(?<settings>[^}]{0,200})\}$/,
    ({ settings }, sa) => {
      sa.settings = listed(settings!);
    },
  ],
  // conn id: 2076, flow_id: CSR:76, sibling_flags FFFFFFFF80000048, crypto map: vpn-crypto-map
  // conn id: 124, flow_id: Onboard VPN:124, sibling_flags 80000000, crypto map: Tunnel1-head-0, initiator : False
  // slot: 0, conn id: 2000, flow_id: 1, crypto map: vpn                                       12.4
  [
    /^(?:slot: \d+, )?conn id: (?<id>\d{1,10}), flow_id: (?<flow>[^,]{1,80})(?:, sibling_flags (?<sibling>[0-9A-Fa-f]{1,16}))?(?:, crypto map: (?<map>[^,\s]{1,200}))?(?:, initiator ?: ?(?<initiator>\w+))?$/,
    readConnection,
  ],
  // initiator : True                                                                          wrapped
  [
    /^initiator ?: ?(?<initiator>True|False)$/i,
    ({ initiator }, sa) => {
      sa.initiator = yes(initiator);
    },
  ],
  // ike_cookies: 9263635C CA4B4E99 C14E908E 8EE2D79C                                          12.4
  [/^ike_cookies:(?: [0-9A-F]{8}){2,4}$/i, () => undefined],
  // sa timing: remaining key lifetime (k/sec): (4607999/83191)
  // sa timing: remaining key lifetime (k/sec): (4607999/-3)                                   overdue
  [
    /^sa timing: *remaining key lifetime \(k\/sec\): *\((?<kilobytes>\d{1,12})\/(?<seconds>-?\d{1,10})\)$/,
    ({ kilobytes, seconds }, sa) => {
      sa.lifetimeKilobytes = Number(kilobytes);
      sa.kilobyteRekey = true;
      setLifetime(sa, Number(seconds), 1);
    },
  ],
  // sa timing: remaining key lifetime (sec): 94
  // sa timing: remaining key lifetime (sec): (94)
  [
    /^sa timing: *remaining key lifetime \(sec\): *\(?(?<seconds>-?\d{1,10})\)?$/,
    ({ seconds }, sa) => setLifetime(sa, Number(seconds), 1),
  ],
  // sa timing: remaining key lifetime 8 hours, 0 mins
  // sa timing: remaining key lifetime 1 day, 2 hours, 10 mins
  [
    /^sa timing: *remaining key lifetime (?:(?<days>\d{1,5}) days?, )?(?<hours>\d{1,5}) hours?, (?<minutes>\d{1,5}) mins?$/,
    ({ days, hours, minutes }, sa) =>
      setLifetime(sa, Number(days ?? 0) * 86_400 + Number(hours) * 3_600 + Number(minutes) * 60, 60),
  ],
  // sa timing: remaining key lifetime is not applicable                                       SD-WAN
  [/^sa timing: *remaining key lifetime is not applicable$/, () => undefined],
  // Kilobyte Volume Rekey has been disabled
  [
    /^Kilobyte Volume Rekey has been disabled$/,
    (_, sa) => {
      sa.kilobyteRekey = false;
    },
  ],
  // IV size: 16 bytes
  [
    /^IV size: (?<bytes>\d{1,5}) bytes?$/,
    ({ bytes }, sa) => {
      sa.ivBytes = Number(bytes);
    },
  ],
  // replay detection support: Y
  // replay detection support: Y  replay window size: 1024
  [
    /^replay detection support: (?<replay>[YN])(?: +replay window size: (?<window>\d{1,9}))?$/,
    ({ replay, window }, sa) => {
      sa.replayDetection = yes(replay);
      sa.replayWindow = count(window);
    },
  ],
  // Status: ACTIVE(ACTIVE)
  [
    /^Status: *(?<status>\S{1,40})$/,
    ({ status }, sa) => {
      sa.status = status!;
    },
  ],
];

function readConnection({ id, flow, sibling, map, initiator }: Groups, sa: BuildingSa): undefined {
  sa.connectionId = Number(id);
  sa.flowId = flow!;
  sa.siblingFlags = sibling ?? null;
  sa.cryptoMap = map ?? null;
  sa.initiator = yes(initiator);
}

function setLifetime(sa: BuildingSa, seconds: number, resolutionSeconds: 1 | 60): undefined {
  sa.lifetimeSeconds = seconds;
  sa.lifetimeResolutionSeconds = resolutionSeconds;
}
