/**
 * An incident's folder while it runs, `incidents/<id>.open/`, and its sealing into `incidents/<id>/` (layout: docs/bundle.md). Opened by
 * bundles.ts, fed by the coordinator's effects. Everything is redacted before it is written. A disk that fails while outputs are saved
 * costs the outcome its completeness, never the stop: only `seal` rejects, and may be called again.
 */
import { createHash } from 'node:crypto';
import { type CaptureEntry, INCIDENT_SCHEMA, type IncidentFacts, type IncidentFile } from '../../shared/bundle/incident-file.ts';
import type { Clock } from '../../shared/clock.ts';
import { asSpitrapError } from '../../shared/errors.ts';
import { limits } from '../../shared/limits.ts';
import type { CaptureRound, CommandResult } from '../../shared/model/capture.ts';
import type { IncidentId } from '../../shared/model/ulid.ts';
import type { Redact } from '../../shared/redact/redact.ts';
import { encodeRecord, type JournalRecord } from '../journal/record.ts';
import type { Logger } from '../log.ts';
import type { Disk, Reports } from '../ports.ts';
import {
  CAPTURES,
  COMMANDS,
  DEVICE_LOG,
  filesIn,
  INCIDENT,
  JOURNAL,
  MANIFEST,
  readPieces,
  redactDeep,
  redactDeepInTurns,
  sha256Of,
  writeDurably,
} from './bundle-files.ts';
import { type WindowSource, writeDeviceLog } from './bundle-log.ts';
import { writeReports } from './bundle-reports.ts';
import { commandFileName, commandHead, HEAD_END, separator } from './bundle-text.ts';
import { fileMoment } from './file-moment.ts';
import { isHarm } from './holes.ts';
import { countStopLines } from './stop-lines.ts';
import { momentNow, type Window } from './window.ts';

export interface BundleContext {
  readonly disk: Disk;
  readonly clock: Clock;
  readonly log: Logger;
  readonly redact: Redact;
  readonly redactionKey: 'shared' | 'random';
  /** Null: none is wanted, as of a test of the evidence path. */
  readonly reports: Reports | null;
}

export interface SavedOutput {
  readonly result: CommandResult;
  readonly round: CaptureRound;
  /** Whose scope the command had; null: the whole device's. */
  readonly peer: string | null;
  readonly session: string;
  readonly late: boolean;
}

export interface SealFacts {
  readonly incident: IncidentFacts;
  /** The window of device.log: from before the event to now. */
  readonly logWindow: Window;
  readonly ring: WindowSource | null;
  /** This incident's records, aliases included. */
  readonly journalRecords: readonly JournalRecord[];
}

export interface Sealed {
  readonly folder: string;
  readonly manifestSha256: string;
  readonly files: readonly string[];
  /** As written: the machine's outcome, and what this room had to add to it. */
  readonly outcome: IncidentFile['outcome'];
}

/** An output that did not get onto the disk: tried again at the seal. */
interface Unsaved {
  readonly entry: CaptureEntry;
  readonly text: string;
}

export interface BundleState {
  readonly id: IncidentId;
  readonly folder: string;
  readonly sealedFolder: string;
  /** From before a restart. */
  readonly captures: readonly CaptureEntry[];
  /** Renamed into place just before a crash, so that its coordinator never heard of it. */
  readonly alreadySealed: Sealed | null;
}

export class Bundle {
  readonly id: IncidentId;
  readonly #context: BundleContext;
  readonly #folder: string;
  readonly #sealedFolder: string;
  #captures: CaptureEntry[];
  #unsaved: Unsaved[] = [];
  #problems = new Set<string>();
  #nextNumber: number;
  #keptBytes: number;
  #listing: Promise<void> = Promise.resolve();
  #sealing: Promise<Sealed> | null = null;

  constructor({ id, folder, sealedFolder, captures, alreadySealed }: BundleState, context: BundleContext) {
    this.id = id;
    this.#folder = folder;
    this.#sealedFolder = sealedFolder;
    this.#context = context;
    this.#captures = [...captures];
    if (alreadySealed) this.#sealing = Promise.resolve(alreadySealed);
    this.#nextNumber = captures.reduce((most, entry) => Math.max(most, entry.number), 0) + 1;
    this.#keptBytes = captures.reduce((sum, entry) => sum + entry.bytes, 0);
  }

  get captures(): readonly CaptureEntry[] {
    return this.#captures;
  }

  /** Never rejects: an output that cannot be written is an entry without a file, and its reason. */
  async saveOutput(output: SavedOutput): Promise<CaptureEntry> {
    const { entry, text } = this.#describe(output);
    if (this.#sealing || entry.number > limits.bundleCommandsMax) {
      const why = this.#sealing ? 'came after the seal' : `more than ${limits.bundleCommandsMax} commands`;
      this.#context.log.warn({ incident: this.id, command: entry.command, why }, 'bundle: an output is not kept');
      return { ...entry, file: null, detail: why };
    }
    const index = this.#captures.push(entry) - 1;
    try {
      if (entry.file !== null) await this.#write(entry, text);
    } catch (error) {
      const { message } = asSpitrapError(error, 'DISK_FAILED');
      this.#unsaved.push({ entry, text });
      this.#captures[index] = { ...entry, file: null, detail: joined(entry.detail, `not saved: ${message}`) };
      this.#context.log.error(
        { incident: this.id, command: entry.command, error },
        'bundle: an output could not be saved; trying again at the seal',
      );
    }
    await this.#listed(this.#captures[index]!);
    return this.#captures[index]!;
  }

  /**
   * Writes the rest, syncs, renames into place. Rejects with DISK_FAILED, and may then be called again; once it has resolved, every
   * later call resolves to the same.
   */
  seal(facts: SealFacts): Promise<Sealed> {
    this.#sealing ??= this.#seal(facts).catch((error: unknown) => {
      this.#sealing = null;
      throw asSpitrapError(error, 'DISK_FAILED');
    });
    return this.#sealing;
  }

  #describe({ result, round, peer, session, late }: SavedOutput): { entry: CaptureEntry; text: string } {
    const { clock, redact } = this.#context;
    const output = redact(result.output);
    const detail = result.detail === null ? null : redact(result.detail).text;
    const room = Math.max(0, limits.captureBytesMax - this.#keptBytes);
    const { text, cutChars } = cutTo(output.text, room);
    const bytes = Buffer.byteLength(text);
    this.#keptBytes += bytes;
    const number = this.#nextNumber++;
    const entry: CaptureEntry = {
      number,
      command: redact(result.command).text,
      round,
      peer,
      session,
      status: result.status,
      detail:
        cutChars > 0
          ? joined(detail, `${cutChars} characters beyond the incident's limit of ${limits.captureBytesMax} bytes are not kept`)
          : detail,
      sent: sentMoment(result, clock.bootId),
      tookMs: result.tookMs,
      bytes,
      redacted: output.count,
      file:
        result.status === 'skipped'
          ? null
          : `${COMMANDS}/${commandFileName({ number, round, command: redact(result.command).text })}`,
      late,
    };
    return { entry, text };
  }

  async #write(entry: CaptureEntry, text: string): Promise<void> {
    await writeDurably(`${this.#folder}/${entry.file}`, [Buffer.from(commandHead(entry) + ended(text))], this.#context.disk);
  }

  /** One at a time, in order. After a crash this list says what the files are. */
  #listed(entry: CaptureEntry): Promise<void> {
    this.#listing = this.#listing.then(async () => {
      try {
        const file = await this.#context.disk.open(`${this.#folder}/${CAPTURES}`, 'append');
        try {
          await file.append(Buffer.from(`${JSON.stringify(entry)}\n`));
          await file.sync();
        } finally {
          await file.close().catch(() => {});
        }
      } catch (error) {
        this.#problems.add('capture-list-not-saved');
        this.#context.log.error({ incident: this.id, error }, 'bundle: the list of captures could not be saved');
      }
    });
    return this.#listing;
  }

  async #seal(facts: SealFacts): Promise<Sealed> {
    const { disk, clock, log, redact, redactionKey } = this.#context;
    await this.#listing;
    await this.#saveUnsaved();
    // Written anew: a list torn by a full disk would otherwise be sealed as it is.
    await writeDurably(
      `${this.#folder}/${CAPTURES}`,
      this.#captures.map((entry) => Buffer.from(`${JSON.stringify(entry)}\n`)),
      disk,
    );
    await writeDurably(`${this.#folder}/${facts.incident.role}.txt`, this.#allOutputs(), disk);
    const logPart = await writeDeviceLog(this.#folder, DEVICE_LOG, facts.logWindow, facts.ring, redact, disk);
    const kept = facts.journalRecords.slice(0, limits.bundleJournalRecordsMax);
    let journalValues = 0;
    // One by one: a storm has ten thousand of them, and each write ends a turn of the event loop.
    const records = function* (): Generator<Buffer> {
      for (const record of kept) {
        const clean = redactDeep(record, redact);
        journalValues += clean.count;
        yield encodeRecord(clean.value);
      }
    };
    await writeDurably(`${this.#folder}/${JOURNAL}`, records(), disk);
    const told = await redactDeepInTurns(facts.incident, redact, clock);
    const outcome = this.#judge(told.value, logPart);
    const values = told.count + journalValues + logPart.redacted + this.#captures.reduce((sum, entry) => sum + entry.redacted, 0);
    const file: IncidentFile = {
      schema: INCIDENT_SCHEMA,
      ...told.value,
      outcome,
      captures: [...this.#captures],
      log: logPart,
      atStop: await countStopLines(facts.ring, facts.incident),
      journalRecords: kept.length,
      journalRecordsNotKept: facts.journalRecords.length - kept.length,
      redaction: { key: redactionKey, values },
      reportProblem: null,
      sealed: fileMoment(momentNow(clock)),
    };
    const writeIncident = async (content: IncidentFile): Promise<void> => {
      await writeDurably(`${this.#folder}/${INCIDENT}`, [Buffer.from(`${JSON.stringify(content, null, 2)}\n`)], disk);
    };
    await writeIncident(file);
    // Last, of what is on the disk by now. The evidence does not wait for it longer than its limit, and is whole without it.
    const reportProblem = await writeReports(this.id, this.#folder, this.#context);
    if (reportProblem !== null) await writeIncident({ ...file, reportProblem });
    const { files, manifestSha256 } = await this.#writeManifest();
    await disk.rename(this.#folder, this.#sealedFolder);
    await disk.syncFolder(parentOf(this.#sealedFolder));
    log.info(
      { incident: this.id, folder: this.#sealedFolder, outcome: outcome.kind, reasons: outcome.reasons },
      'bundle: sealed',
    );
    return { folder: this.#sealedFolder, manifestSha256, files, outcome };
  }

  async #saveUnsaved(): Promise<void> {
    const again = this.#unsaved;
    this.#unsaved = [];
    for (const { entry, text } of again) {
      const index = this.#captures.findIndex((known) => known.number === entry.number);
      try {
        await this.#write(entry, text);
        this.#captures[index] = entry;
      } catch (error) {
        this.#unsaved.push({ entry, text });
        this.#context.log.error({ incident: this.id, command: entry.command, error }, 'bundle: an output still cannot be saved');
      }
    }
  }

  /** Note A's disk0:hub.txt: every output, one after the other. */
  async *#allOutputs(): AsyncGenerator<Buffer> {
    for (const entry of this.#captures) {
      yield Buffer.from(separator(entry));
      if (entry.file === null) {
        yield Buffer.from('\n');
        continue;
      }
      let inHead = true;
      for await (const piece of readPieces(`${this.#folder}/${entry.file}`, this.#context.disk)) {
        // The head is under a piece's size: it ends in the first.
        const from = inHead ? piece.indexOf(HEAD_END) + HEAD_END.length : 0;
        inHead = false;
        yield piece.subarray(from);
      }
      yield Buffer.from('\n');
    }
  }

  /** What this room knows against `complete`: lines known to be lost, and holes that reach into the incident itself. */
  #judge({ outcome, opened }: IncidentFacts, logPart: IncidentFile['log']): IncidentFile['outcome'] {
    const reasons = new Set([...outcome.reasons, ...this.#problems]);
    if (this.#unsaved.length > 0) reasons.add(`outputs-not-saved:${this.#unsaved.length}`);
    if (logPart.problems.length > 0) reasons.add('device-log-unreadable');
    if (logPart.skippedBytes > 0) reasons.add(`device-log-cut:${logPart.skippedBytes}`);
    for (const hole of logPart.holes) {
      const endedAt = hole.to === null ? null : Date.parse(hole.to.at);
      if (isHarm(hole, endedAt, Date.parse(opened.at))) reasons.add(`device-log-hole:${hole.reason}`);
    }
    const isWorse =
      reasons.size > outcome.reasons.length && (outcome.kind === 'complete' || outcome.kind === 'complete-one-ended');
    return { kind: isWorse ? 'partial' : outcome.kind, reasons: [...reasons] };
  }

  /** `sha256sum -c MANIFEST.sha256` verifies it. */
  async #writeManifest(): Promise<{ files: string[]; manifestSha256: string }> {
    const { disk } = this.#context;
    const files = (await filesIn(this.#folder, disk)).filter((name) => name !== MANIFEST);
    const lines: string[] = [];
    for (const name of files) lines.push(`${await sha256Of(`${this.#folder}/${name}`, disk)}  ${name}\n`);
    const content = Buffer.from(lines.join(''));
    await writeDurably(`${this.#folder}/${MANIFEST}`, [content], disk);
    await disk.syncFolder(`${this.#folder}/${COMMANDS}`);
    await disk.syncFolder(this.#folder);
    return { files: [...files, MANIFEST], manifestSha256: createHash('sha256').update(content).digest('hex') };
  }
}

const parentOf = (path: string): string => path.slice(0, path.lastIndexOf('/'));
const sentMoment = ({ sentAt, sentAtWall }: CommandResult, bootId: string): CaptureEntry['sent'] =>
  sentAt === null || sentAtWall === null ? null : fileMoment({ wall: sentAtWall, monotonic: sentAt, bootId });
const joined = (detail: string | null, more: string): string => (detail === null ? more : `${detail}; ${more}`);
const ended = (text: string): string => (text === '' || text.endsWith('\n') ? text : `${text}\n`);

function cutTo(text: string, bytesMax: number): { text: string; cutChars: number } {
  if (Buffer.byteLength(text) <= bytesMax) return { text, cutChars: 0 };
  const bytes = Buffer.from(text).subarray(0, bytesMax);
  // Never inside a character: the last, broken one is given up.
  const kept = bytes.toString('utf8').replace(/\ufffd+$/, '');
  return { text: kept, cutChars: text.length - kept.length };
}
