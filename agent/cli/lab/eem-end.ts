/**
 * The end that has no agent: its box gets Note A's applet and SNMP lines, and a socket for its SNMP; the other end's agent is its peer.
 * What it kept is a file on its disk0, which is put beside the bundles. Called by stage.ts and run.ts.
 */
import { SpitrapError } from '../../../shared/errors.ts';
import type { DurationMs } from '../../../shared/model/time.ts';
import type { Box } from '../../lab/contract.ts';
import { noteAHub, noteASpoke } from '../../lab/eem/note-a.ts';
import { type BoxSnmpSocket, openBoxSnmp } from '../../lab/snmp/udp.ts';
import type { Datagrams, Endpoint } from '../../ports.ts';
import type { End } from './relay.ts';

export interface EemEndOptions {
  readonly end: End;
  readonly box: Box;
  readonly datagrams: Datagrams;
  /** The box's own address. */
  readonly address: string;
  /** The other end, as the box's configuration names it, and where its agent really is. */
  readonly peer: { readonly cryptoAddress: string; readonly agent: Endpoint };
  readonly delayMs: DurationMs;
}

/** Rejects with LISTEN_REFUSED, or LAB_FAILED when the box does not take the note's lines. */
export async function openEemEnd({ end, box, datagrams, address, peer, delayMs }: EemEndOptions): Promise<BoxSnmpSocket> {
  // The action counts in whole seconds.
  const waitSeconds = Math.max(1, Math.ceil(delayMs / 1_000));
  const lines = end === 'hub' ? noteAHub({ peer: peer.cryptoAddress, waitSeconds }) : noteASpoke({ peer: peer.cryptoAddress });
  const refused = box.configure(lines);
  if (refused.length > 0)
    throw new SpitrapError('LAB_FAILED', `the simulated ${end} did not take Note A's lines: ${refused.join(' / ')}`);
  const routes = () => [{ host: peer.cryptoAddress, at: peer.agent }];
  return openBoxSnmp({ box, datagrams, bind: { address, port: 0 }, routes });
}

/** The file that `command_hub` appends to; `spoke_app` keeps nothing. */
const DISK0_FILE = 'hub.txt';

export interface Disk0Evidence {
  readonly name: string;
  readonly text: string;
  /** Commands of the applet whose output was appended to the file. */
  readonly captured: readonly string[];
}

export function disk0Evidence(box: Box): Disk0Evidence | null {
  const text = box.readFile(`disk0:${DISK0_FILE}`);
  if (text === null) return null;
  const captured = box.commandLog.flatMap(({ expanded }) => /^(show .*?) \| append /.exec(expanded)?.[1] ?? []);
  return { name: DISK0_FILE, text, captured: [...new Set(captured)] };
}
