/**
 * Source `file`: a log file that rsyslog or syslog-ng on this host writes, read as it grows. Follows rotation by rename (the old file is
 * read to its end, and for a while beside the new one) and by copytruncate. A file that is absent, unreadable or no file keeps nothing
 * from starting: the source says so and looks again. What stood in the file at open is backlog (pair-protocol.md, "What counts as the event").
 */
import { basename, dirname } from 'node:path';
import type { Timer } from '../../shared/clock.ts';
import { asSpitrapError } from '../../shared/errors.ts';
import { limits } from '../../shared/limits.ts';
import type { GapEdge } from '../../shared/model/observation.ts';
import { elapsedMs, type Monotonic } from '../../shared/model/time.ts';
import type { SourceConfig } from '../config/config.ts';
import { type KeptPositions, loadPositions, savePositions } from './file-position.ts';
import { type FilePosition, FollowedFile, type FollowedSink } from './followed-file.ts';
import { fileUnreadable } from './log-files.ts';
import type { Closable, SourceContext, SourceKind } from './source.ts';

export type FileConfig = Extract<SourceConfig, { kind: 'file' }>;

/** A look costs two system calls; the message's 18 s do not feel it. */
const POLL_MS = 200;
/** rsyslog writes whole lines but for a full buffer, whose rest comes with its next flush, a second later. */
const LINE_END_WAIT_MS = 2_000;
/** What a writer that still has a renamed file open may take to let go of it: logrotate's postrotate comes at once. */
const ROTATED_QUIET_MS = 60_000;
/** What could not be read for longer is a replay, not news. As long as a line may lag behind the device's clock. */
const UNREADABLE_MS = 60_000;
const SAVE_EVERY_MS = 5_000;
const LINKS_GONE = 0;

export const fileTail: SourceKind<FileConfig> = {
  kind: 'file',
  /** Never rejects. */
  async open(name, config, context) {
    return new FileTail(name, config, context);
  },
};

interface Followed {
  readonly file: FollowedFile;
  grewAt: Monotonic;
  behindBytes: number;
}

class FileTail implements Closable {
  readonly #name: string;
  readonly #config: FileConfig;
  readonly #context: SourceContext<unknown>;
  /** Oldest first: renamed or deleted ones, whose writer may not have let go of them. */
  #older: Followed[] = [];
  /** What the path names, or named when it was last seen. */
  #current: Followed | null = null;
  #timer: Timer | null = null;
  #polling: Promise<void>;
  #closed = false;
  #started = false;
  /** Since when the path cannot be followed. */
  #troubleSince: Monotonic | null = null;
  #said = '';
  #behindSaid = 0;
  #lastLook: GapEdge;
  #savedAt: Monotonic;
  #saved = '';
  #saveFailed = false;
  #saving: Promise<void> | null = null;

  constructor(name: string, config: FileConfig, context: SourceContext<unknown>) {
    this.#name = name;
    this.#config = config;
    this.#context = context;
    this.#lastLook = this.#now();
    this.#savedAt = this.#lastLook.monotonic;
    this.#polling = this.#poll();
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#timer?.cancel();
    await this.#polling;
    await this.#saving;
    await this.#save();
    for (const { file } of this.#all()) await file.close().catch(() => {});
    this.#older = [];
    this.#current = null;
    this.#tell('closed', this.#config.path);
  }

  async #poll(): Promise<void> {
    let more = false;
    try {
      if (!this.#started) await this.#start();
      more = await this.#follow();
      // What is not read yet stays in the file.
      await this.#context.whenRoom?.();
    } catch (error) {
      this.#trouble(asSpitrapError(error).message);
    }
    this.#tellLag();
    this.#lastLook = this.#now();
    this.#saveSoon();
    if (this.#closed) return;
    this.#timer = this.#context.world.clock.timer('file poll', more ? 0 : POLL_MS, () => {
      this.#polling = this.#poll();
    });
  }

  /** One look at the path, and one turn of reading, oldest file first. True when there is more to read at once. */
  async #follow(): Promise<boolean> {
    const { logFiles } = this.#context.world;
    const look = await logFiles.look(this.#config.path).catch(async (error: unknown) => {
      await this.#readAll();
      throw error;
    });
    const { more, failure } = await this.#readAll();
    const current = this.#current;
    if (look !== null && current?.file.identity !== look.identity) {
      // Order: what was written before the rotation comes first.
      if (more) return true;
      if (!look.regular) throw await this.#refusedAt(this.#config.path);
      await this.#followNew(failure === null ? current : await this.#giveUp(current, failure));
      return true;
    }
    if (failure !== null) throw failure;
    if (look === null) this.#absent();
    else this.#well();
    return more;
  }

  /** A file that is read no more: a network file system forgot it, or its disk fails. */
  async #giveUp(followed: Followed | null, failure: unknown): Promise<null> {
    if (followed === null) return null;
    if (followed === this.#current) this.#current = null;
    this.#older = this.#older.filter((other) => other !== followed);
    this.#gap('file-gone', `the rest of a file that was rotated is not read: ${asSpitrapError(failure).message}`, null);
    await followed.file.close().catch(() => {});
    return null;
  }

  /** What the system says of what is no file. */
  async #refusedAt(path: string): Promise<unknown> {
    try {
      await (await this.#context.world.logFiles.open(path)).close();
      return fileUnreadable('follow', path, 'ENOTREG');
    } catch (error) {
      return error;
    }
  }

  /** What the path names is another file than before. */
  async #followNew(before: Followed | null): Promise<void> {
    const { clock, logFiles } = this.#context.world;
    const opened = new FollowedFile(await logFiles.open(this.#config.path), this.#sink());
    try {
      const unreadableMs = this.#troubleSince === null ? 0 : elapsedMs(this.#troubleSince, clock.monotonic());
      if (unreadableMs > UNREADABLE_MS) await opened.beginWithBacklog();
      else if (before !== null) await opened.beginAfter(before.file.head);
    } catch (error) {
      await opened.close().catch(() => {});
      throw error;
    }
    if (before !== null) await this.#retire(before);
    this.#current = { file: opened, grewAt: clock.monotonic(), behindBytes: 0 };
    this.#well();
  }

  async #retire(followed: Followed): Promise<void> {
    followed.grewAt = this.#context.world.clock.monotonic();
    this.#older.push(followed);
    while (this.#older.length > limits.fileRotatedMax) await this.#leave(this.#older[0]!);
  }

  async #leave(followed: Followed): Promise<void> {
    this.#older = this.#older.filter((other) => other !== followed);
    if (followed.file.pendingBytes > 0) followed.file.endLine();
    if (followed.behindBytes > 0)
      this.#gap(
        'file-skipped',
        `a file renamed ${limits.fileRotatedMax} times over was not read to its end`,
        followed.behindBytes,
      );
    await followed.file.close().catch(() => {});
  }

  /** `more`: a file has more than one turn's bytes. `failure`: of the file that the path named. */
  async #readAll(): Promise<{ readonly more: boolean; readonly failure: unknown }> {
    let left: number = limits.fileTurnBytes;
    for (const followed of this.#all()) {
      const { offset } = followed.file;
      try {
        // A new file's lines wait for the end of the old one's.
        if (await this.#readOne(followed, Math.max(left, limits.fileReadBytes))) return { more: true, failure: null };
      } catch (failure) {
        if (followed === this.#current) return { more: false, failure };
        await this.#giveUp(followed, failure);
      }
      left -= Math.max(0, followed.file.offset - offset);
    }
    return { more: false, failure: null };
  }

  /** True when there is more to read of it. */
  async #readOne(followed: Followed, bytesMax: number): Promise<boolean> {
    const advance = await followed.file.advance(bytesMax);
    const now = this.#context.world.clock.monotonic();
    followed.behindBytes = advance.behindBytes;
    if (advance.grew) followed.grewAt = now;
    if (advance.behindBytes > 0) return true;
    const quietMs = elapsedMs(followed.grewAt, now);
    if (quietMs >= LINE_END_WAIT_MS && followed.file.pendingBytes > 0) followed.file.endLine();
    if (quietMs < ROTATED_QUIET_MS) return false;
    if (followed !== this.#current) await this.#leave(followed);
    else if (advance.links === LINKS_GONE) await this.#letGo(followed);
    return false;
  }

  /** Deleted, and nobody writes to it any more: its disk space is given back. */
  async #letGo(followed: Followed): Promise<void> {
    this.#current = null;
    await followed.file.close().catch(() => {});
  }

  #all(): Followed[] {
    return this.#current === null ? [...this.#older] : [...this.#older, this.#current];
  }

  /** The first look: at what the agent's last run had read, and at what stands there now. Tried again until it is done. */
  async #start(): Promise<void> {
    const { logFiles, disk } = this.#context.world;
    try {
      const loaded = await loadPositions(this.#config.positionFile, disk);
      const look = await logFiles.look(this.#config.path);
      const { kept } = loaded;
      const isWhole = kept === null || (await this.#resume(kept, look?.identity ?? null));
      if (this.#current === null && look !== null) this.#current = await this.#openOld(look.regular);
      this.#started = true;
      if (!isWhole) this.#gap('file-gone', 'the file that was read before the agent ended is not there any more', null, kept.at);
    } catch (error) {
      for (const { file } of this.#all()) await file.close().catch(() => {});
      this.#older = [];
      this.#current = null;
      throw error;
    }
  }

  /** What stood there before us. */
  async #openOld(regular: boolean): Promise<Followed> {
    if (!regular) throw await this.#refusedAt(this.#config.path);
    const file = new FollowedFile(await this.#context.world.logFiles.open(this.#config.path), this.#sink());
    await file.beginWithBacklog();
    return { file, grewAt: this.#now().monotonic, behindBytes: 0 };
  }

  /** Each file that was read then, under whatever name it has now. False: not all of them can go on. */
  async #resume(kept: KeptPositions, identityAtPath: string | null): Promise<boolean> {
    const { logFiles, clock } = this.#context.world;
    const { path } = this.#config;
    let isWhole = true;
    for (const position of kept.files) {
      const name = position.identity === identityAtPath ? path : await this.#rotatedName(position.identity);
      if (name === null) {
        isWhole = false;
        continue;
      }
      const opened = await logFiles.open(name).catch((error: unknown) => {
        // The file under the path is tried again until it may be read; a rotated one is not waited for.
        if (name === path) throw error;
        return null;
      });
      const file = opened && new FollowedFile(opened, this.#sink());
      const followed = file && { file, grewAt: clock.monotonic(), behindBytes: 0 };
      if (followed === null || !(await this.#goesOn(followed.file, position))) isWhole = false;
      else if (name === path) this.#current = followed;
      else this.#older.push(followed);
    }
    return isWhole;
  }

  /** False, and closed: it is not the file that was read, or cannot be read any more. */
  async #goesOn(file: FollowedFile, position: FilePosition): Promise<boolean> {
    const goesOn = file.identity === position.identity && (await file.resume(position).catch(() => false));
    if (!goesOn) await file.close().catch(() => {});
    return goesOn;
  }

  /** `router.log.1`, `router.log-20260312`: what begins with the name of the file and is the one that was read. */
  async #rotatedName(identity: string): Promise<string | null> {
    const { logFiles } = this.#context.world;
    const { path } = this.#config;
    const folder = dirname(path);
    const names = (await logFiles.list(folder)).filter((name) => name.startsWith(basename(path)));
    for (const name of names.slice(0, limits.fileRotatedNamesMax)) {
      const look = await logFiles.look(`${folder}/${name}`).catch(() => null);
      if (look?.identity === identity && look.regular) return `${folder}/${name}`;
    }
    return null;
  }

  #sink(): FollowedSink {
    const { clock } = this.#context.world;
    const { emit } = this.#context;
    const source = this.#name;
    const from = this.#config.relay;
    return {
      lines: (bytes, backlog) =>
        emit({
          kind: 'lines',
          source,
          trust: 'spoofable',
          bytes,
          from,
          at: clock.monotonic(),
          wall: clock.wall(),
          backlog,
        }),
      cut: (lost) => emit({ kind: 'refusal', source, reason: 'line-too-long', from, at: clock.monotonic(), lost }),
      skipped: (lost) => this.#gap('file-skipped', `${lost} bytes of ${this.#config.path} were left out: too far behind`, lost),
      truncated: (read, unread) =>
        this.#gap(
          'file-truncated',
          `${this.#config.path} was truncated after ${read} bytes; what came between our last look and that is lost`,
          unread === 0 ? null : unread,
        ),
    };
  }

  #gap(reason: string, detail: string, lostBytes: number | null, from: GapEdge = this.#lastLook): void {
    const to = this.#now();
    this.#context.emit({ kind: 'gap', source: this.#name, reason, detail, from, to, lostLines: null, lostBytes });
  }

  /**
   * Nothing has the name: a daemon makes the file with its first line, and anew after a rotation. No interruption, nothing is lost by it;
   * and what then appears is new.
   */
  #absent(): void {
    this.#troubleSince = null;
    const { path } = this.#config;
    const waiting = this.#current === null ? `there is no ${path}` : `${path} was renamed or deleted; its old file is read`;
    this.#tell('open', `${waiting}; waiting for one`);
  }

  #well(): void {
    this.#troubleSince = null;
    const saving = this.#saveFailed ? `; the position cannot be written to ${this.#config.positionFile}` : '';
    this.#tell('open', `${this.#config.path}${saving}`);
  }

  #trouble(detail: string): void {
    this.#troubleSince ??= this.#context.world.clock.monotonic();
    this.#tell('interrupted', detail);
  }

  /** The same is told once, not at each look. */
  #tell(state: 'open' | 'interrupted' | 'closed', detail: string): void {
    const said = `${state} ${detail}`;
    if (said === this.#said) return;
    this.#said = said;
    this.#context.emit({ kind: 'source-state', source: this.#name, state, detail, at: this.#context.world.clock.monotonic() });
  }

  #tellLag(): void {
    const behindBytes = this.#all().reduce((sum, followed) => sum + followed.behindBytes, 0);
    if (behindBytes === this.#behindSaid) return;
    this.#behindSaid = behindBytes;
    this.#context.emit({ kind: 'lag', source: this.#name, behindBytes });
  }

  /** Nothing waits for it: on a disk that hangs the log is read on, and with it the message that starts a stop. */
  #saveSoon(): void {
    if (this.#saving !== null || elapsedMs(this.#savedAt, this.#lastLook.monotonic) < SAVE_EVERY_MS) return;
    this.#saving = this.#save().finally(() => {
      this.#saving = null;
    });
  }

  async #save(): Promise<void> {
    const at = this.#now();
    this.#savedAt = at.monotonic;
    // What the last run left is not overwritten before it was taken up.
    if (!this.#started) return;
    const files = this.#all().map(({ file }) => file.position());
    const text = JSON.stringify(files);
    if (text === this.#saved) return;
    try {
      await savePositions(this.#config.positionFile, { files, at }, this.#context.world.disk);
      this.#saved = text;
      this.#saveFailed = false;
    } catch {
      this.#saveFailed = true;
    }
  }

  #now(): GapEdge {
    const { clock } = this.#context.world;
    return { wall: clock.wall(), monotonic: clock.monotonic(), bootId: clock.bootId };
  }
}
