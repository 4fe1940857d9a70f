/** A case's bundles as folders, as sealed ones look (docs/bundle.md), for `spitrap report DIR DIR`. */
import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { commandHead } from '../../../agent/evidence/bundle-text.ts';
import type { BundleText } from '../../../shared/bundle/bundle-text.ts';

export function writeBundle(folder: string, bundle: BundleText): void {
  mkdirSync(join(folder, 'commands'), { recursive: true });
  const files: [string, string][] = [
    ['incident.json', `${JSON.stringify(bundle.incident, null, 2)}\n`],
    ['captures.jsonl', bundle.captures.map(({ entry }) => `${JSON.stringify(entry)}\n`).join('')],
    ['journal.jsonl', ''],
    [`${bundle.incident.role}.txt`, bundle.captures.map(({ text }) => `${text}\n`).join('\n')],
    ...(bundle.incident.log.file === null
      ? []
      : [['device.log', bundle.log.map((line) => `${line}\n`).join('')] as [string, string]]),
    ...bundle.captures.flatMap(({ entry, file, text }) =>
      file === null
        ? []
        : [[file, `${commandHead(entry)}${text === '' || text.endsWith('\n') ? text : `${text}\n`}`] as [string, string]],
    ),
  ];
  for (const [name, content] of files) writeFileSync(join(folder, name), content);
  const sums = files.map(([name, content]) => `${createHash('sha256').update(content).digest('hex')}  ${name}\n`).sort();
  writeFileSync(join(folder, 'MANIFEST.sha256'), sums.join(''));
}
