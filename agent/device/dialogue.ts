/**
 * The dialogue with a device's command line as a pure machine: which prompt we stand at, whose output a line is, what to answer.
 * Fed by session.ts with lines and with the moments at which a partial line stood still; performs nothing itself.
 * Rules: facts.md §5. Three hold it together: a prompt counts only when it stands still at the end; nothing is output before the
 * command's own echo, so a late answer can never be taken for the next one's; a refusal is only what comes first after the echo.
 */
import { limits } from '../../shared/limits.ts';
import type { ModeName, PlatformDefinition } from '../../shared/platforms/platform.ts';
import { echoStep, withoutPrompt } from './echo.ts';
import { isPrompt, looksLikePrompt, type Prompt, promptAtEnd } from './prompt.ts';

/** A line of ours. `secret`: the answer to give, once, when the device asks for it; the text itself is the session's. */
export interface SentLine {
  readonly command: string;
  readonly secret: { readonly asks: RegExp; readonly name: string } | null;
}

export type DialogueState =
  /** Banner and MOTD, until a prompt is seen twice. */
  | { readonly kind: 'login'; readonly candidate: string | null; readonly nudges: number }
  | { readonly kind: 'idle'; readonly at: Prompt }
  | { readonly kind: 'echo'; readonly at: Prompt; readonly sent: SentLine; readonly rest: string }
  | Output
  /** An empty line was sent (keepalive) or a command abandoned: only a prompt is wanted. */
  | { readonly kind: 'resync'; readonly at: Prompt; readonly suspect: string | null; readonly answers: number };

interface Output {
  readonly kind: 'output';
  readonly at: Prompt;
  readonly sent: SentLine;
  /** Log lines that may still stand before a refusal; 0: the first line of output was seen. */
  readonly window: number;
  readonly refusal: string | null;
  /** A prompt went by and log lines were spliced in after it. */
  readonly passed: boolean;
  /** A prompt of another host, seen once: `hostname` was changed under us, or it is text. */
  readonly suspect: string | null;
  readonly answers: number;
  readonly pages: number;
  readonly secretGiven: boolean;
}

export type DialogueInput =
  | { readonly kind: 'line'; readonly text: string }
  /** The partial line has not changed for as long as `attentionMs` asked. */
  | { readonly kind: 'quiet'; readonly partial: string }
  | { readonly kind: 'send'; readonly sent: SentLine }
  | { readonly kind: 'probe' }
  /** The command's time or bytes are used up. */
  | { readonly kind: 'abandon'; readonly partial: string };

export type DialogueEffect =
  | { readonly kind: 'write'; readonly text: string }
  | { readonly kind: 'write-secret'; readonly name: string }
  | { readonly kind: 'keep'; readonly text: string }
  /** Belongs to no command: banner, log messages on the line, leftovers of an abandoned command. */
  | { readonly kind: 'stray'; readonly text: string }
  /** The partial line is understood and done with. */
  | { readonly kind: 'clear' }
  | { readonly kind: 'finished'; readonly refusal: string | null }
  | { readonly kind: 'at-prompt' }
  | { readonly kind: 'renamed'; readonly from: string; readonly to: string }
  | { readonly kind: 'question'; readonly text: string }
  | { readonly kind: 'runaway'; readonly why: string };

export interface DialogueStep {
  readonly state: DialogueState;
  readonly effects: readonly DialogueEffect[];
}

export const startOfDialogue: DialogueState = { kind: 'login', candidate: null, nudges: 0 };

export const ENTER = '\r';

/** How long a partial line has to stand still before it means something, in milliseconds. */
const STILL = {
  /** Bytes of one write may come in several packets. */
  prompt: 20,
  /** Once a page: short, or 200 SAs take their time. */
  pager: 5,
  question: 30,
  /** After a banner that may hold anything. */
  firstPrompt: 100,
  /** Nothing like a prompt at login: some lines wait for Enter. */
  nudge: 3_000,
  /** A prompt went by and log lines followed: is the device done? */
  passed: 400,
  /** A prompt glued to a line without an end of its own. */
  glued: 1_000,
  /** Another host's prompt. */
  suspect: 1_500,
  /** Text at an idle prompt without a line end. */
  stray: 500,
};

const NUDGES_MAX = 3;
const QUESTIONS_MAX = 8;
/** Log messages that may be spliced in between the echo and a refusal. */
const LOG_LINES_BEFORE_REFUSAL = 3;

export class Dialogue {
  readonly #definition: PlatformDefinition;

  constructor(definition: PlatformDefinition) {
    this.#definition = definition;
  }

  /** When does the partial line deserve a `quiet`? Null: only more bytes can tell. */
  attentionMs(state: DialogueState, partial: string): number | null {
    if (partial.length > limits.promptCharactersMax) return null;
    const definition = this.#definition;
    switch (state.kind) {
      case 'login':
        if (definition.firstPrompt.test(partial)) return STILL.firstPrompt;
        return state.nudges < NUDGES_MAX ? STILL.nudge : null;
      case 'idle':
        if (partial === '') return null;
        return isPrompt(definition, state.at, partial) ? STILL.prompt : STILL.stray;
      case 'echo':
        return null;
      case 'output':
        if (state.sent.secret?.asks.test(partial)) return STILL.question;
        if (definition.pager.shows.test(partial)) return STILL.pager;
        if (isPrompt(definition, state.at, partial)) return STILL.prompt;
        if (definition.questions.some(({ asks }) => asks.test(partial))) return STILL.question;
        if (state.passed && partial.trim() === '' && state.answers < QUESTIONS_MAX) return STILL.passed;
        if (looksLikePrompt(definition, partial)) return STILL.suspect;
        return promptAtEnd(definition, state.at, partial) === null ? null : STILL.glued;
      case 'resync':
        if (definition.pager.shows.test(partial)) return STILL.pager;
        if (isPrompt(definition, state.at, partial)) return STILL.prompt;
        if (definition.questions.some(({ asks }) => asks.test(partial))) return STILL.question;
        if (looksLikePrompt(definition, partial)) return STILL.suspect;
        return promptAtEnd(definition, state.at, partial) === null ? null : STILL.glued;
    }
  }

  step(state: DialogueState, input: DialogueInput): DialogueStep {
    switch (input.kind) {
      case 'line':
        return this.#onLine(state, input.text);
      case 'quiet':
        return this.#onQuiet(state, input.partial);
      case 'send':
        return state.kind === 'idle'
          ? go(
              { kind: 'echo', at: state.at, sent: input.sent, rest: input.sent.command },
              { kind: 'write', text: input.sent.command + ENTER },
            )
          : go(state);
      case 'probe':
        return state.kind === 'idle'
          ? go({ kind: 'resync', at: state.at, suspect: null, answers: 0 }, { kind: 'write', text: ENTER })
          : go(state);
      case 'abandon':
        return this.#onAbandon(state, input.partial);
    }
  }

  #onLine(state: DialogueState, text: string): DialogueStep {
    switch (state.kind) {
      case 'login':
        return text.trim() === '' ? go(state) : go({ ...state, candidate: null }, stray(text));
      case 'idle':
      case 'resync':
        return go(state, ...this.#strayOf(state.at, text));
      case 'echo': {
        const echo = echoStep(this.#definition, state.at, state.sent.command, state.rest, text);
        const strays = echo.foreign.map(stray);
        if (echo.kind === 'waiting') return go({ ...state, rest: echo.rest }, ...strays);
        return go(
          {
            kind: 'output',
            at: state.at,
            sent: state.sent,
            window: LOG_LINES_BEFORE_REFUSAL,
            refusal: null,
            passed: false,
            suspect: null,
            answers: 0,
            pages: 0,
            secretGiven: false,
          },
          ...strays,
        );
      }
      case 'output':
        return this.#onOutputLine(state, text);
    }
  }

  #onOutputLine(state: Output, text: string): DialogueStep {
    const definition = this.#definition;
    if (definition.pager.shows.test(text)) return go(state);
    const bare = withoutPrompt(definition, state.at, text);
    if (bare !== text && (bare.trim() === '' || definition.logLine.test(bare))) {
      // The prompt is no longer at the end: without `logging synchronous` IOS does not show it again after a message.
      return go({ ...state, passed: true }, ...(bare.trim() === '' ? [] : [stray(bare)]));
    }
    const blank = text.trim() === '';
    // The answer to our own Enter.
    if (blank && (state.passed || state.suspect !== null)) return go(state);
    if (state.passed && definition.logLine.test(text)) return go(state, stray(text));
    if (state.suspect !== null) {
      // It was text after all.
      const step = this.#onOutputLine({ ...state, suspect: null }, text);
      return go(step.state, keep(state.suspect), ...step.effects);
    }
    const next: Output = { ...state, passed: false };
    if (next.window === 0 || blank || definition.preamble.some((pattern) => pattern.test(text))) return go(next, keep(text));
    if (definition.logLine.test(text)) return go({ ...next, window: next.window - 1 }, keep(text));
    const refused = definition.refusals.some((pattern) => pattern.test(text));
    return go({ ...next, window: 0, refusal: refused ? text.trim() : null }, keep(text));
  }

  #onQuiet(state: DialogueState, partial: string): DialogueStep {
    switch (state.kind) {
      case 'login':
        return this.#onLoginQuiet(state, partial);
      case 'idle':
        return isPrompt(this.#definition, state.at, partial)
          ? go(state, { kind: 'clear' })
          : go(state, { kind: 'clear' }, ...this.#strayOf(state.at, partial));
      case 'echo':
        return go(state);
      case 'output':
        return this.#onOutputQuiet(state, partial);
      case 'resync':
        return this.#onResyncQuiet(state, partial);
    }
  }

  /** A banner may end in anything that looks like a prompt: it is believed when Enter brings the same again. */
  #onLoginQuiet(state: DialogueState & { kind: 'login' }, partial: string): DialogueStep {
    const host = this.#definition.firstPrompt.exec(partial)?.groups?.['host'];
    if (host === undefined) return go({ ...state, nudges: state.nudges + 1 }, { kind: 'write', text: ENTER });
    if (state.candidate !== partial)
      return go({ ...state, candidate: partial }, { kind: 'clear' }, { kind: 'write', text: ENTER });
    const at = { host, mode: modeOf(this.#definition, host, partial) };
    return go({ kind: 'idle', at }, { kind: 'clear' }, { kind: 'at-prompt' });
  }

  #onOutputQuiet(state: Output, partial: string): DialogueStep {
    const definition = this.#definition;
    if (state.sent.secret?.asks.test(partial)) return this.#onSecretAsked(state, state.sent.secret.name);
    if (definition.pager.shows.test(partial)) {
      if (state.pages >= limits.pagerAnswersMax)
        return go(state, { kind: 'runaway', why: `more than ${limits.pagerAnswersMax} pages` });
      return go({ ...state, pages: state.pages + 1 }, { kind: 'clear' }, { kind: 'write', text: definition.pager.answer });
    }
    if (isPrompt(definition, state.at, partial)) return finished(state, promptOf(definition, state.at, partial));
    const question = definition.questions.find(({ asks }) => asks.test(partial));
    if (question) {
      if (state.answers >= QUESTIONS_MAX) return go(state, { kind: 'runaway', why: 'it asks and asks' });
      const answered = { ...state, answers: state.answers + 1 };
      return go(
        answered,
        { kind: 'clear' },
        keep(partial),
        { kind: 'question', text: partial },
        { kind: 'write', text: question.answer },
      );
    }
    // Enter brings the prompt again, if the device is done; if it is not, the empty line waits and harms nothing.
    if (state.passed && partial.trim() === '')
      return go({ ...state, answers: state.answers + 1 }, { kind: 'clear' }, { kind: 'write', text: ENTER });
    if (looksLikePrompt(definition, partial)) return this.#onSuspect(state, partial);
    const glued = promptAtEnd(definition, state.at, partial);
    if (glued === null) return go(state);
    return finished(state, glued.prompt, keep(glued.before));
  }

  #onSecretAsked(state: Output, name: string): DialogueStep {
    // Asked again: it was refused. Empty answers use the attempts up without another wrong one.
    if (state.answers >= QUESTIONS_MAX) return go(state, { kind: 'runaway', why: 'it asks for the password again and again' });
    const answered = { ...state, secretGiven: true, answers: state.answers + 1 };
    if (state.secretGiven) return go(answered, { kind: 'clear' }, { kind: 'write', text: ENTER });
    return go(answered, { kind: 'clear' }, { kind: 'write-secret', name });
  }

  #onSuspect(state: Output, partial: string): DialogueStep {
    if (state.suspect !== partial) return go({ ...state, suspect: partial }, { kind: 'clear' }, { kind: 'write', text: ENTER });
    const at = relearned(this.#definition, partial);
    return finished({ ...state, at }, at, { kind: 'renamed', from: state.at.host, to: at.host });
  }

  #onResyncQuiet(state: DialogueState & { kind: 'resync' }, partial: string): DialogueStep {
    const definition = this.#definition;
    if (state.answers >= QUESTIONS_MAX) return go(state, { kind: 'runaway', why: 'no prompt after an abort' });
    const answered = { ...state, answers: state.answers + 1 };
    if (definition.pager.shows.test(partial))
      return go(answered, { kind: 'clear' }, { kind: 'write', text: definition.pager.quit });
    const glued = isPrompt(definition, state.at, partial)
      ? { prompt: promptOf(definition, state.at, partial) }
      : promptAtEnd(definition, state.at, partial);
    if (glued !== null) return go({ kind: 'idle', at: glued.prompt }, { kind: 'clear' }, { kind: 'at-prompt' });
    const question = definition.questions.find(({ asks }) => asks.test(partial));
    if (question)
      return go(answered, { kind: 'clear' }, { kind: 'question', text: partial }, { kind: 'write', text: question.answer });
    if (!looksLikePrompt(definition, partial)) return go(state);
    if (state.suspect !== partial)
      return go({ ...answered, suspect: partial }, { kind: 'clear' }, { kind: 'write', text: ENTER });
    const at = relearned(definition, partial);
    return go(
      { kind: 'idle', at },
      { kind: 'clear' },
      { kind: 'renamed', from: state.at.host, to: at.host },
      { kind: 'at-prompt' },
    );
  }

  #onAbandon(state: DialogueState, partial: string): DialogueStep {
    if (state.kind !== 'echo' && state.kind !== 'output') return go(state);
    const { pager, interrupt } = this.#definition;
    const resync: DialogueState = { kind: 'resync', at: state.at, suspect: null, answers: 0 };
    const suspect = state.kind === 'output' && state.suspect !== null ? [keep(state.suspect)] : [];
    if (pager.shows.test(partial)) return go(resync, ...suspect, { kind: 'clear' }, { kind: 'write', text: pager.quit });
    // The partial line stays: it may be the prompt already.
    return go(resync, ...suspect, { kind: 'write', text: interrupt });
  }

  #strayOf(at: Prompt, text: string): DialogueEffect[] {
    const bare = withoutPrompt(this.#definition, at, text);
    return bare.trim() === '' ? [] : [stray(bare)];
  }
}

const go = (state: DialogueState, ...effects: DialogueEffect[]): DialogueStep => ({ state, effects });
const keep = (text: string): DialogueEffect => ({ kind: 'keep', text });
const stray = (text: string): DialogueEffect => ({ kind: 'stray', text });

function finished(state: Output, at: Prompt, ...before: DialogueEffect[]): DialogueStep {
  return go(
    { kind: 'idle', at },
    { kind: 'clear' },
    ...before,
    { kind: 'finished', refusal: state.refusal },
    { kind: 'at-prompt' },
  );
}

function modeOf(definition: PlatformDefinition, host: string, text: string): ModeName {
  const names: ModeName[] = ['enable', 'exec', 'config'];
  return names.find((name) => definition.modes[name].prompt(host).test(text)) ?? 'exec';
}

const promptOf = (definition: PlatformDefinition, at: Prompt, text: string): Prompt => ({
  host: at.host,
  mode: modeOf(definition, at.host, text),
});

function relearned(definition: PlatformDefinition, text: string): Prompt {
  const host = definition.firstPrompt.exec(text)?.groups?.['host'] ?? '';
  return { host, mode: modeOf(definition, host, text) };
}
