/** Writes a bundle made by hand (bundle-of.ts) to a folder, manifest and all, as agent/evidence/bundle.ts leaves one. For tests. */
import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { commandHead } from '../../agent/evidence/bundle-text.ts';
import type { BundleText } from '../../shared/bundle/bundle-text.ts';

export function writeBundleFolder(bundle: BundleText, folder: string): string {
  const files = new Map<string, string>();
  files.set('incident.json', bundle.incidentLines.join('\n'));
  files.set('device.log', `${bundle.log.join('\n')}\n`);
  files.set('journal.jsonl', `${bundle.journal.join('\n')}\n`);
  for (const { entry, file, text } of bundle.captures) if (file !== null) files.set(file, commandHead(entry) + text);
  const sorted = [...files].sort(([a], [b]) => (a < b ? -1 : 1));
  const manifest = sorted.map(([name, text]) => `${createHash('sha256').update(text).digest('hex')}  ${name}\n`).join('');
  for (const [name, text] of [...sorted, ['MANIFEST.sha256', manifest] as const]) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  return folder;
}
