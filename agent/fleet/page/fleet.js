/**
 * The page of a fleet: asks for the overview every five seconds, follows the address's fragment, and draws what it knows. What each part says
 * stands in the part's own file. No framework, no build: served as it is, on the scripts of an agent's page (docs/fleet.md).
 */
import { AgentError, Api } from '../../web/page/api.js';
import { byId, h, patch } from '../../web/page/dom.js';
import { printable } from '../../web/page/format.js';
import { detail } from './detail.js';
import { happened, lostRooms } from './events.js';
import { drawBar, drawFilters, drawFirst, foot } from './first.js';
import { stateRooms, wrongRooms } from './fleet-rooms.js';
import { Model } from './model.js';
import { queryOf, viewOf } from './view.js';

const EVERY_MS = 5_000;
/** A tab that nobody sees: its title still tells. */
const HIDDEN_EVERY_MS = 30_000;
const AGAIN_FIRST_MS = 1_000;
/** Two bundles from the store, unpacked, verified and put together. */
const REPORT_WITHIN_MS = 90_000;
const MEMBERS = 100;
const OLDER = 100;
/** Of one list on the page: the rest is for `spitrap fleet incidents`. */
const LISTED_MAX = 2_000;

const api = new Api();
const model = new Model();
/** @type {ReturnType<typeof setTimeout> | undefined} */
let timer;
let failures = 0;
/** What of it was asked for last: an answer to anything before is not drawn. */
let asking = 0;

/** Asks for the overview of the view, and again in a while. */
async function ask() {
  clearTimeout(timer);
  const mine = ++asking;
  const { view } = model;
  try {
    const overview = await api.get(`/api/v1/overview?${queryOf(view)}`);
    if (mine !== asking) return;
    failures = 0;
    model.take(overview);
    gate(null);
  } catch (error) {
    if (mine !== asking) return;
    failures++;
    if (error instanceof AgentError && error.asksForToken) gate(error);
    else model.link = { kind: 'lost', why: wordsOf(error) };
  }
  soon();
  const wait = failures === 0 ? EVERY_MS : Math.min(15_000, AGAIN_FIRST_MS * 2 ** (failures - 1));
  timer = setTimeout(() => void ask(), document.visibilityState === 'visible' ? wait : Math.max(wait, HIDDEN_EVERY_MS));
}

/** @param {unknown} error */
function wordsOf(error) {
  if (!(error instanceof AgentError)) return 'The answer was not understood.';
  return error.status === 0 ? 'This process of the fleet does not answer.' : error.message;
}

/** @param {AgentError | null} why null: nothing is wanted */
function gate(why) {
  const isAsked = why !== null;
  const element = byId('gate');
  if (why !== null) {
    const wasGiven = api.token !== null;
    api.forget();
    model.link = { kind: 'token' };
    byId('gate-why').textContent = wasGiven
      ? `The token was refused: ${printable(why.message, 300)}`
      : 'This page is read over the network, so it wants its token first.';
  }
  if (element.hidden === isAsked) {
    element.hidden = !isAsked;
    byId('first').hidden = isAsked && model.overview === null;
    if (isAsked) byId('gate-token').focus();
  }
}

/** The view of the fragment; what it needs and is not there is asked for. */
function follow() {
  const before = model.view;
  model.view = viewOf(location.hash);
  const { group, incident } = model.view;
  const isOther = queryOf(before) !== queryOf(model.view);
  if (isOther) model.older = null;
  if (group !== null && model.group?.of !== group) void askGroup(group);
  if (incident !== null && model.incident?.of !== incident) void askIncident(incident);
  draw();
  // A new card is where the reader looks next; with nothing open the place on the page stays.
  const opened =
    incident !== null && incident !== before.incident ? 'incident' : group !== null && group !== before.group ? 'group' : null;
  if (opened !== null) {
    byId(opened)?.scrollIntoView({ block: 'start' });
    byId(opened)?.focus({ preventScroll: true });
  }
  if (isOther || model.overview === null) void ask();
}

/** @param {string} id */
async function askGroup(id) {
  const known = model.group?.of === id ? model.group.data : null;
  model.group = { of: id, data: known, error: null };
  try {
    const params = new URLSearchParams({ id, limit: String(MEMBERS) });
    if (known !== null) params.set('after', known.next);
    const more = await api.get(`/api/v1/group?${params}`);
    if (model.group.of !== id) return;
    const incidents = known === null ? more.incidents : [...known.incidents, ...more.incidents];
    model.group = { of: id, data: { ...more, incidents, next: incidents.length >= LISTED_MAX ? null : more.next }, error: null };
  } catch (error) {
    if (model.group.of === id) model.group = { of: id, data: known, error: wordsOf(error) };
  }
  soon();
}

/** @param {string} id */
async function askIncident(id) {
  model.incident = { of: id, data: null, error: null };
  try {
    const { incident } = await api.get(`/api/v1/incidents/${id}`);
    if (model.incident.of !== id) return;
    model.incident = { of: id, data: incident, error: null };
    if (isOfOneEndYet(incident)) void askBoth(id);
  } catch (error) {
    if (model.incident.of === id) model.incident = { of: id, data: null, error: wordsOf(error) };
  }
  soon();
}

/** Both bundles are there, and each agent has judged by its own alone. @param {any} incident */
const isOfOneEndYet = ({ ends }) =>
  ends.filter((/** @type {any} */ end) => end.bundle !== null).length > 1 &&
  !ends.some((/** @type {any} */ end) => end.verdict?.twoEnded === true);

/** What both ends' evidence says together: the report of both is made for it, and kept. @param {string} id */
async function askBoth(id) {
  const asked = model.incident;
  if (asked === null) return;
  asked.data = { ...asked.data, both: { state: 'asking' } };
  soon();
  try {
    const { verdict } = await (
      await api.read(`/api/v1/incidents/${id}/verdict.json`, AbortSignal.timeout(REPORT_WITHIN_MS))
    ).json();
    asked.data = { ...asked.data, both: { state: 'there', verdict } };
  } catch (error) {
    asked.data = { ...asked.data, both: { state: 'failed', why: wordsOf(error) } };
  }
  soon();
}

/** Every incident of the window, from the newest on: those of events, too. */
async function askOlder() {
  const before = model.older ?? { incidents: [], next: null, error: null, isAsking: false };
  if (before.isAsking) return;
  model.older = { ...before, isAsking: true, error: null };
  soon();
  const of = queryOf(model.view);
  try {
    const after = before.next === null ? '' : `&after=${encodeURIComponent(before.next)}`;
    const page = await api.get(`/api/v1/incidents?${of}&limit=${OLDER}${after}`);
    if (of !== queryOf(model.view)) return;
    const incidents = [...before.incidents, ...page.incidents];
    model.older = { incidents, next: incidents.length >= LISTED_MAX ? null : page.next, error: null, isAsking: false };
  } catch (error) {
    model.older = { ...before, error: wordsOf(error), isAsking: false };
  }
  soon();
}

/** Reading wants the token, which a link can not carry: the text of the report, here. @param {string} path */
async function read(path) {
  const dialog = byId('dialog');
  const close = h('p.row.end', null, h('button', { type: 'button', onclick: () => dialog.close() }, 'Close'));
  /** @param {import('../../web/page/dom.js').Child} body */
  const show = (body) => patch(dialog, [h('h2', { id: 'dialog-title' }, 'Report'), body, close]);
  show(h('p', null, 'It is made of the bundles of the object store'));
  dialog.showModal();
  try {
    show(h('pre', { tabindex: '0' }, await (await api.read(path, AbortSignal.timeout(REPORT_WITHIN_MS))).text()));
  } catch (error) {
    show(h('p.bad', null, printable(wordsOf(error), 400)));
  }
}

/** @param {string} path @param {string} fileName */
async function save(path, fileName) {
  try {
    const answer = await api.read(path, AbortSignal.timeout(300_000));
    const link = document.createElement('a');
    link.href = URL.createObjectURL(await answer.blob());
    link.download = fileName;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
  } catch (error) {
    if (model.incident !== null) model.incident = { ...model.incident, error: wordsOf(error) };
    byId('say').textContent = wordsOf(error);
    soon();
  }
}

const detailActions = {
  more: () => void (model.view.group !== null && askGroup(model.view.group)),
  read: (/** @type {string} */ path) => void read(path),
  save: (/** @type {string} */ path, /** @type {string} */ fileName) => void save(path, fileName),
  needsToken: () => api.readNeedsToken,
};
const eventActions = { more: () => void askOlder() };

let isDue = false;

/** Draws before the next frame, once for however many changes. */
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
    drawFilters(model);
    if (top.kind !== spoken) {
      spoken = top.kind;
      byId('say').textContent = `${top.text}. ${top.lead}`;
    }
    patch(byId('detail'), detail(model, detailActions));
    if (model.overview !== null) {
      patch(byId('rooms'), [...lostRooms(model), ...wrongRooms(model), ...happened(model, eventActions), ...stateRooms(model)]);
      patch(byId('foot'), foot(model));
    }
  } catch (error) {
    // An answer of a process that is newer than this page: better to say so than to stand still.
    byId('headline').textContent = 'This page does not understand its fleet';
    byId('lead').textContent = `Load it again. On its host: spitrap fleet now. (${printable(String(error), 200)})`;
    byId('first').className = 'first bad';
  }
}

byId('gate-form').addEventListener('submit', (/** @type {Event} */ event) => {
  event.preventDefault();
  api.keep(byId('gate-token').value.trim());
  api.readNeedsToken = true;
  byId('gate-token').value = '';
  void ask();
  follow();
});
addEventListener('hashchange', follow);
addEventListener('online', () => void ask());
document.addEventListener('visibilitychange', () => {
  if (document.visibilityState === 'visible') void ask();
});
setInterval(soon, 1_000);
follow();
