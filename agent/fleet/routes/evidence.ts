/**
 * GET /api/v1/incidents/:id/report.html, report.txt, verdict.json and /ends/:end/bundle.tar.gz: evidence of the object store. Text of devices
 * is in it: the page of a report has its own policy, and no script, as that of an agent (agent/web/routes/report-files.ts).
 */
import { SpitrapError } from '../../../shared/errors.ts';
import { limits } from '../../../shared/limits.ts';
import { REPORTS, readPieces } from '../../evidence/bundle-files.ts';
import type { HttpReply } from '../../http-ports.ts';
import { REPORT_ABOUT, REPORT_POLICY, REPORT_TYPES, type ReportForm } from '../../web/routes/report-files.ts';
import type { FleetRoom, FleetRoute } from '../fleet-room.ts';
import { incidentOf } from './incidents.ts';

export const reports: readonly FleetRoute[] = (['html', 'text', 'json'] as const).map((form) => ({
  method: 'GET',
  path: `/api/v1/incidents/:id/${REPORTS[form]}`,
  access: 'read',
  about: REPORT_ABOUT[form],
  answer: ({ params }, room) => report(params['id']!, form, room),
}));

export const bundle: FleetRoute = {
  method: 'GET',
  path: '/api/v1/incidents/:id/ends/:end/bundle.tar.gz',
  access: 'read',
  about: 'The bundle of one end, a gzipped tar; `end` is the `key` of the incident’s end.',
  answer: async ({ params }, room) => {
    const { name, bytes, chunks } = await room.desk.bundle(incidentOf(params['id']!, room), params['end']!);
    return {
      status: 200,
      headers: {
        'content-type': 'application/gzip',
        'cache-control': 'no-store',
        'content-disposition': `attachment; filename="${name}"`,
      },
      body: { bytes, parts: chunks },
    };
  },
};

async function report(id: string, form: ReportForm, room: FleetRoom): Promise<HttpReply> {
  const { files } = await room.desk.report(incidentOf(id, room));
  const look = await room.disk.stat(files[form]);
  if (look === null || look.bytes > limits.pageReportBytesMax)
    throw new SpitrapError('REPORT_FAILED', 'the report is not there any more, or larger than what is served; ask again');
  return {
    status: 200,
    headers: { 'content-type': REPORT_TYPES[form], 'cache-control': 'no-store', 'content-security-policy': REPORT_POLICY },
    body: { bytes: look.bytes, parts: readPieces(files[form], room.disk) },
  };
}
