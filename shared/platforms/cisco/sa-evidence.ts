/**
 * What the outputs of SAs, of IKE and of the data plane say to the diagnosis: the values of their parsers in the words of
 * ../../model/evidence.ts. Called by evidence.ts.
 */
import type { CryptoSession } from '../../model/crypto-session.ts';
import type { CaptureFacts, IkeSaRow } from '../../model/evidence.ts';
import { type Ikev2Sa, type IsakmpSa, ikev2IsUp, isakmpIsUp } from '../../model/ike.ts';
import type { QfpDrops, QfpIpsecDrop } from '../../model/qfp.ts';
import type { IpsecIdent } from '../../model/sa.ts';
import type { SpiTables } from '../../model/spi-tables.ts';
import { commandWords } from './command-words.ts';
import { includedAddress, isFiltered, peersOf } from './scope.ts';

type Facts = Partial<CaptureFacts>;

/** `read`: of the output; false when it has lines and nothing was read of them, which is no empty table: a refusal that nobody knows yet. */
export interface About {
  readonly command: string;
  readonly read: boolean;
}

/** A table that goes through a filter shows a part of each block. */
export function ipsecFacts(idents: readonly IpsecIdent[], { command, read }: About): Facts {
  return read && !isFiltered(command) ? { ipsec: { peers: peersOf(commandWords(command)), idents } } : {};
}

export function spiFacts({ active, transient }: SpiTables, { command, read }: About): Facts {
  return read && !isFiltered(command) && (active || transient) ? { spis: { active, transient } } : {};
}

/** A row stands in one line with both ends: a filter for an address limits the table to that peer. */
export function isakmpFacts(sas: readonly IsakmpSa[], { command, read }: About): Facts {
  const peer = includedAddress(command);
  if (!read || (isFiltered(command) && peer === null)) return {};
  return { ike: { version: 1, peers: peer === null ? null : [peer], sas: sas.map(isakmpRow) } };
}

function isakmpRow(sa: IsakmpSa): IkeSaRow {
  const isUp = isakmpIsUp(sa);
  return {
    line: sa.line,
    // The short table names who answered and who began: which of them is this device is told by its addresses (IkeSaRow).
    local: sa.local ?? sa.dst,
    remote: sa.remote ?? sa.src,
    state: sa.state ?? (isUp ? (sa.status ?? 'ACTIVE') : (sa.status ?? 'not negotiated')),
    established: isUp,
    deleted: sa.deleted,
    connectionId: String(sa.connectionId),
    ageSeconds: null,
    remainingSeconds: sa.lifetimeSeconds,
    dpdSeconds: null,
  };
}

export function ikev2Facts(sas: readonly Ikev2Sa[], { command, read }: About): Facts {
  if (!read || isFiltered(command)) return {};
  return { ike: { version: 2, peers: peersOf(commandWords(command)), sas: sas.map(ikev2Row) } };
}

function ikev2Row(sa: Ikev2Sa): IkeSaRow {
  const { lifetimeSeconds, activeSeconds } = sa;
  return {
    line: sa.line,
    local: sa.local,
    remote: sa.remote,
    state: sa.status,
    established: ikev2IsUp(sa),
    deleted: sa.status === 'DELETE',
    connectionId: String(sa.tunnelId),
    ageSeconds: activeSeconds,
    remainingSeconds: lifetimeSeconds === null || activeSeconds === null ? null : Math.max(0, lifetimeSeconds - activeSeconds),
    dpdSeconds: sa.dpdSeconds,
  };
}

/** IKE as sessions show it: what is left where the tables of IKE are missing. A session without any has no IKE SA of either version. */
export function sessionFacts(sessions: readonly CryptoSession[], { command, read }: About): Facts {
  const peers = peersOf(commandWords(command));
  if (!read || isFiltered(command) || sessions.length === 0) return {};
  const sas = sessions.flatMap(({ ikeSas }) => ikeSas);
  const isTwo = sas.some(({ version }) => version === 2);
  const rows = sas.filter(({ version }) => (version === 2) === isTwo);
  return {
    ike: {
      version: isTwo ? 2 : 1,
      peers,
      sas: rows.map(
        (sa): IkeSaRow => ({
          line: sa.line,
          local: sa.local,
          remote: sa.remote,
          state: sa.status ?? 'not shown',
          established: sa.status === 'Active',
          deleted: false,
          connectionId: sa.connectionId === null ? null : String(sa.connectionId),
          ageSeconds: null,
          remainingSeconds: sa.lifetimeSeconds,
          dpdSeconds: null,
        }),
      ),
    },
  };
}

export function qfpFacts({ drops }: QfpDrops): Facts {
  return { counters: Object.fromEntries(drops.map(({ name, packets }) => [name, packets])) };
}

export function qfpIpsecFacts(drops: readonly QfpIpsecDrop[]): Facts {
  return { counters: Object.fromEntries(drops.map(({ name, packets }) => [name, packets])) };
}
