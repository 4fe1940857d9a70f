/**
 * A bundle's folder as text, for the analysis: `spitrap report`, and the report that is sealed into each bundle. Verified first; a damaged one
 * is read as far as possible, and says so. Memory is bounded whatever is in the folder, which may have come by mail: what incident.json
 * names is never read from outside of it.
 */
import { basename, join, resolve } from 'node:path';
import type { BundleText, CapturedText } from '../../shared/bundle/bundle-text.ts';
import { type CaptureEntry, type IncidentFile, parseIncidentFile } from '../../shared/bundle/incident-file.ts';
import { asSpitrapError, SpitrapError } from '../../shared/errors.ts';
import { limits } from '../../shared/limits.ts';
import { quoted } from '../../shared/model/printable.ts';
import type { Disk } from '../ports.ts';
import { COMMANDS, DEVICE_LOG, expectAtMost, INCIDENT, JOURNAL } from './bundle-files.ts';
import { HEAD_END } from './bundle-text.ts';
import { readLogLines } from './read-log-lines.ts';
import { verifyBundle } from './verify.ts';

/** Rejects with INCIDENT_UNKNOWN where there is no bundle, BUNDLE_DAMAGED where incident.json cannot be read. */
export async function readBundle(folder: string, disk: Disk): Promise<BundleText> {
  await expectBundle(folder, disk);
  const { problems } = await verifyBundle(folder, disk);
  return await readBundleFiles(folder, disk, problems);
}

/** Without its manifest, which does not exist while the bundle is being sealed. */
export async function readBundleFiles(folder: string, disk: Disk, known: readonly string[] = []): Promise<BundleText> {
  const problems = [...known];
  const content = await readStart(join(folder, INCIDENT), limits.reportIncidentBytesMax, disk);
  const read = parseIncidentFile(content.text);
  if (content.cut || read.kind === 'unreadable') {
    const why = read.kind === 'unreadable' ? read.why : `it is larger than ${limits.reportIncidentBytesMax} bytes`;
    throw new SpitrapError('BUNDLE_DAMAGED', `the bundle in ${folder} cannot be read: ${why}`);
  }
  const { incident } = read;
  const tried = async <T>(what: string, nothing: T, work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      const { message } = asSpitrapError(error);
      if (!problems.some((problem) => problem.includes(what))) problems.push(`${what}: ${message}`);
      return nothing;
    }
  };
  const captures = await readCaptures(folder, incident.captures, disk, tried);
  const logFile = plainName(incident.log.file);
  if (incident.log.file !== null && logFile === null)
    problems.push(`log.file is no file of a bundle: ${quoted(incident.log.file)}`);
  const nothing = { lines: [], runs: [] };
  const log =
    logFile === null
      ? nothing
      : await tried(logFile, nothing, async () => {
          await expectAtMost(join(folder, logFile), limits.bundleFileBytesMax, disk);
          return await readLogLines(join(folder, logFile), incident, disk);
        });
  const lines = (name: string, path: string): Promise<string[]> =>
    tried(name, [], () => readJsonLines(path, disk, problems, name));
  return {
    name: basename(resolve(folder)),
    incident,
    incidentLines: content.text.split('\n'),
    captures,
    log: log.lines,
    logRuns: log.runs,
    journal: await lines(JOURNAL, join(folder, JOURNAL)),
    addenda: await lines('addendum.jsonl', `${folder.replace(/\/+$/, '')}.addendum.jsonl`),
    problems,
  };
}

/** What a person may have given instead: says what it is, and what would do. */
async function expectBundle(folder: string, disk: Disk): Promise<void> {
  if (await disk.stat(join(folder, INCIDENT))) return;
  const here = quoted(folder, 200);
  const unknown = (text: string): SpitrapError => new SpitrapError('INCIDENT_UNKNOWN', text);
  if (!(await disk.stat(folder))) throw unknown(`there is no ${here}: give a bundle's folder, or the id of an incident`);
  const names = await disk.list(folder).catch(() => null);
  if (names === null) throw unknown(`${here} is no folder: give the folder of a bundle, which has an ${INCIDENT}`);
  if (/\.open\/*$/.test(folder))
    throw unknown(`${here} is not sealed yet: its incident runs, or the agent ended in the middle of it`);
  if (names.includes('incidents')) throw unknown(`${here} is an agent's dataDir: the bundles are in its folder incidents/`);
  const bundle = names.find((name) => /^[0-9A-HJKMNP-TV-Z]{26}$/.test(name));
  if (bundle !== undefined) throw unknown(`${here} holds several bundles: give one of them, such as ${join(folder, bundle)}`);
  throw unknown(`no bundle in ${here}: it has no ${INCIDENT}`);
}

type Try = <T>(what: string, nothing: T, work: () => Promise<T>) => Promise<T>;

/** Small ones first, so that a whole table of 5,000 SAs does not cost the answers about one peer. */
async function readCaptures(folder: string, entries: readonly CaptureEntry[], disk: Disk, tried: Try): Promise<CapturedText[]> {
  let left = limits.reportCaptureBytesMax;
  // A link in its place would let incident.json name our own files.
  const isFolder = (await disk.stat(join(folder, COMMANDS)))?.folder === true;
  const texts = new Map<CaptureEntry, CapturedText>();
  for (const entry of [...entries].sort((a, b) => a.bytes - b.bytes)) {
    const { file } = entry;
    const nothing = { entry, file, text: '', firstLine: 1 };
    if (file === null) {
      texts.set(entry, nothing);
      continue;
    }
    const text = await tried(file, nothing, async () => {
      if (commandFile(file) === null || !isFolder) throw new SpitrapError('BUNDLE_DAMAGED', `it is no file of a bundle`);
      const read = await readStart(join(folder, file), left, disk);
      left -= read.bytes;
      return captured(entry, read);
    });
    texts.set(entry, text);
  }
  return entries.map((entry) => texts.get(entry)!);
}

/** A file that is not read to its end is a table that was cut off. */
function captured(entry: CaptureEntry, { text, cut }: Start): CapturedText {
  const end = text.indexOf(HEAD_END);
  const from = end === -1 || !text.startsWith('# ') ? 0 : end + HEAD_END.length;
  const detail = `only the beginning of its ${entry.bytes} bytes was read`;
  const shown = cut && entry.status === 'ok' ? { ...entry, status: 'too-long' as const, detail } : entry;
  return { entry: shown, file: entry.file, text: text.slice(from), firstLine: text.slice(0, from).split('\n').length };
}

interface Start {
  readonly text: string;
  readonly bytes: number;
  readonly cut: boolean;
}

async function readStart(path: string, bytesMax: number, disk: Disk): Promise<Start> {
  const file = await disk.open(path, 'read');
  try {
    const size = await file.size();
    const bytes = await file.read(0, Math.max(0, Math.min(size, bytesMax)));
    return { text: bytes.toString('utf8'), bytes: bytes.length, cut: size > bytesMax };
  } finally {
    await file.close().catch(() => {});
  }
}

async function readJsonLines(path: string, disk: Disk, problems: string[], name: string): Promise<string[]> {
  if (!(await disk.stat(path))) return [];
  const { text, cut } = await readStart(path, limits.reportJournalBytesMax, disk);
  const lines = text.split('\n');
  // The last one is torn, or empty.
  const rest = lines.pop();
  if (cut) problems.push(`${name} is larger than ${limits.reportJournalBytesMax} bytes: its end was not read`);
  else if (rest) lines.push(rest);
  return lines;
}

/** `commands/01-first-….txt`, and nothing else. */
const commandFile = (file: string): string | null => (new RegExp(`^${COMMANDS}/[\\w][\\w.-]{0,200}$`).test(file) ? file : null);

const plainName = (file: IncidentFile['log']['file']): string | null =>
  file === DEVICE_LOG || (file !== null && /^\w[\w.-]{0,100}$/.test(file)) ? file : null;
