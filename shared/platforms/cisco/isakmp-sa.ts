/** `show crypto isakmp sa [detail]`: the IKEv1 SAs of one device. Shape: IsakmpSa[] in ../../model/ike.ts. A heading without rows, or nothing, is an empty list. */
import type { IsakmpSa } from '../../model/ike.ts';
import type { Line, Parser } from '../platform.ts';
import { ageSeconds } from './age.ts';
import { count, type Groups, known, type LineRule, named, readLines } from './line-rules.ts';
import { shownAddress } from './shown-address.ts';

type Building = { -readonly [K in keyof IsakmpSa]: IsakmpSa[K] };

interface Place {
  readonly rows: Building[];
  /** `Auth:` stood at the end of a line, its value is the next one. */
  awaitsAuthentication: boolean;
}

export const parseIsakmpSas: Parser<IsakmpSa[]> = (output) => {
  const at: Place = { rows: [], awaitsAuthentication: false };
  const unread = readLines(output, rules, at);
  return { value: at.rows, unread };
};

const rules: readonly LineRule<Place>[] = [
  // IPv4 Crypto ISAKMP SA
  // dst             src             state          conn-id status
  // dst             src             state          conn-id slot status                          12.4
  // C-id  Local           Remote          I-VRF  Status Encr Hash   Auth DH Lifetime Cap.
  [/^(?:IPv[46] Crypto ISAKMP SA|dst\s+src\s+state\s.*|C-id\s+Local\s.*)$/, known],
  // Codes: C - IKE configuration mode, D - Dead Peer Detection                                  the legend of `detail`
  //        K - Keepalives, N - NAT-traversal
  //        psk - Preshared key, rsig - RSA signature
  [/^(?:Codes: )?[A-Za-z]{1,5} - [\w -]{1,60}(?:, [A-Za-z]{1,5} - [\w -]{1,60})*$/, known],
  // There are no ISAKMP SAs
  [/^(?:There are no|No) .{0,20}SAs?.{0,20}$/i, known],
  // 192.0.2.1       198.51.100.2    QM_IDLE          29609 ACTIVE
  // 192.0.2.1       198.51.100.2    MM_NO_STATE          0 ACTIVE (deleted)
  // 192.0.2.1       198.51.100.2    QM_IDLE              1    0 ACTIVE                          with slot
  [
    /^(?<dst>\S{1,60})\s+(?<src>\S{1,60})\s+(?<state>[A-Z][A-Z0-9_]{1,30})\s+(?<id>\d{1,10})(?:\s+(?<slot>\d{1,4}))?(?:\s+(?<status>[A-Z]{2,20}))?(?:\s+\((?<deleted>deleted)\))?$/,
    readShortRow,
  ],
  // 29609 192.0.2.1       198.51.100.2     RED      ACTIVE aes  sha    psk  16 00:01:47 D
  // 1005  192.0.2.1       198.51.100.2              ACTIVE 3des sha    psk  2  0        D    (deleted)
  // 0     192.0.2.1       198.51.100.2              ACTIVE                  0  0              (deleted)
  [/^(?<id>\d{1,10})\s+(?<local>\S{1,60})\s+(?<remote>\S{1,60})\s+(?<rest>\S.{0,200})$/, readDetailRow],
  //        Engine-id:Conn-id =  SW:12609
  //        Engine-id:Conn-id =  ????
  //        Engine-id:Conn-id =  SW:4 (deleted)
  [/^Engine-id:Conn-id\s*=\s*(?:(?<engine>[^:]{1,60}):(?<id>\d{1,10})|\?{1,10})(?: +\((?<deleted>deleted)\))?$/, readEngine],
  //  dst: 2001:DB8::7                                                                           IPv6: a row over several lines
  //  src: 2001:DB8::3
  //  state: QM_IDLE         conn-id:   1001 slot:    0 status: ACTIVE
  //  conn-id:   1001  I-VRF:         Status: ACTIVE Encr: des  Hash: sha  Auth:
  //  psk
  //  DH: 1  Lifetime: 23:45:00  Cap: D    Engine-id:Conn-id =  SW:1
  [/^(?:dst|src|state|conn-id|DH) ?:/, readPairs],
  [
    /^(?<authentication>[a-z]{2,10})$/,
    ({ authentication }, at) => {
      // `Auth:` may have come before any row, in an output that was cut.
      const row = at.rows.at(-1);
      if (!at.awaitsAuthentication || row === undefined) return false;
      row.authentication = authentication!;
      at.awaitsAuthentication = false;
      return undefined;
    },
  ],
];

function newRow(line: Line): Building {
  return {
    line: line.number,
    dst: null,
    src: null,
    local: null,
    remote: null,
    state: null,
    connectionId: 0,
    slot: null,
    status: null,
    deleted: false,
    vrf: null,
    encryption: null,
    hash: null,
    authentication: null,
    dhGroup: null,
    lifetimeSeconds: null,
    capabilities: null,
    engine: null,
    engineConnectionId: null,
  };
}

function readShortRow({ dst, src, state, id, slot, status, deleted }: Groups, at: Place, line: Line): false | undefined {
  const row = newRow(line);
  row.dst = shownAddress(dst!);
  row.src = shownAddress(src!);
  if (row.dst === null || row.src === null) return false;
  row.state = state!;
  row.connectionId = Number(id);
  row.slot = count(slot);
  row.status = status ?? null;
  row.deleted = deleted !== undefined;
  at.rows.push(row);
  return undefined;
}

const STATUS = /^(?:ACTIVE|STDBY|STANDBY|UP|DOWN)$/;

/** The columns have no fixed places, and those before DH are empty until something is agreed: read by what they look like. */
function readDetailRow({ id, local, remote, rest }: Groups, at: Place, line: Line): false | undefined {
  const row = newRow(line);
  row.local = shownAddress(local!);
  row.remote = shownAddress(remote!);
  if (row.local === null || row.remote === null) return false;
  row.connectionId = Number(id);
  const words = rest!.trim().split(/\s+/);
  if (words.at(-1) === '(deleted)') {
    row.deleted = true;
    words.pop();
  }
  // A VRF may be called ACTIVE.
  if (!STATUS.test(words[0] ?? '') || STATUS.test(words[1] ?? '')) row.vrf = words.shift() ?? null;
  row.status = words.shift() ?? null;
  if (row.status === null || !STATUS.test(row.status) || !readAgreed(words, row)) return false;
  at.rows.push(row);
  return undefined;
}

/** `aes sha psk 16 00:01:47 D`: what is agreed, left of DH and lifetime; capabilities right of them. */
function readAgreed(words: string[], row: Building): boolean {
  row.capabilities = /^[A-Z]{1,12}$/.test(words.at(-1) ?? '') ? words.pop()! : '';
  if (words.length === 0) return true;
  const seconds = lifetime(words.pop()!);
  const group = words.pop() ?? '';
  if (seconds === null || !/^\d{1,3}$/.test(group)) return false;
  row.lifetimeSeconds = seconds;
  row.dhGroup = Number(group);
  // aes 256 sha psk
  const bits = /^(?:128|192|256)$/.test(words[1] ?? '') ? ` ${words.splice(1, 1)[0]}` : '';
  const [encryption, hash, authentication, ...more] = words;
  row.encryption = encryption === undefined ? null : encryption + bits;
  row.hash = hash ?? null;
  row.authentication = authentication ?? null;
  return more.length === 0;
}

const lifetime = (text: string): number | null => (/^\d{1,9}$/.test(text) ? Number(text) : ageSeconds(text));

function readEngine({ engine, id, deleted }: Groups, at: Place): false | undefined {
  const row = at.rows.at(-1);
  if (row === undefined) return false;
  if (deleted !== undefined) row.deleted = true;
  row.engine = engine?.trim() ?? null;
  row.engineConnectionId = count(id);
  return undefined;
}

const KEY = /(?:^|\s)(?<key>Engine-id:Conn-id|dst|src|state|conn-id|slot|status|I-VRF|Encr|Hash|Auth|DH|Lifetime|Cap) ?[:=]/gi;

/** False when any value of the line does not make sense. */
function readPairs(_: Groups, at: Place, line: Line): false | undefined {
  const keys = [...line.text.matchAll(KEY)];
  let whole = true;
  for (const [index, match] of keys.entries()) {
    const key = match.groups!['key']!.toLowerCase();
    const value = line.text.slice(match.index + match[0].length, keys[index + 1]?.index).trim();
    if (key === 'dst') at.rows.push(newRow(line));
    const row = at.rows.at(-1);
    at.awaitsAuthentication = key === 'auth' && value === '';
    if (row === undefined || (value !== '' && pairs[key]?.(row, value) !== true)) whole = false;
    else if (key === 'cap' && value === '') row.capabilities = '';
  }
  return whole ? undefined : false;
}

const DELETED = '(deleted)';

const text =
  (field: 'state' | 'status' | 'encryption' | 'hash' | 'authentication') =>
  (row: Building, value: string): boolean => {
    const deleted = value.endsWith(DELETED);
    const word = deleted ? value.slice(0, -DELETED.length).trimEnd() : value;
    if (!/^[\w-]{1,40}(?: (?:128|192|256))?$/.test(word)) return false;
    if (deleted) row.deleted = true;
    row[field] = word;
    return true;
  };
const whole =
  (field: 'connectionId' | 'slot' | 'dhGroup') =>
  (row: Building, value: string): boolean => {
    if (!/^\d{1,10}$/.test(value)) return false;
    row[field] = Number(value);
    return true;
  };
const end =
  (field: 'dst' | 'src') =>
  (row: Building, value: string): boolean => {
    row[field] = shownAddress(value);
    return row[field] !== null;
  };

const pairs: Readonly<Record<string, (row: Building, value: string) => boolean>> = {
  dst: end('dst'),
  src: end('src'),
  state: text('state'),
  'conn-id': whole('connectionId'),
  slot: whole('slot'),
  status: text('status'),
  'i-vrf': (row, value) => {
    if (!/^\S{1,80}$/.test(value)) return false;
    row.vrf = named(value);
    return true;
  },
  encr: text('encryption'),
  hash: text('hash'),
  auth: text('authentication'),
  dh: whole('dhGroup'),
  lifetime: (row, value) => {
    row.lifetimeSeconds = lifetime(value);
    return row.lifetimeSeconds !== null;
  },
  cap: (row, value) => {
    if (!/^[A-Z]{1,12}$/.test(value)) return false;
    row.capabilities = value;
    return true;
  },
  'engine-id:conn-id': (row, value) => {
    const [, engine, id] = /^([^:]{1,60}):(\d{1,10})$/.exec(value) ?? [];
    row.engine = engine ?? null;
    row.engineConnectionId = count(id);
    return engine !== undefined || /^\?{1,10}$/.test(value);
  },
};
