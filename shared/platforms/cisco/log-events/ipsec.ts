/**
 * Lines of `debug crypto ipsec`. An SA is made or taken down in a block: `IPSEC(create_sa): sa created,` and then the SA's own words on
 * lines of their own, which some paths deliver with a stamp each. Called by log-events.ts with what belongs together joined by LF.
 */
import { readSaText } from '../sa-text.ts';
import { addressOf, type Draft, detailOf, draft, spiOf } from './draft.ts';

const PREFIX = /^IPSEC ?\((?<what>\w{1,40})\) ?: {0,4}(?<text>.*)$/s;
/** Of a block: a line that goes on with the SA's words. */
// (sa) sa_dest= 11.1.1.3, sa_proto= 50,
//   sa_spi= 0x68842105(1753489669),
//   sa_trans= esp-aes 256 esp-sha-hmac , sa_conn_id= 21
export const SA_WORDS = /^\s*(?:\(sa\)|sa_(?:dest|prot|proto|spi|trans|conn_id|lifetime)\b)/;
/** A line after which an SA's words are wanted. */
// IPSEC(create_sa): sa created,
// IPSEC(delete_sa): deleting SA,
export const OPENS_BLOCK = /^IPSEC ?\((?:create|delete)_sa\) ?: {0,4}(?:sa created|deleting SA)\b/;

const ADDRESS = '[0-9A-Fa-f:.]{2,45}';
// IPSEC(key_engine_delete_sas): delete SA with spi 0xD9161513 proto 50 for 103.1.1.1
const DELETE_BY_SPI = new RegExp(`delete SA with spi (?<spi>0x[0-9A-Fa-f]{1,8}) proto \\d{1,3} for (?<dst>${ADDRESS})`);
// IPSEC(lifetime_expiry): SA lifetime threshold reached, expiring in 1412 seconds
// IPSEC(lifetime_expiry): SA lifetime threshold reached, expiring in 4608 kilobytes
const EXPIRY = /lifetime threshold reached, expiring in (?<left>\d{1,12}) (?<unit>seconds|kilobytes)/;
// IPSEC(sa_aging): lifetime expired        IPSEC(lifetime_expiry): SA lifetime expired
const EXPIRED = /lifetime (?:has )?expired(?:.{0,40}?\b(?<unit>seconds|kilobytes)\b)?/;

/** Null: not a line of this debug. */
export function ipsecDrafts(body: string): Draft[] | null {
  const named = PREFIX.exec(body)?.groups;
  if (!named) return null;
  const text = named['text']!;
  if (OPENS_BLOCK.test(body)) {
    const sa = readSaText(text);
    if (sa === null) return [];
    const detail = detailOf({
      transform: sa.transform ?? undefined,
      connection: sa.connectionId === null ? undefined : String(sa.connectionId),
      lifetimeSeconds: sa.lifetimeSeconds === null ? undefined : String(sa.lifetimeSeconds),
      lifetimeKilobytes: sa.lifetimeKilobytes === null ? undefined : String(sa.lifetimeKilobytes),
    });
    return [draft(named['what'] === 'create_sa' ? 'sa-created' : 'sa-deleted', { spis: [sa.spi], dst: sa.destination, detail })];
  }
  const deleted = DELETE_BY_SPI.exec(text)?.groups;
  if (deleted) return [draft('delete-enqueued', { spis: spiOf(deleted['spi']), dst: addressOf(deleted['dst']) })];
  const soft = EXPIRY.exec(text)?.groups;
  if (soft) return [draft('lifetime-expired', { detail: detailOf({ unit: soft['unit'], left: soft['left'], phase: 'soft' }) })];
  const hard = EXPIRED.exec(text);
  return hard ? [draft('lifetime-expired', { detail: detailOf({ unit: hard.groups?.['unit'], phase: 'hard' }) })] : [];
}
