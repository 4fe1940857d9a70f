/**
 * The certificate of the page: the same files, and the same care, as of a syslog-tls source. They are looked at now and then: a renewed
 * one is used without a restart, a broken one never takes the place of a good one. Opened by web-server.ts.
 */
import type { Timer } from '../../shared/clock.ts';
import { asSpitrapError } from '../../shared/errors.ts';
import type { TlsFiles } from '../config/config.ts';
import type { HttpListener } from '../http-ports.ts';
import type { Logger } from '../log.ts';
import type { TlsCredentials, World } from '../ports.ts';
import { outOfTime } from '../sources/syslog-tls.ts';
import { filesStamp, type LoadedFiles, loadTlsFiles } from '../sources/tls-files.ts';

/** A renewed certificate is there weeks before the old one ends. */
const FILES_EVERY_MS = 30_000;

export interface PageTlsRoom {
  readonly world: Pick<World, 'clock' | 'disk' | 'tls'>;
  readonly log: Logger;
}

/** Rejects with TLS_CREDENTIALS_REFUSED naming the file. */
export async function openTls(files: TlsFiles, room: PageTlsRoom): Promise<PageTls> {
  return new PageTls(files, room, await loadTlsFiles('page', files, room.world));
}

export class PageTls {
  readonly #files: TlsFiles;
  readonly #room: PageTlsRoom;
  #loaded: LoadedFiles;
  /** Of files that can not be used: told once. */
  #refused: { readonly stamp: string; readonly why: string } | null = null;
  #timer: Timer | null = null;
  #looking: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(files: TlsFiles, room: PageTlsRoom, loaded: LoadedFiles) {
    this.#files = files;
    this.#room = room;
    this.#loaded = loaded;
  }

  get credentials(): TlsCredentials {
    return this.#loaded.credentials;
  }

  /** In words; null: all is well. */
  get problem(): string | null {
    const late = outOfTime(this.#loaded, this.#room.world.clock.wall(), 'whoever verifies it does not connect');
    return late ?? (this.#refused === null ? null : `${this.#refused.why}; the old certificate stays in use`);
  }

  follow(listener: HttpListener): void {
    if (this.#closed) return;
    this.#timer = this.#room.world.clock.timer('page TLS files', FILES_EVERY_MS, () => {
      this.#looking = this.#look(listener).then(() => this.follow(listener));
    });
  }

  /** Never rejects. */
  async #look(listener: HttpListener): Promise<void> {
    const { world, log } = this.#room;
    const stamp = await filesStamp(this.#files, world);
    if (this.#closed || stamp === this.#loaded.stamp) return;
    try {
      const loaded = await loadTlsFiles('page', this.#files, world);
      if (this.#closed) return;
      listener.renew(loaded.credentials);
      this.#loaded = loaded;
      this.#refused = null;
      log.info({ event: 'page-certificate' }, `page: ${loaded.words}, renewed`);
    } catch (error) {
      if (this.#refused?.stamp === stamp) return;
      this.#refused = { stamp, why: asSpitrapError(error).message };
      log.warn({ event: 'page-certificate' }, `page: ${this.#refused.why}; the old certificate stays in use`);
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#timer?.cancel();
    await this.#looking;
  }
}
