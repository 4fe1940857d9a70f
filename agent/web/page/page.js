/**
 * The page of one agent: follows its events, and draws what it knows. What each part says stands in the part's own file; this one wires
 * them, and keeps to one drawing a second and one for each event. No framework, no build: served as it is (docs/page.md).
 */
import { Actions } from './actions.js';
import { AgentError, Api } from './api.js';
import { byId, h, patch } from './dom.js';
import { drawBar, drawFirst, foot, urgent } from './first-screen.js';
import { printable } from './format.js';
import { isId, liveIncidents, pastIncidents } from './incidents.js';
import { Model } from './model.js';
import { rooms } from './rooms.js';
import { EventStream } from './stream.js';

/** A report follows its seal within seconds. */
const LIST_EVERY_MS = 4_000;
/** The list is asked for anyway, for what retention took. */
const LIST_ANYWAY_MS = 300_000;

const api = new Api();
const model = new Model();
const actions = new Actions(api, model, soon);
const stream = new EventStream(api, onEvent, onLink);

const incidentActions = {
  areAllShown: false,
  get needsToken() {
    return api.readNeedsToken;
  },
  more() {
    incidentActions.areAllShown = true;
    soon();
  },
  /** @param {string} id */
  timeline(id) {
    if (!model.read.has(id)) void loadSteps(id);
  },
  /** @param {string} id */
  readReport: (id) => void readReport(id),
  /** @param {string} id */
  saveReport: (id) => void saveReport(id),
};

/** @param {string} event @param {any} data */
function onEvent(event, data) {
  if (event === 'status') {
    model.take(data);
    for (const { id, outcome } of data.incidents) if (outcome === null && !model.steps.has(id)) void catchUp(id);
    void list();
  } else if (event === 'decision' && typeof data.incident === 'string') model.step(data.incident, data);
  soon();
}

/** @param {import('./stream.js').LinkState} link */
function onLink(link) {
  model.link = link;
  const gate = byId('gate');
  const isAsked = link.kind === 'token';
  if (isAsked) {
    const wasGiven = api.token !== null;
    api.forget();
    byId('gate-why').textContent = wasGiven
      ? `The agent refused the token: ${printable(link.why.message, 300)}`
      : 'This agent is read over the network, so it wants its token first.';
  }
  if (gate.hidden === isAsked) {
    gate.hidden = !isAsked;
    byId('first').hidden = isAsked && model.status === null;
    if (isAsked) byId('gate-token').focus();
  }
  soon();
}

/** Its steps until now; those that come are added by onEvent. @param {string} id */
async function catchUp(id) {
  if (!isId(id)) return;
  model.steps.set(id, []);
  try {
    const { timeline } = await api.get(`/api/v1/incidents/${id}`);
    for (const step of timeline) model.step(id, step);
  } catch {
    // What comes from now on is shown all the same.
  }
  soon();
}

/** @param {string} id */
async function loadSteps(id) {
  if (!isId(id)) return;
  try {
    const { timeline } = await api.get(`/api/v1/incidents/${id}`);
    model.read.set(id, timeline.slice(0, 1_000));
  } catch (error) {
    // Asked again when it is opened again.
    model.read.set(id, error instanceof AgentError ? error.message : 'not understood');
    setTimeout(() => model.read.delete(id), LIST_EVERY_MS);
  }
  soon();
}

let listed = { at: Number.NEGATIVE_INFINITY, of: '' };
let isListing = false;

/** Asks for the incidents when they changed, and while a report is still to come. */
async function list() {
  const { status } = model;
  const of = status.incidents.map((/** @type {any} */ one) => `${one.id} ${one.phase} ${one.outcome} ${one.verdict}`).join();
  const isWaiting = model.past?.some((one) => one.outcome !== null && !one.report && model.steps.has(one.id)) === true;
  const age = Date.now() - listed.at;
  if (isListing || (of === listed.of && age < (isWaiting || model.pastError !== null ? LIST_EVERY_MS : LIST_ANYWAY_MS))) return;
  isListing = true;
  listed = { at: Date.now(), of };
  try {
    model.past = (await api.get('/api/v1/incidents')).incidents;
    model.pastError = null;
  } catch (error) {
    model.pastError = error instanceof AgentError ? error.message : 'the answer was not understood';
  }
  isListing = false;
  soon();
}

/** Reading wants the token, which a link can not carry: the text of the report, here. @param {string} id */
async function readReport(id) {
  const dialog = byId('dialog');
  const close = h('p.row.end', null, h('button', { type: 'button', onclick: () => dialog.close() }, 'Close'));
  /** @param {import('./dom.js').Child} body */
  const show = (body) => patch(dialog, [h('h2', { id: 'dialog-title' }, 'Report'), body, close]);
  show(h('p', null, 'Asking the agent'));
  dialog.showModal();
  try {
    show(h('pre', { tabindex: '0' }, await api.text(`/api/v1/incidents/${id}/report.txt`)));
  } catch (error) {
    show(h('p.bad', null, error instanceof AgentError ? printable(error.message, 400) : 'The report could not be had.'));
  }
}

/** @param {string} id */
async function saveReport(id) {
  try {
    const text = await api.text(`/api/v1/incidents/${id}/report.html`);
    const link = document.createElement('a');
    link.href = URL.createObjectURL(new Blob([text], { type: 'text/html' }));
    link.download = `spitrap-${id}.html`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
  } catch (error) {
    model.pastError = error instanceof AgentError ? error.message : 'the report could not be had';
    soon();
  }
}

let isDue = false;

/** Draws before the next frame, once for however many changes; in a tab that nobody sees, too: its title tells. */
function soon() {
  if (isDue) return;
  isDue = true;
  setTimeout(() => {
    isDue = false;
    draw();
  }, 0);
}

/** What was last read out. */
let spoken = 'waiting';

function draw() {
  try {
    drawBar(model);
    const top = drawFirst(model);
    byId('main').classList.toggle('is-stale', model.isStale);
    if (top.kind !== spoken) {
      spoken = top.kind;
      byId('say').textContent = `${top.text}. ${top.lead}`;
    }
    if (model.status !== null) {
      patch(byId('urgent'), [...urgent(model, actions), ...liveIncidents(model, incidentActions)]);
      patch(byId('rooms'), [pastIncidents(model, incidentActions), ...rooms(model)]);
      patch(byId('foot'), foot(model));
    }
    actions.draw();
  } catch (error) {
    // A status of an agent that is newer than this page: better to say so than to stand still.
    byId('headline').textContent = 'This page does not understand its agent';
    byId('lead').textContent = `Load it again. On the agent’s host: spitrap status. (${printable(String(error), 200)})`;
    byId('first').className = 'first bad';
  }
}

byId('gate-form').addEventListener('submit', (/** @type {Event} */ event) => {
  event.preventDefault();
  api.keep(byId('gate-token').value.trim());
  api.readNeedsToken = true;
  byId('gate-token').value = '';
  stream.hurry();
});
addEventListener('online', () => stream.hurry());
document.addEventListener('visibilitychange', () => {
  if (document.visibilityState === 'visible') stream.hurry();
});
setInterval(soon, 1_000);
soon();
void stream.run();
