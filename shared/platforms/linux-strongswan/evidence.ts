/**
 * What outputs and log of a Linux gateway say to the diagnosis: the parsers' values in the words of shared/model/evidence.ts. Called by
 * shared/analyze through `Platform.evidence`. charon's SAs are the table: with kernel-libipsec the kernel has none.
 */
import {
  type CaptureFacts,
  type CryptoConfiguration,
  type IkeTable,
  noFacts,
  type PlatformEvidence,
} from '../../model/evidence.ts';
import { readCharonLog } from './charon-log.ts';
import * as lines from './lines.ts';
import { parseConnections } from './list-conns.ts';
import { identOf, parseIkeSas, type ViciIkeSa } from './list-sas.ts';
import { dataLines } from './output-lines.ts';
import { parseXfrmStat } from './xfrm.ts';

const readers: Readonly<Record<string, (output: string) => CaptureFacts>> = {
  [lines.LIST_SAS]: sasOf,
  [lines.XFRM_STAT]: (output) => {
    const { value, unread } = parseXfrmStat(output);
    return { ...noFacts, counters: value, unread };
  },
  [lines.STATS]: uptimeOf,
  [lines.LIST_CONNS]: connectionsOf,
};

export const evidence: PlatformEvidence = {
  capture: (command, output) => (Object.hasOwn(readers, command) ? readers[command]!(output) : null),
  log: readCharonLog,
};

/** An answer that is not whole is no empty table: an SA that is missing in it may be there. */
function sasOf(output: string): CaptureFacts {
  const { value: sas, unread } = parseIkeSas(output);
  if (sas === null) return { ...noFacts, unread };
  const idents = sas.flatMap((sa) => sa.children.map((child) => identOf(sa, child)));
  return { ...noFacts, ipsec: { peers: null, idents }, ike: ikeTable(sas), unread };
}

/** A table is of one version: where both are in use, that of the first SA. */
function ikeTable(sas: readonly ViciIkeSa[]): IkeTable {
  const version = sas.find((sa) => sa.version !== null)?.version ?? 2;
  return {
    version,
    peers: null,
    sas: sas
      .filter((sa) => sa.version === version)
      .map((sa) => ({
        line: sa.line,
        local: sa.local,
        remote: sa.remote,
        state: sa.state ?? '',
        established: sa.state === 'ESTABLISHED' || sa.state === 'REKEYED',
        deleted: sa.state === 'DELETING',
        connectionId: sa.uniqueId,
        ageSeconds: sa.establishedSeconds,
        remainingSeconds: sa.rekeySeconds,
        dpdSeconds: null,
      })),
  };
}

// uptime: 3 minutes, since Nov 22 08:31:42 2026           `--stats`: of charon, whose restart is what takes its SAs away
const UPTIME = /^uptime: (?<count>\d{1,9}) (?<unit>second|minute|hour|day)s?, since /;
const UNIT_SECONDS: Readonly<Record<string, number>> = { second: 1, minute: 60, hour: 3_600, day: 86_400 };

function uptimeOf(output: string): CaptureFacts {
  for (const line of dataLines(output)) {
    const found = UPTIME.exec(line.text)?.groups;
    if (!found) continue;
    const unit = UNIT_SECONDS[found['unit']!]!;
    return {
      ...noFacts,
      uptime: {
        line: line.number,
        text: line.text.slice(0, line.text.indexOf(',')),
        seconds: Number(found['count']) * unit,
        resolutionSeconds: unit,
        reason: null,
      },
    };
  }
  return { ...noFacts, unread: dataLines(output).slice(0, 1) };
}

/** DPD is known where every connection says the same of it. */
function connectionsOf(output: string): CaptureFacts {
  const { value: connections, unread } = parseConnections(output);
  const [first] = connections;
  const isOne = first !== undefined && connections.every(({ dpdSeconds }) => dpdSeconds === first.dpdSeconds);
  const configuration: CryptoConfiguration = {
    dpd: !isOne
      ? null
      : first.dpdSeconds === 0
        ? { mode: 'none', intervalSeconds: null, line: first.line }
        : { mode: 'periodic', intervalSeconds: first.dpdSeconds, line: first.line },
    invalidSpiRecovery: null,
    lifetimeSeconds: null,
    lifetimeKilobytes: null,
    peerings: connections.map(({ line, name, version, remotes }) => ({
      kind: 'swanctl connection',
      where: name,
      peers: remotes,
      recovery: 'not applicable',
      lifetimeSeconds: null,
      lifetimeKilobytes: null,
      ike: version,
      line,
    })),
  };
  return { ...noFacts, configuration: connections.length === 0 ? null : configuration, unread };
}
