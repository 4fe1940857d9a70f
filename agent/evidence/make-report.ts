/**
 * What an end knows of its incident, as the three files that are sealed with it, or what both know together (docs/report.md). Runs in a thread of its own beside the
 * agent (report-worker.ts), in tests in the same one. Reads the folder that is about to be sealed, or two that are; writes nothing.
 */
import { diagnose } from '../../shared/analyze/diagnose.ts';
import { reportJson } from '../../shared/analyze/report/json.ts';
import { reportHtml } from '../../shared/analyze/report/page.ts';
import { reportText } from '../../shared/analyze/report/text.ts';
import type { BundleText } from '../../shared/bundle/bundle-text.ts';
import { platformNamed } from '../../shared/platforms/index.ts';
import type { Disk, ReportFiles } from '../ports.ts';
import { readBundle, readBundleFiles } from './read-bundle.ts';

/** Rejects with what reading the folder rejects with. `onRead`: from here on no file is open. */
export async function makeReport(folders: readonly string[], disk: Disk, onRead: () => void = () => {}): Promise<ReportFiles> {
  const bundles: BundleText[] = [];
  for (const folder of folders) {
    const read = await (folder.endsWith('.open') ? readBundleFiles : readBundle)(folder, disk);
    // By the time that anybody reads it the folder has its last name.
    bundles.push({ ...read, name: read.name.replace(/\.open$/, '') });
  }
  onRead();
  const diagnosis = diagnose(bundles, platformNamed);
  return {
    html: reportHtml(diagnosis, bundles),
    text: reportText(diagnosis, bundles),
    json: `${JSON.stringify(reportJson(diagnosis), null, 2)}\n`,
  };
}
