/**
 * What outputs and log of a Linux gateway say to the diagnosis: the parsers' values in the words of shared/model/evidence.ts. Called by
 * shared/analyze through `Platform.evidence`. charon's SAs are the table: with kernel-libipsec the kernel has none.
 */
import type { CaptureFacts, IkeTable, PlatformEvidence } from '../../model/evidence.ts';
import type { Line } from '../platform.ts';
import { readCharonLog } from './charon-log.ts';
import * as lines from './lines.ts';
import { identOf, parseIkeSas, type ViciIkeSa } from './list-sas.ts';
import { dataLines } from './output-lines.ts';
import { parseXfrmStat } from './xfrm.ts';

const noFacts: CaptureFacts = {
  ipsec: null,
  ike: null,
  spis: null,
  nhrp: null,
  configuration: null,
  uptime: null,
  counters: {},
  events: [],
  unread: [],
};

const readers: Readonly<Record<string, (output: string) => CaptureFacts>> = {
  [lines.LIST_SAS]: sasOf,
  [lines.XFRM_STAT]: (output) => {
    const { value, unread } = parseXfrmStat(output);
    return { ...noFacts, counters: value, unread };
  },
  [lines.UPTIME]: uptimeOf,
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
        connectionId: sa.name,
        ageSeconds: sa.establishedSeconds,
        remainingSeconds: sa.rekeySeconds,
        dpdSeconds: null,
      })),
  };
}

// 13421.77 52110.02           /proc/uptime: of the host; that of charon stands in `--stats`
const UPTIME = /^(?<seconds>\d{1,12})\.\d{1,3} \d{1,14}\.\d{1,3}$/;

function uptimeOf(output: string): CaptureFacts {
  const unread: Line[] = [];
  for (const line of dataLines(output)) {
    const found = UPTIME.exec(line.text)?.groups;
    if (found)
      return {
        ...noFacts,
        uptime: { line: line.number, seconds: Number(found['seconds']), resolutionSeconds: 1, reason: null },
        unread,
      };
    unread.push(line);
  }
  return { ...noFacts, unread };
}
