/** The time inside an incident id (a ULID, shared/model/ulid.ts): how old a bundle is, whatever its files' dates say. */
import type { IncidentId } from '../../shared/model/ulid.ts';

const TIME_CHARS = 10;
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

/** The millisecond since 1970 in which an id was made, by the clock of the agent that made it. */
export const madeAtMs = (id: IncidentId): number =>
  [...id.slice(0, TIME_CHARS)].reduce((ms, char) => ms * ALPHABET.length + ALPHABET.indexOf(char), 0);
