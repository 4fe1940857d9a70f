/** What the outputs of tunnels, versions, logs, traces and configurations say to the diagnosis: the values of their parsers in the words of ../../model/evidence.ts. Called by evidence.ts. */
import type { DeviceVersion } from '../../model/device-version.ts';
import type { EventTrace } from '../../model/event-trace.ts';
import type { CaptureFacts, CryptoConfiguration } from '../../model/evidence.ts';
import type { Dmvpn, NhrpCache } from '../../model/nhrp.ts';
import type { ShownLogging } from '../../model/shown-logging.ts';
import { readLogEvents } from './log-events/log-events.ts';
import { traceEvents } from './log-events/trace-events.ts';

type Facts = Partial<CaptureFacts>;

/** A legend alone is a table without rows; text without even that tells nothing. */
export function dmvpnFacts({ legend, tunnels }: Dmvpn): Facts {
  if (!legend && tunnels.length === 0) return {};
  return {
    nhrp: tunnels.flatMap(({ peers }) =>
      peers.map(({ line, nbma, tunnel, state }) => ({ line, nbma, tunnelAddress: tunnel, state })),
    ),
  };
}

/** `read` false: it has lines, and nothing was read of them. */
export const nhrpFacts = ({ entries, summary }: NhrpCache, { read }: { readonly read: boolean }): Facts =>
  summary !== null || !read
    ? {}
    : {
        nhrp: entries.map(({ line, nbma, via, target, type }) => ({
          line,
          nbma,
          tunnelAddress: via ?? target.replace(/\/\d+$/, ''),
          state: type,
        })),
      };

/** After a switchover the processor's own uptime is the one that counts. */
export function versionFacts({ uptime, processorUptime, reloadReason, returnedBy }: DeviceVersion): Facts {
  const shown = processorUptime ?? uptime;
  if (shown === null) return {};
  const { line, text, seconds, resolutionSeconds } = shown;
  return {
    uptime: {
      line,
      text: `${shown === uptime ? 'uptime' : 'processor'} is ${text}`,
      seconds,
      resolutionSeconds,
      reason: reloadReason ?? returnedBy,
    },
  };
}

export const configurationFacts = (configuration: CryptoConfiguration): Facts =>
  configuration.dpd === null && configuration.invalidSpiRecovery === null && configuration.peerings.length === 0
    ? {}
    : { configuration };

export const traceFacts = ({ entries }: EventTrace): Facts => ({ events: traceEvents(entries) });

/** The header's counters, and what the buffer's lines tell. */
export function loggingFacts({ counters, lines }: ShownLogging): Facts {
  // Lines that the header took away from the front stay blank, so that places in the output hold.
  const all: string[] = [];
  for (const { number, text } of lines) all[number - 1] = text;
  const events = readLogEvents(Array.from(all, (text) => text ?? ''));
  const counted = [
    ['log messages dropped', counters?.dropped],
    ['log messages rate-limited', counters?.rateLimited],
    ['log overruns', counters?.overruns],
  ].filter((pair): pair is [string, number] => typeof pair[1] === 'number');
  return { events, counters: Object.fromEntries(counted) };
}
