/** Rules between a source and the rest of the configuration, for the sources that came after syslog. Run by rules.ts. */
import { rangeContains } from '../../shared/model/address.ts';
import { formatDuration } from '../../shared/model/time.ts';
import type { FaultPath } from './faults.ts';
import { type Findings, hostRange, type Parts } from './rules.ts';
import type { SpelledSource } from './schema.ts';

type Of<Kind extends SpelledSource['kind']> = Extract<SpelledSource, { readonly kind: Kind }>;

export function sourcesFit(parts: Parts, findings: Findings): void {
  (parts.sources ?? []).forEach((source, index) => {
    const path = ['sources', index];
    switch (source?.kind) {
      case 'syslog-tls':
        tlsFits(source, path, parts, findings);
        return;
      case 'snmp-trap':
        trapFits(source, path, parts, findings);
        return;
      case 'eem-history':
        historyFits(source, path, parts, findings);
        return;
      case 'qfp-drops':
        if (parts.device !== undefined && parts.device.platform !== 'cisco-iosxe')
          findings.fault(
            [...path, 'kind'],
            `platform ${parts.device.platform} has no QFP; set device.platform: cisco-iosxe, or take it out`,
          );
        opensFits(source, index, parts, findings);
        return;
      case 'snmp-counter':
        opensFits(source, index, parts, findings);
        return;
      default:
    }
  });
}

function tlsFits({ clients, clientCa }: Of<'syslog-tls'>, path: FaultPath, { device }: Parts, { fault }: Findings): void {
  const named = clients?.find(({ kind }) => kind === 'name');
  if (named !== undefined && clientCa === null)
    fault(
      [...path, 'clients'],
      `${named.value} is a name, which anybody can write into a certificate; give clientCa, or the fingerprint "SHA256:…"`,
    );
  if (device === undefined) return;
  const ours = device.match === null ? [hostRange(device.address)] : device.match.map(({ range }) => range);
  for (const { as } of clients ?? [])
    if (as !== null && !ours.some((range) => rangeContains(range, as)))
      fault([...path, 'clients'], `${as} is not in device.match, so no line could be this device's`);
}

function trapFits({ snmp, opens }: Of<'snmp-trap'>, path: FaultPath, { signal, role }: Parts, { fault, warn }: Findings): void {
  if (opens.length === 0) return;
  if (snmp.version !== 3 && signal.allowInsecure !== true)
    fault(
      [...path, 'opens'],
      'anyone who knows the community and can spoof UDP could open incidents with it; use version 3, or set signal.allowInsecure: true',
    );
  if (role === 'spoke') warn(`${path[0]}[${path[1]}].opens does nothing at a spoke, which acts on its hub's signal`);
}

function opensFits({ opens }: { readonly opens: boolean }, index: number, { role }: Parts, { warn }: Findings): void {
  if (opens && role === 'spoke') warn(`sources[${index}].opens does nothing at a spoke, which acts on its hub's signal`);
}

function historyFits(source: Of<'eem-history'>, path: FaultPath, { peers, signal, role }: Parts, { fault }: Findings): void {
  if (role === 'hub') fault([...path, 'kind'], 'a hub takes no stop, so there is none to recover; take it out');
  const peer = peers?.find((known) => known?.name === source.peer);
  if (peers !== undefined && !peers.includes(undefined) && peer === undefined)
    fault([...path, 'peer'], 'no peer has this name; give the name of an eem peer');
  else if (peer !== undefined && peer.kind !== 'eem')
    fault([...path, 'peer'], 'an agent, whose signals are repeated until they arrive; only an eem peer has a history to read');
  // A trap that did arrive is known for so long.
  if (signal.eemWindow !== undefined && source.every * 2 > signal.eemWindow)
    fault(
      [...path, 'every'],
      `every is at most half of signal.eemWindow (${formatDuration(signal.eemWindow)}): a stop that arrived would count again`,
    );
}
