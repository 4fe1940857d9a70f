/**
 * What a running agent goes by, when it may become another at a reload: the configuration as a view that rooms keep, and what is made of it,
 * made anew when it has changed. Made by app.ts, changed by reload.ts alone.
 */
import type { Config } from './config/config.ts';
import { liveView } from './config/live-view.ts';

export class LiveConfiguration {
  #config: Config;
  #secrets: readonly string[];
  /** For rooms: each setting is what it is at the moment it is read. */
  readonly view: Config;

  constructor(config: Config, secrets: readonly string[]) {
    this.#config = config;
    this.#secrets = secrets;
    this.view = liveView(() => this.#config);
  }

  /** As of now, and never changed. */
  get config(): Config {
    return this.#config;
  }

  /** Those of before too: they stand in logs and outputs that are still to be redacted. */
  get secrets(): readonly string[] {
    return this.#secrets;
  }

  change(config: Config, secrets: readonly string[]): void {
    this.#config = config;
    this.#secrets = [...new Set([...this.#secrets, ...secrets])];
  }

  /** Made once for each configuration. */
  of<T>(make: (config: Config) => T): () => T {
    let from: Config | null = null;
    let made: T;
    return () => {
      if (from !== this.#config) {
        from = this.#config;
        made = make(from);
      }
      return made;
    };
  }

  /** The same, for rooms that keep it. */
  viewOf<T extends object>(make: (config: Config) => T): T {
    return liveView(this.of(make));
  }
}
