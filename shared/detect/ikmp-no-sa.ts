/**
 * `%CRYPTO-4-IKMP_NO_SA`, the IKE twin of the invalid-SPI message: the peer talks on an IKE SA that this device lost. No flow and no SPI,
 * but the other end's address. Called by agent/intake.ts where `alsoTrigger` asks for it. Linear; never throws.
 */
import { canonicalAddress } from '../model/address.ts';

/** The bytes to search for. */
export const ikmpNoSaAnchor = '-IKMP_NO_SA:';

/** Lines of one read that are looked at: the device limits the message, and so do we. */
const LINES_MAX = 16;
/** Past the anchor; the message has 80. */
const CHARACTERS_MAX = 200;

//     %CRYPTO-4-IKMP_NO_SA: IKE message from 11.1.1.3        has no SA and is not an initialization offer
const MESSAGE = /^-IKMP_NO_SA: IKE message from (?<from>[0-9A-Fa-f.:]{2,45})\s+has no SA\b/;

export interface IkmpNoSa {
  /** Canonical. */
  readonly remote: string;
  readonly line: string;
}

/** The messages in a read, by their other ends: one each. */
export function findIkmpNoSa(bytes: Buffer): readonly IkmpNoSa[] {
  const found = new Map<string, IkmpNoSa>();
  let at = bytes.indexOf(ikmpNoSaAnchor);
  for (let looked = 0; at !== -1 && looked < LINES_MAX; looked++) {
    const text = bytes.toString('latin1', at, at + CHARACTERS_MAX);
    const from = MESSAGE.exec(text)?.groups?.['from'];
    const remote = from === undefined ? null : canonicalAddress(from);
    const named = bytes.toString('latin1', Math.max(0, at - '%CRYPTO-4'.length), at) === '%CRYPTO-4';
    if (remote !== null && named && !found.has(remote))
      found.set(remote, { remote, line: `%CRYPTO-4${text.split(/[\r\n]/, 1)[0]}` });
    at = bytes.indexOf(ikmpNoSaAnchor, at + ikmpNoSaAnchor.length);
  }
  return [...found.values()];
}
