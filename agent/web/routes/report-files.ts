/** GET /api/v1/incidents/:id/report.html, report.txt, verdict.json: as they stand in the sealed bundle, or of both ends, once the other's bundle was fetched. Text of devices is in them: the page of a report has its own policy, and no script. */
import { SpitrapError } from '../../../shared/errors.ts';
import { limits } from '../../../shared/limits.ts';
import { isIncidentId } from '../../../shared/model/ulid.ts';
import { REPORTS, readPieces } from '../../evidence/bundle-files.ts';
import { reportOfBothEnds } from '../../evidence/stored-incidents.ts';
import type { HttpReply } from '../../http-ports.ts';
import type { PageRequest, PageRoom, Route } from '../route.ts';

/** The report brings its style along, and a policy of its own that says the same. */
export const REPORT_POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox";

export const REPORT_TYPES = {
  html: 'text/html; charset=utf-8',
  text: 'text/plain; charset=utf-8',
  json: 'application/json; charset=utf-8',
} as const;

export const REPORT_ABOUT = {
  html: 'The report of its bundle, a page of its own.',
  text: 'The same in 80 columns.',
  json: 'The same for programs (report.md).',
} as const;

export type ReportForm = keyof typeof REPORTS;

export const reportFiles: readonly Route[] = (['html', 'text', 'json'] as const).map((form) => ({
  method: 'GET',
  path: `/api/v1/incidents/:id/${REPORTS[form]}`,
  access: 'read',
  about: REPORT_ABOUT[form],
  answer: (request, room) => reportFile(form, request, room),
}));

async function reportFile(form: ReportForm, { params }: PageRequest, { disk, stored }: PageRoom): Promise<HttpReply> {
  const id = params['id']!;
  const places = isIncidentId(id) ? [reportOfBothEnds(stored.folderOf(id), form), `${stored.folderOf(id)}/${REPORTS[form]}`] : [];
  let path: string | null = null;
  let look: Awaited<ReturnType<typeof disk.stat>> = null;
  for (const place of places) {
    look = await disk.stat(place);
    path = place;
    if (look !== null) break;
  }
  if (path === null || look === null || look.folder)
    throw new SpitrapError(
      'INCIDENT_UNKNOWN',
      `no report of ${id} here: it is not sealed yet, or its bundle has none (incident.json says why)`,
    );
  if (look.bytes > limits.pageReportBytesMax)
    throw new SpitrapError('DISK_FAILED', `the report has ${look.bytes} bytes, more than is served; it stands in the bundle`);
  return {
    status: 200,
    headers: { 'content-type': REPORT_TYPES[form], 'cache-control': 'no-store', 'content-security-policy': REPORT_POLICY },
    // In pieces: sixty readers that take their time must not cost sixty reports of memory.
    body: { bytes: look.bytes, parts: readPieces(path, disk) },
  };
}
