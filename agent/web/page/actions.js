/**
 * Doing something: the buttons, and the one dialog that says what will be done, asks for the token once, and shows the answer or the error
 * where it was asked. One action at a time. Called by page.js.
 */
import * as words from './action-words.js';
import { AgentError } from './api.js';
import { byId, h, patch } from './dom.js';
import { sign } from './first-screen.js';
import { clockTime, printable } from './format.js';

/** @typedef {import('./model.js').Model} Model */
/** @typedef {import('./action-words.js').Action} Action */
/** @typedef {import('./action-words.js').Told} Told */

export class Actions {
  #api;
  #model;
  #changed;
  /** In the dialog. @type {Action | null} */
  #shown = null;
  /** Under way. @type {Action | null} */
  #running = null;
  /** What the last one came to, and what stood then. @type {{ name: string, title: string, told: Told, at: number, stood: string | null } | null} */
  #last = null;
  /** Of the one in the dialog. @type {Told | null} */
  #told = null;
  /** @type {Record<string, string>} */
  #chosen = {};
  #wantsToken = false;

  /**
   * @param {import('./api.js').Api} api @param {Model} model
   * @param {() => void} changed draw again
   */
  constructor(api, model, changed) {
    this.#api = api;
    this.#model = model;
    this.#changed = changed;
    byId('dialog').addEventListener('close', () => {
      this.#shown = null;
      this.#changed();
    });
  }

  /** @param {(status: any) => Action} make */
  open = (make) => {
    const action = make(this.#model.status);
    this.#shown = action;
    this.#told = null;
    this.#chosen = Object.fromEntries(action.choices.map(({ name, options }) => [name, options[0]?.[0] ?? '']));
    this.#wantsToken = this.#api.token === null;
    patch(byId('dialog'), []);
    this.#drawDialog();
    byId('dialog').showModal();
  };

  /** @param {any} alarm */
  acknowledge = (alarm) => this.open(() => words.acknowledge(alarm));

  draw() {
    const { status, isStale } = this.#model;
    const section = byId('actions');
    section.hidden = status === null;
    if (status === null) return;
    const isBusy = this.#running !== null;
    /** @param {(status: any) => Action} make @param {string} text */
    const button = (make, text) => {
      const runs = this.#running?.name === make(status).name;
      return h(
        'button',
        {
          type: 'button',
          disabled: isBusy || isStale,
          'aria-haspopup': 'dialog',
          onclick: () => this.open(make),
          key: make.name,
        },
        runs ? `${this.#running?.running}` : text,
      );
    };
    patch(section, [
      h('h2', { id: 'actions-title' }, 'Actions'),
      h(
        'p.buttons',
        null,
        button(words.arm, status.arming.state === 'armed' ? 'Renew' : 'Arm'),
        button(words.disarm, 'Disarm'),
        button(words.hold, status.hold.on ? 'Take hold off' : 'Hold'),
        button(words.capture, 'Capture now'),
        button(words.test, 'Test the pair'),
      ),
      ...(isStale ? [h('p.m', { key: 'stale' }, 'Nothing can be done from here while the agent does not answer.')] : []),
      ...this.#lastOne(status),
      ...(this.#api.token === null
        ? []
        : [
            h(
              'p.m',
              { key: 'token' },
              'The token is kept in this tab. ',
              h('button.plain', { type: 'button', onclick: this.#forget }, 'Forget it'),
            ),
          ]),
    ]);
    if (this.#shown !== null) this.#drawDialog();
  }

  /** No tick where an incident has ended what was armed meanwhile. @param {any} status */
  #lastOne(status) {
    if (this.#last === null) return [];
    const { name, title, told, at, stood } = this.#last;
    const stands = words.standing(name, status);
    const isPast = told.tone !== 'bad' && stands !== stood;
    const tone = isPast ? 'm' : told.tone;
    const text = ` ${title}, ${clockTime(at, this.#model.now)}: ${told.lines[0] ?? 'done'}`;
    return [h(`p.last.${tone}`, { key: 'last' }, sign(tone), text, isPast && h('b', null, ` Since then: ${stands}.`))];
  }

  #forget = () => {
    this.#api.forget();
    this.#changed();
  };

  #drawDialog() {
    const action = this.#shown;
    if (action === null) return;
    const isRunning = this.#running !== null;
    const isDone = this.#told !== null && this.#told.tone !== 'bad';
    const [does = '', ...notes] = action.says(this.#chosen);
    patch(byId('dialog'), [
      h(
        'form',
        { method: 'dialog', onsubmit: this.#submit },
        h('h2', { id: 'dialog-title' }, action.title),
        !isDone && h('p.does', { key: 'does' }, does),
        ...(isDone ? [] : action.choices.map((choice) => this.#choice(choice, isRunning))),
        this.#told === null && h('ul.notes', { key: 'notes' }, ...notes.map((note) => h('li', null, note))),
        !isDone &&
          this.#wantsToken &&
          h(
            'div.field',
            { key: 'token' },
            h('label', { for: 'token' }, 'Token of this agent'),
            h('input', {
              id: 'token',
              type: 'password',
              autocomplete: 'off',
              autocapitalize: 'off',
              spellcheck: 'false',
              required: true,
              disabled: isRunning,
            }),
            h('p.m', null, 'Asked once; kept in this tab until you close it.'),
          ),
        h('div', { key: 'told', role: 'status' }, ...this.#outcome(action, isRunning)),
        h(
          'p.row.end',
          { key: 'end' },
          h(
            'button',
            { key: 'cancel', type: 'button', onclick: this.#close },
            isRunning ? 'Close, it goes on' : isDone ? 'Close' : 'Cancel',
          ),
          !isDone &&
            h(
              `button.${action.kind}`,
              { key: 'go', type: 'submit', disabled: isRunning },
              isRunning ? action.running : action.button(this.#chosen),
            ),
        ),
      ),
    ]);
  }

  /** @param {import('./action-words.js').Choice} choice @param {boolean} disabled */
  #choice({ name, label, options }, disabled) {
    return h(
      'fieldset',
      { key: name, disabled },
      h('legend', null, label),
      ...options.map(([value, text], index) =>
        h(
          'label',
          { key: value },
          h('input', { type: 'radio', name, value, checked: index === 0, onchange: () => this.#choose(name, value) }),
          ` ${text}`,
        ),
      ),
    );
  }

  /** @param {string} name @param {string} value */
  #choose(name, value) {
    this.#chosen = { ...this.#chosen, [name]: value };
    this.#drawDialog();
  }

  /** @param {Action} action @param {boolean} isRunning */
  #outcome(action, isRunning) {
    if (isRunning) return [h('p.m', null, `${action.running}; a slow device takes a minute.`)];
    if (this.#told === null) return [];
    const { tone, lines } = this.#told;
    return lines.map((line, index) =>
      h(`p${index === 0 ? `.told.${tone}` : ''}`, null, index === 0 && sign(tone), index === 0 && ' ', line),
    );
  }

  #close = () => byId('dialog').close();

  #submit = (/** @type {Event} */ event) => {
    event.preventDefault();
    const action = this.#shown;
    if (action === null || this.#running !== null) return;
    if (this.#wantsToken) this.#api.keep(byId('token').value.trim());
    void this.#perform(action);
  };

  /** @param {Action} action */
  async #perform(action) {
    this.#running = action;
    this.#told = null;
    this.#changed();
    /** @type {Told} */
    let told;
    try {
      told = action.told(await this.#api.act(action.name, action.body(this.#chosen)), this.#model.now);
      // The next status of the stream may be seconds away.
      await this.#api.get('/api/v1/status').then(
        (status) => this.#model.take(status),
        () => {},
      );
    } catch (error) {
      told = this.#failed(error);
    }
    this.#running = null;
    const { name, title } = action;
    this.#last = { name, title, told, at: this.#model.now, stood: words.standing(name, this.#model.status) };
    if (this.#shown === action) {
      this.#told = told;
      this.#drawDialog();
      if (this.#wantsToken) byId('token')?.focus();
    }
    this.#changed();
  }

  /** @param {unknown} error @returns {Told} */
  #failed(error) {
    if (!(error instanceof AgentError))
      return { tone: 'bad', lines: ['The agent’s answer was not understood. What it did shows above.'] };
    const said = printable(error.message, 1_500);
    this.#wantsToken = false;
    if (error.asksForToken) {
      this.#api.forget();
      this.#wantsToken = true;
      return { tone: 'bad', lines: ['The agent refused the token. Nothing was done.', said] };
    }
    if (error.status === 0)
      return {
        tone: 'bad',
        lines: [`${said} Whether it was done is not known: the answers above show it when the agent is back.`],
      };
    return { tone: 'bad', lines: [`Refused: ${said}`, `(${printable(error.code, 60)})`] };
  }
}
