/** A person at a simulated box, over real SSH: logs in, enables, types a line at a time, and says yes to whatever is asked. */
import type { Endpoint } from '../../agent/ports.ts';
import { boxLogin } from './solo-agent.ts';
import { openShell, type SshScreen } from './ssh-client.ts';

/** A starved box takes up to four seconds for a line (agent/lab/strain.ts). */
const ANSWER_MS = 20_000;

export class SshPerson {
  readonly #screen: SshScreen;

  private constructor(screen: SshScreen) {
    this.#screen = screen;
  }

  /** Rejects when the box does not let it in. */
  static async at({ address, port }: Endpoint): Promise<SshPerson> {
    const { user: username, password, enableSecret } = boxLogin;
    const screen = await openShell({ host: address, port, username, password });
    await screen.until(/>$/, ANSWER_MS);
    screen.type('enable\r');
    await screen.until('Password:', ANSWER_MS);
    screen.type(`${enableSecret}\r`);
    await screen.until(/#$/, ANSWER_MS);
    const person = new SshPerson(screen);
    await person.types('terminal length 0');
    return person;
  }

  /** What the box printed last. */
  async types(...lines: readonly string[]): Promise<string> {
    let shown = '';
    for (const line of lines) {
      this.#screen.type(`${line}\r`);
      shown = await this.#screen.until(PROMPT_OR_QUESTION, ANSWER_MS);
      while (QUESTION.test(shown)) {
        this.#screen.type('yes\r');
        shown = await this.#screen.until(PROMPT_OR_QUESTION, ANSWER_MS);
      }
    }
    return shown;
  }

  /** Hangs up; what was turned on stays on. */
  async leaves(): Promise<void> {
    this.#screen.end();
    await this.#screen.closed;
  }
}

const QUESTION = /\[yes\/no\]: $/;
/** Behind a line end: the prompt with our echo on it has none behind it. */
const PROMPT_OR_QUESTION = /\n[\w-]+#$|\[yes\/no\]: $/;
