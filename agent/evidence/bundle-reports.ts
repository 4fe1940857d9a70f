/**
 * The reports of a bundle that is being sealed, last of all it holds: what this end knew. Called by bundle.ts when everything else is on the
 * disk. Bounded in time; a bundle without them is whole, and says why they are missing.
 */
import { asSpitrapError, SpitrapError } from '../../shared/errors.ts';
import { limits } from '../../shared/limits.ts';
import type { IncidentId } from '../../shared/model/ulid.ts';
import { bounded } from '../lifecycle.ts';
import type { BundleContext } from './bundle.ts';
import { REPORTS, writeDurably } from './bundle-files.ts';

/** Null: they are there, or none is wanted. Otherwise none of them is, and why. Never rejects. */
export async function writeReports(incident: IncidentId, folder: string, context: BundleContext): Promise<string | null> {
  const { disk, clock, log, reports, redact } = context;
  if (reports === null) return null;
  const abort = new AbortController();
  try {
    const making = reports.make([folder], abort.signal);
    // Heard here too: it rejects after its time was up.
    making.catch(() => {});
    const made = await bounded(making, limits.reportWithinMs, clock, 'report');
    if (!made.inTime) throw new SpitrapError('REPORT_FAILED', `not made within ${limits.reportWithinMs / 1_000} s`);
    for (const kind of ['html', 'text', 'json'] as const)
      await writeDurably(`${folder}/${REPORTS[kind]}`, [Buffer.from(made.value[kind])], disk);
    return null;
  } catch (error) {
    log.error({ incident, error }, 'bundle: sealed without its report');
    // A part of one would be taken for a whole one.
    for (const name of Object.values(REPORTS)) await disk.remove(`${folder}/${name}`).catch(() => {});
    return redact(asSpitrapError(error, 'REPORT_FAILED').message).text;
  } finally {
    abort.abort();
  }
}
