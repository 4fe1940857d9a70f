/**
 * The ShellTransport port for a device that is this host (`device.transport: local`): a shell of the agent's own user behind a pseudo
 * terminal of script(1), so that it echoes and prompts as over SSH. Nothing of the agent's environment goes with it. Wired by world.ts.
 */
import { SpitrapError } from '../../shared/errors.ts';
import { printable } from '../../shared/model/printable.ts';
import type { Conversation, Shell, ShellTransport, Spawn } from '../ports.ts';

/** bsdutils: on every Debian. `-e`: with the shell's own exit status; no file is written. */
const SHELL = ['/usr/bin/script', '-qfec', '/bin/sh', '/dev/null'];
const ENVIRONMENT = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', PS1: 'local$ ', TERM: 'dumb', HOME: '/' };

export function localShells(spawn: Spawn): ShellTransport {
  return {
    async open() {
      return new LocalShell(await spawn.converse({ argv: SHELL, environment: ENVIRONMENT }));
    },
  };
}

/** A target says itself which it is. */
export const shellsByTarget = (ssh: ShellTransport, local: ShellTransport): ShellTransport => ({
  open: (target, options) => (target.local === true ? local : ssh).open(target, options),
});

class LocalShell implements Shell {
  /** There is no key: nobody stands in between. */
  readonly hostKeyFingerprint = 'none: this host';
  readonly #shell: Conversation;
  #closing = false;

  constructor(shell: Conversation) {
    this.#shell = shell;
  }

  onData(handler: (bytes: Buffer) => void): void {
    this.#shell.onOutput(handler);
  }

  onClose(handler: (reason: SpitrapError | null) => void): void {
    this.#shell.onEnd((how) => {
      const what = `the shell on this host ended: ${printable(how)}`;
      handler(this.#closing ? null : new SpitrapError('SSH_CLOSED', what, { retryable: true }));
    });
  }

  write(text: string): void {
    this.#shell.write(text);
  }

  async close(): Promise<void> {
    this.#closing = true;
    await this.#shell.end();
  }
}
