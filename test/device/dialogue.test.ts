/** The machine by table: every state on every input, the cells where nothing happens included. */
import { describe, expect, test } from 'vitest';
import {
  Dialogue,
  type DialogueEffect,
  type DialogueInput,
  type DialogueState,
  startOfDialogue,
} from '../../agent/device/dialogue.ts';
import type { Prompt } from '../../agent/device/prompt.ts';
import { ciscoIos } from '../../shared/platforms/cisco-ios/cisco-ios.ts';

const dialogue = new Dialogue(ciscoIos.definition);
const at: Prompt = { host: 'hub', mode: 'enable' };
const sent = { command: 'show clock', secret: null };
const login = startOfDialogue;
const idle: DialogueState = { kind: 'idle', at };
const echo: DialogueState = { kind: 'echo', at, sent, rest: 'show clock' };
const output = (more: object = {}): DialogueState => ({
  kind: 'output',
  at,
  sent,
  window: 3,
  refusal: null,
  passed: false,
  suspect: null,
  answers: 0,
  pages: 0,
  secretGiven: false,
  ...more,
});
const resync = (more: object = {}): DialogueState => ({ kind: 'resync', at, suspect: null, answers: 0, ...more });
const enable = { command: 'enable', secret: { asks: /^Password: ?$/, name: 'enable password' } };

const line = (text: string): DialogueInput => ({ kind: 'line', text });
const quiet = (partial: string): DialogueInput => ({ kind: 'quiet', partial });
const abandon = (partial = ''): DialogueInput => ({ kind: 'abandon', partial });
const LOG = '*Mar 12 18:22:10.706: %SYS-5-CONFIG_I: Configured from console';

type Kinds = (DialogueEffect['kind'] | `write ${string}` | `keep ${string}` | `stray ${string}`)[];
const told = (effects: readonly DialogueEffect[]): string[] =>
  effects.map((effect) =>
    effect.kind === 'write' || effect.kind === 'keep' || effect.kind === 'stray' ? `${effect.kind} ${effect.text}` : effect.kind,
  );

test.each<[name: string, from: DialogueState, input: DialogueInput, to: DialogueState['kind'], effects: Kinds]>([
  ['login: a banner line', login, line('Welcome'), 'login', ['stray Welcome']],
  ['login: a prompt, once', login, quiet('hub#'), 'login', ['clear', 'write \r']],
  [
    'login: the same prompt again',
    { kind: 'login', candidate: 'hub#', nudges: 0 },
    quiet('hub#'),
    'idle',
    ['clear', 'at-prompt'],
  ],
  ['login: another prompt', { kind: 'login', candidate: 'menu#', nudges: 0 }, quiet('hub#'), 'login', ['clear', 'write \r']],
  ['login: nothing like a prompt', login, quiet('Press RETURN'), 'login', ['write \r']],
  ['login: nothing may be sent', login, { kind: 'send', sent }, 'login', []],
  ['login: nothing to probe', login, { kind: 'probe' }, 'login', []],
  ['login: nothing to abandon', login, abandon(), 'login', []],
  ['idle: a command', idle, { kind: 'send', sent }, 'echo', ['write show clock\r']],
  ['idle: a keepalive', idle, { kind: 'probe' }, 'resync', ['write \r']],
  ['idle: a log message', idle, line(`hub#${LOG}`), 'idle', [`stray ${LOG}`]],
  ['idle: the prompt again', idle, quiet('hub#'), 'idle', ['clear']],
  ['idle: text without an end', idle, quiet(LOG), 'idle', ['clear', `stray ${LOG}`]],
  ['idle: nothing to abandon', idle, abandon(), 'idle', []],
  ['echo: whole', echo, line('show clock'), 'output', []],
  ['echo: behind a prompt shown again', echo, line('hub#show clock'), 'output', []],
  ['echo: something older', echo, line('leftover of the last one'), 'echo', ['stray leftover of the last one']],
  ['echo: an older prompt', echo, quiet('hub#'), 'echo', []],
  ['echo: one command at a time', echo, { kind: 'send', sent }, 'echo', []],
  ['echo: abandoned', echo, abandon(), 'resync', ['write \x03']],
  ['output: a line', output(), line('*18:22:10.706 UTC'), 'output', ['keep *18:22:10.706 UTC']],
  ['output: the prompt', output(), quiet('hub#'), 'idle', ['clear', 'finished', 'at-prompt']],
  ['output: the prompt of another mode', output(), quiet('hub(config-if)#'), 'idle', ['clear', 'finished', 'at-prompt']],
  [
    'output: the prompt behind text',
    output(),
    quiet('no line end hub#'),
    'idle',
    ['clear', 'keep no line end ', 'finished', 'at-prompt'],
  ],
  ['output: a page', output(), quiet(' --More-- '), 'output', ['clear', 'write  ']],
  [
    'output: a question',
    output(),
    quiet('Proceed with removal? [yes/no]: '),
    'output',
    ['clear', 'keep Proceed with removal? [yes/no]: ', 'question', 'write no\r'],
  ],
  ['output: a prompt with a message behind it', output(), line(`hub#${LOG}`), 'output', [`stray ${LOG}`]],
  ['output: then silence', output({ passed: true }), quiet(''), 'output', ['clear', 'write \r']],
  ['output: it was not the prompt', output({ passed: true }), line('data'), 'output', ['keep data']],
  ["output: another host's prompt, once", output(), quiet('other#'), 'output', ['clear', 'write \r']],
  [
    "output: another host's prompt, again",
    output({ suspect: 'other#' }),
    quiet('other#'),
    'idle',
    ['clear', 'renamed', 'finished', 'at-prompt'],
  ],
  ['output: the other prompt was text', output({ suspect: 'other#' }), line('more'), 'output', ['keep other#', 'keep more']],
  ['output: half a line', output(), quiet('half a li'), 'output', []],
  ['output: the password, once', output({ sent: enable }), quiet('Password: '), 'output', ['clear', 'write-secret']],
  [
    'output: the password, again',
    output({ sent: enable, secretGiven: true }),
    quiet('Password: '),
    'output',
    ['clear', 'write \r'],
  ],
  ['output: a password nobody waits for', output(), quiet('Password: '), 'output', []],
  ['output: abandoned', output(), abandon('half a li'), 'resync', ['write \x03']],
  ['output: abandoned at a page', output(), abandon(' --More-- '), 'resync', ['clear', 'write q']],
  ['output: too many pages', output({ pages: 1e9 }), quiet(' --More-- '), 'output', ['runaway']],
  ['resync: a leftover', resync(), line('second half'), 'resync', ['stray second half']],
  ['resync: the prompt', resync(), quiet('hub#'), 'idle', ['clear', 'at-prompt']],
  ['resync: a page', resync(), quiet(' --More-- '), 'resync', ['clear', 'write q']],
  ['resync: a question', resync(), quiet('Erase? [confirm]'), 'resync', ['clear', 'question', 'write n']],
  ['resync: renamed meanwhile', resync({ suspect: 'other#' }), quiet('other#'), 'idle', ['clear', 'renamed', 'at-prompt']],
  ['resync: no command before the prompt', resync(), { kind: 'send', sent }, 'resync', []],
  ['resync: no second abort', resync(), abandon(), 'resync', []],
])('%s', (_name, from, input, to, effects) => {
  const step = dialogue.step(from, input);
  expect(step.state.kind).toBe(to);
  expect(told(step.effects)).toEqual(effects);
});

describe('prompts', () => {
  const long: DialogueState = output({ at: { host: 'a-host-name-of-thirty-one-chars', mode: 'enable' } });

  test('in config mode the host name is cut to 20 characters', () => {
    expect(dialogue.attentionMs(long, 'a-host-name-of-thirt(config)#')).toBe(20);
    expect(dialogue.step(long, quiet('a-host-name-of-thirt(config)#')).state).toMatchObject({
      kind: 'idle',
      at: { mode: 'config', host: 'a-host-name-of-thirty-one-chars' },
    });
    expect(dialogue.attentionMs(long, 'a-host-name-of-thirty-one-chars#')).toBe(20);
  });

  test.each([
    ['hub#', 20],
    ['hub#show', null],
    ['hubs#', 1_500],
    ['hub.example#', 1_500],
    ['line protocol is up', null],
    [`${'x'.repeat(600)}hub#`, null],
  ])('%j deserves attention after %s ms', (partial, delayMs) => {
    expect(dialogue.attentionMs(output(), partial)).toBe(delayMs);
  });
});

test('a refusal counts only as the first line of output', () => {
  const refusal = "% Invalid input detected at '^' marker.";
  const run = (...texts: string[]) =>
    texts.reduce<DialogueState>((state, text) => dialogue.step(state, line(text)).state, output());
  expect(run('', '       ^', refusal)).toMatchObject({ refusal });
  expect(run(LOG, refusal)).toMatchObject({ refusal });
  expect(run('data', refusal)).toMatchObject({ refusal: null });
  expect(run(LOG, LOG, LOG, LOG, refusal)).toMatchObject({ refusal: null });
});
