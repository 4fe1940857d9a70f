/**
 * Alarms about peers: raised once and taken back once, since the same trouble at every hello is not news. When an uplink fails, thousands of
 * peers are silent for one reason: of each kind some have an alarm of their own, and one more says that there are others (`peer-silent:*`);
 * `spitrap status` names them all. Used by heartbeat.ts.
 */
import type { Alarm } from '../shared/coordinate/book.ts';
import type { Trouble } from '../shared/coordinate/hello.ts';
import { limits } from '../shared/limits.ts';
import type { Coordinator } from './coordinator.ts';

type Word = string;

export class PeerAlarms {
  readonly #coordinator: Pick<Coordinator, 'book' | 'input'>;
  /** Troubles that stand without an alarm of their own: by kind, then by key, whose they are. */
  readonly #untold = new Map<Word, Map<string, string>>();
  /** Of the book as it was when they were counted. */
  #of: readonly Alarm[] | null = null;
  readonly #standing = new Set<string>();
  readonly #own = new Map<Word, number>();

  constructor(coordinator: Pick<Coordinator, 'book' | 'input'>) {
    this.#coordinator = coordinator;
  }

  /** `matters`: it has an alarm of its own, however many there are. */
  settle(peer: string, key: string, trouble: Trouble | null, matters = false): void {
    this.#count();
    const word = wordOf(key);
    const untold = this.#untold.get(word);
    if (trouble === null) {
      untold?.delete(key);
      if (this.#standing.has(key)) this.#coordinator.input({ kind: 'clear', key });
      return;
    }
    if (this.#standing.has(key)) return;
    if (matters || (this.#own.get(word) ?? 0) < limits.peerAlarmsMax) {
      untold?.delete(key);
      this.#coordinator.input({ kind: 'raise', key, text: trouble.text, remedy: trouble.remedy ?? null });
    } else if (untold === undefined) this.#untold.set(word, new Map([[key, peer]]));
    else untold.set(key, peer);
  }

  /** After troubles were settled: whether there are more than have an alarm. */
  conclude(): void {
    this.#count();
    for (const [word, { size }] of this.#untold) {
      const key = `${word}:*`;
      const isSaid = this.#standing.has(key);
      if (size === 0) this.#untold.delete(word);
      if (size === 0 && isSaid) this.#coordinator.input({ kind: 'clear', key });
      if (size > 0 && !isSaid)
        this.#coordinator.input({
          kind: 'raise',
          key,
          text: `${word}: more peers than have an alarm of their own (${limits.peerAlarmsMax} have one); is it one cause, such as this host's uplink?`,
          remedy: null,
        });
    }
  }

  /** Kinds of trouble that stand for a peer without an alarm of its own. */
  untoldOf(peer: string): Word[] {
    return [...this.#untold].flatMap(([word, keys]) => (keys.get(`${word}:${peer}`) === peer ? [word] : []));
  }

  /** It is no peer any more. */
  forget(peers: ReadonlySet<string>): void {
    for (const keys of this.#untold.values()) for (const [key, peer] of keys) if (peers.has(peer)) keys.delete(key);
  }

  #count(): void {
    const { alarms } = this.#coordinator.book;
    if (alarms === this.#of) return;
    this.#of = alarms;
    this.#standing.clear();
    this.#own.clear();
    for (const { key } of alarms) {
      const word = wordOf(key);
      this.#standing.add(key);
      this.#own.set(word, (this.#own.get(word) ?? 0) + 1);
    }
  }
}

const wordOf = (key: string): Word => key.slice(0, key.indexOf(':'));
