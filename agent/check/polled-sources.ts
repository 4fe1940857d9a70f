/** `spitrap check`, the sources that ask: one question each, as the agent would put it. Called by host.ts and, for what needs a login, by run-checks.ts. */
import { isSpitrapError } from '../../shared/errors.ts';
import type { CommandResult } from '../../shared/model/capture.ts';
import type { Wall } from '../../shared/model/time.ts';
import type { Platform } from '../../shared/platforms/platform.ts';
import type { Config, SourceConfig } from '../config/config.ts';
import { formatEndpoint } from '../config/fields.ts';
import type { World } from '../ports.ts';
import { readHistory } from '../sources/eem-history.ts';
import { readDropCounters } from '../sources/qfp-drops.ts';
import { readNoSaFails } from '../sources/snmp-counter.ts';
import { outOfTime } from '../sources/syslog-tls.ts';
import { type LoadedFiles, loadTlsFiles } from '../sources/tls-files.ts';
import { type Rows, told } from './row.ts';

type Of<Kind extends SourceConfig['kind']> = Extract<SourceConfig, { readonly kind: Kind }>;

/** A renewal that did not come is seen before it is too late. */
const CERTIFICATE_DAYS_LEFT = 14;
const DAY_MS = 86_400_000;

/** The listener itself is opened after it, which tells what no server could use. */
export async function checkCertificate({ name, files }: Of<'syslog-tls'>, world: World, rows: Rows): Promise<void> {
  let loaded: Awaited<ReturnType<typeof loadTlsFiles>>;
  try {
    loaded = await loadTlsFiles(`source ${name}`, files, world);
  } catch {
    return;
  }
  judgeCertificate(`${name} certificate`, loaded, world.clock.wall(), rows);
}

/** `then`: what comes of it when it is out of its time. */
export function judgeCertificate(title: string, loaded: LoadedFiles, now: Wall, rows: Rows, then?: string): void {
  const wrong = outOfTime(loaded, now, then);
  const daysLeft = Math.floor((loaded.validToMs - now) / DAY_MS);
  if (wrong !== null) rows.fail(title, wrong, 'renew it; the agent takes up the new one without a restart');
  else if (daysLeft < CERTIFICATE_DAYS_LEFT) rows.warn(title, `${loaded.words}: ${daysLeft} days left`, 'renew it');
  else rows.ok(title, loaded.words);
}

export async function checkCounter({ name, send, snmp }: Of<'snmp-counter'>, world: World, rows: Rows): Promise<void> {
  try {
    const reading = await readNoSaFails({ send, snmp }, world);
    if (reading === null)
      rows.fail(
        name,
        `${formatEndpoint(send)} answers, and has no cipSecGlobalNoSaFails`,
        'this device counts it nowhere, or the view of the user leaves it out: use qfp-drops, or a syslog source',
      );
    else rows.ok(name, `${formatEndpoint(send)}: cipSecGlobalNoSaFails is ${reading.fails}`);
  } catch (error) {
    rows.fail(name, told(error), remedy(error));
  }
}

export async function checkHistory({ name, send, snmp, peer }: Of<'eem-history'>, world: World, rows: Rows): Promise<void> {
  try {
    const { rows: found } = await readHistory({ send, snmp }, world);
    const roots = [...new Set(found.map(({ root }) => root))].join(' and ');
    if (found.length === 0)
      rows.warn(
        name,
        `${formatEndpoint(send)} answers, and its event-manager history is empty`,
        `nothing was signalled since its start, or ${peer} does not have CISCO-EMBEDDED-EVENT-MGR-MIB`,
      );
    else rows.ok(name, `${formatEndpoint(send)}: ${found.length} rows under root ${roots}`);
  } catch (error) {
    rows.fail(name, told(error), remedy(error));
  }
}

const remedy = (error: unknown): string | null =>
  isSpitrapError(error, 'SNMP_POLL_FAILED')
    ? 'snmpget from this host with the same values; the router’s view and ACL of SNMP'
    : null;

/** Over the login that `check` has. */
export async function checkDropCounters(
  config: Config,
  platform: Platform,
  ask: (command: string) => Promise<CommandResult>,
  rows: Rows,
): Promise<void> {
  for (const source of config.sources) {
    if (source.kind !== 'qfp-drops') continue;
    const lines = platform.dropCounters ?? [];
    if (lines.length === 0) {
      rows.fail(
        source.name,
        `platform ${platform.name} has no drop counters`,
        'set device.platform: cisco-iosxe, or take the source out',
      );
      continue;
    }
    const read = await readDropCounters({ platform, run: (_session, command) => ask(command) }, lines);
    if (read.kind === 'read')
      rows.ok(
        source.name,
        Object.entries(read.values)
          .map(([counter, packets]) => `${counter} ${packets}`)
          .join(', '),
      );
    else rows.fail(source.name, read.why, 'this router does not show them: use snmp-counter, or a syslog source');
  }
}
