/** What the lab's tests share: a pair of boxes on virtual time, and a hand that types on a line and reads what comes back. */
import type { Box, BoxOptions, LabPair, PairOptions } from '../../agent/lab/contract.ts';
import { createLabPair } from '../../agent/lab/pair.ts';
import { FakeClock } from '../support/fake-clock.ts';

export const HUB_ADDRESS = '213.163.222.7';
export const SPOKE_ADDRESS = '11.1.1.3';

export function boxOptions(clock: FakeClock, change: Partial<BoxOptions> = {}): BoxOptions {
  return {
    hostname: 'hub',
    platform: 'cisco-ios',
    clock,
    seed: 7,
    cryptoAddress: HUB_ADDRESS,
    enableSecret: 'lab',
    vtyLines: 5,
    messageIntervalMs: 60_000,
    consoleLevel: null,
    ...change,
  };
}

export interface Stage {
  readonly clock: FakeClock;
  readonly pair: LabPair;
  readonly hub: Box;
  readonly spoke: Box;
}

export function stage(
  options: { hub?: Partial<BoxOptions>; spoke?: Partial<BoxOptions>; pair?: PairOptions; start?: boolean } = {},
): Stage {
  const clock = new FakeClock();
  const pair = createLabPair(
    boxOptions(clock, options.hub),
    boxOptions(clock, { hostname: 'spoke', seed: 8, cryptoAddress: SPOKE_ADDRESS, ...options.spoke }),
    options.pair,
  );
  if (options.start !== false) pair.start();
  return { clock, pair, hub: pair.hub, spoke: pair.spoke };
}

export interface Hand {
  /** Types as given, and returns what came back since the last call. */
  type(keys: string): string;
  /** What came since the last call, without typing. */
  read(): string;
  /** Types the line and Enter; returns the output between echo and prompt, lines joined by \n. */
  run(line: string): string;
  readonly closed: boolean;
  close(): void;
}

export function login(box: Box, options: { enable?: string | null; paging?: boolean; user?: string } = {}): Hand {
  const line = box.connectVty('198.51.100.9', options.user ?? 'admin');
  if (!line) throw new Error('no VTY free');
  let seen = '';
  let closed = false;
  line.onOutput((text) => {
    seen += text;
  });
  line.onClose(() => {
    closed = true;
  });
  const read = (): string => {
    const text = seen;
    seen = '';
    return text;
  };
  const hand: Hand = {
    type(keys) {
      line.input(keys);
      return read();
    },
    read,
    run(typed) {
      line.input(`${typed}\r`);
      const text = read().replaceAll('\r\n', '\n');
      const body = text.slice(text.indexOf('\n') + 1);
      return body.slice(0, body.lastIndexOf('\n') + 1);
    },
    get closed() {
      return closed;
    },
    close: () => line.close(),
  };
  read();
  if (options.enable !== null) hand.type(`enable\r${options.enable ?? 'lab'}\r`);
  if (options.paging !== true) hand.type('terminal length 0\rterminal width 0\r');
  read();
  return hand;
}
