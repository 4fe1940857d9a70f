/** How `event snmp-notification` compares: the OID by its prefix, the value as numbers where both are, else as texts. */
import type { Comparison } from './applet.ts';

/** Note A's OID ends in a dot, so that any index matches; without the dot the arcs count all the same. */
export function oidMatches(configured: string, oid: string): boolean {
  const prefix = arcsOf(configured);
  const arcs = arcsOf(oid);
  return prefix.length <= arcs.length && prefix.every((arc, index) => arc === arcs[index]);
}

/** As numbers: the note is also printed with `.09.`. */
const arcsOf = (oid: string): number[] => oid.replace(/\.$/, '').split('.').map(Number);

const INTEGER = /^-?\d{1,20}$/;

export function valueMatches(value: string, op: Comparison, configured: string): boolean {
  const numbers = INTEGER.test(value) && INTEGER.test(configured);
  const order = numbers ? compare(BigInt(value), BigInt(configured)) : compare(value, configured);
  switch (op) {
    case 'gt':
      return order > 0;
    case 'ge':
      return order >= 0;
    case 'eq':
      return order === 0;
    case 'ne':
      return order !== 0;
    case 'lt':
      return order < 0;
    case 'le':
      return order <= 0;
  }
}

const compare = <T extends bigint | string>(a: T, b: T): number => (a < b ? -1 : a > b ? 1 : 0);
