/**
 * The actions: what each will do, said before it is done, the choices it takes, and its answer in words. Pure; actions.js asks and tells,
 * test/web/page/action-words.test.ts.
 */
import { clockTime, duration, instant, listed, many, printable } from './format.js';
import { deviceName, names } from './words.js';

/** @typedef {{ name: string, label: string, options: [value: string, text: string][] }} Choice */
/**
 * @typedef {object} Action
 * @property {string} name of the request
 * @property {string} title
 * @property {string} running while it is under way
 * @property {'go' | 'stop' | 'mild'} kind
 * @property {Choice[]} choices
 * @property {(chosen: Record<string, string>) => string[]} says what it will do; the first sentence is what it does, the others what to know
 * @property {(chosen: Record<string, string>) => string} button
 * @property {(chosen: Record<string, string>) => Record<string, unknown>} body
 * @property {(answer: any, now: number) => Told} told
 */
/** @typedef {{ tone: 'good' | 'warn' | 'bad', lines: string[] }} Told */

const MINUTE = 60_000;
const PEERS_TOLD = 12;

/** @param {any} status */
const spitrapPeers = (status) =>
  status.peers.filter((/** @type {any} */ peer) => peer.kind === 'spitrap').map((/** @type {any} */ peer) => peer.name);

/** @param {any} status @returns {Choice[]} */
const whose = (status) => {
  const peers = spitrapPeers(status);
  if (peers.length === 0) return [];
  const others = peers.length > 3 ? many(peers.length, 'peer') : names(peers);
  return [
    {
      name: 'pair',
      label: 'Which ends',
      options: [
        ['both', `${deviceName(status)} and ${others}`],
        ['one', `${deviceName(status)} alone`],
      ],
    },
  ];
};

/** @param {any} status */
const askedPeers = (status) => {
  const peers = spitrapPeers(status);
  return peers.length > 3 ? many(peers.length, 'peer') : names(peers);
};

/** @param {any} status @returns {Action} */
export function arm(status) {
  const device = deviceName(status);
  const isOn = status.arming.state === 'armed';
  const configured = status.arming.leaseMs;
  const usual = typeof configured === 'number' ? duration(configured) : 'as configured';
  return {
    name: 'arm',
    title: isOn ? 'Renew the arming' : 'Arm',
    running: isOn ? 'Renewing' : 'Arming',
    kind: 'go',
    choices: [
      ...whose(status),
      {
        name: 'lease',
        label: 'Lease',
        options: [
          ['', `${usual}, as configured`],
          ['300000', '5 min'],
          ['600000', '10 min'],
        ],
      },
    ],
    says: ({ pair, lease }) => [
      `${isOn ? 'Renews the debugs' : 'Arms debugs'} on ${device}${pair === 'both' ? ` and asks ${askedPeers(status)} to` : ''}; lease ${lease ? duration(Number(lease)) : usual}.`,
      isOn
        ? 'What is armed goes on, and its longest time counts from now.'
        : 'Checks the device first: CPU, clock, log level, free lines. What it lacks, the answer says.',
      'The lease is renewed by the agent while sessions, CPU and peers are well. When it is not, debugs go off by themselves.',
      ...(pair === 'both' ? ['A peer acts on it only where its own configuration allows that.'] : []),
    ],
    button: ({ pair }) => `${isOn ? 'Renew' : 'Arm'} ${device}${pair === 'both' ? ' and ask the peers' : ''}`,
    body: ({ pair, lease }) => ({ change: { pair: pair === 'both', leaseMs: lease ? Number(lease) : null, who: 'page' } }),
    told: (answer, now) => armTold(answer, now, device),
  };
}

/** @param {any} status @returns {Action} */
export function disarm(status) {
  const device = deviceName(status);
  const isOff = status.arming.state === 'disarmed';
  return {
    name: 'disarm',
    title: 'Disarm',
    running: 'Disarming',
    kind: 'stop',
    choices: whose(status),
    says: ({ pair }) => [
      `Turns our debugs off on ${device}${pair === 'both' ? ` and asks ${askedPeers(status)} to` : ''}, then reads back that they are off.`,
      ...(isOff
        ? [`The agent has nothing armed on ${device}: there it changes nothing. A person’s debugs are not touched.`]
        : ['Our debug conditions go, too. What a person turned on stays.']),
      'The agent does not arm again by itself until somebody arms it.',
    ],
    button: ({ pair }) => `Disarm ${device}${pair === 'both' ? ' and ask the peers' : ''}`,
    body: ({ pair }) => ({ change: { pair: pair === 'both', leaseMs: null, who: 'page' } }),
    told: (answer, now) => armTold(answer, now, device),
  };
}

/** @param {any} answer @param {number} now @param {string} device @returns {Told} */
function armTold(answer, now, device) {
  const peers = (answer.peers ?? []).map(
    (/** @type {any} */ one) =>
      `${printable(one.peer, 40)}: ${one.told ? 'told' : 'not told'}${one.detail ? `, ${printable(one.detail, 200)}` : ''}.`,
  );
  const isWhole = (answer.peers ?? []).every((/** @type {any} */ one) => one.told);
  const warnings = (answer.warnings ?? []).map((/** @type {string} */ text) => `Warning: ${printable(text, 400)}`);
  const left =
    (answer.conditions ?? []).length > 0 && answer.state === 'disarmed'
      ? [`Conditions that had to stay: ${printable(answer.conditions.join(', '), 200)}.`]
      : [];
  const said = answer.said ? [`It said: ${printable(answer.said, 400)}`] : [];
  if (answer.state === 'armed') {
    const lease = answer.leaseLeftMs === null ? '' : `; lease until ${clockTime(now + answer.leaseLeftMs, now)}`;
    const dead =
      answer.deadManS === null
        ? 'No dead-man on the router: were the agent’s host gone, nothing would turn them off.'
        : `Dead-man on the router: undebug all in ${duration(answer.deadManS * 1_000)} without us.`;
    return {
      tone: isWhole && warnings.length === 0 ? 'good' : 'warn',
      lines: [`Armed: ${printable(listed(answer.debugs ?? []), 300)} on ${device}${lease}.`, dead, ...warnings, ...peers],
    };
  }
  if (answer.state === 'disarmed')
    return {
      tone: isWhole && left.length === 0 ? 'good' : 'warn',
      lines: [
        answer.was === 'disarmed' ? `Nothing of ours was on at ${device}.` : `Disarmed: our debugs are off on ${device}.`,
        ...said,
        ...left,
        ...warnings,
        ...peers,
      ],
    };
  return { tone: 'warn', lines: [`${device} is ${printable(answer.state, 20)} still.`, ...said, ...warnings, ...peers] };
}

/** @param {any} status @returns {Action} */
export function hold(status) {
  const device = deviceName(status);
  if (status.hold.on)
    return {
      name: 'hold',
      title: 'Take the hold off',
      running: 'Taking the hold off',
      kind: 'go',
      choices: [],
      says: () => [
        `Incidents act again at once: the next one stops the debugs on ${device} and tells the peers.`,
        `It is on hold by ${printable(status.hold.by ?? '?', 60)}. A hold by file or configuration is taken off there.`,
      ],
      button: () => 'Take the hold off',
      body: () => ({ change: { on: false } }),
      told: holdTold,
    };
  return {
    name: 'hold',
    title: 'Hold',
    running: 'Holding',
    kind: 'stop',
    choices: [
      {
        name: 'for',
        label: 'For',
        options: [
          [String(30 * MINUTE), '30 min'],
          [String(120 * MINUTE), '2 h'],
          [String(480 * MINUTE), '8 h'],
          ['', 'until taken off'],
        ],
      },
    ],
    says: ({ for: forMs }) => [
      `Holds ${device} ${forMs ? `for ${duration(Number(forMs))}` : 'until it is taken off'}: no new incident acts.`,
      'Nothing is sent to the device for a new incident, and no peer is told. Debugs that are on stay on, and what is under way is finished.',
    ],
    button: ({ for: forMs }) => (forMs ? `Hold for ${duration(Number(forMs))}` : 'Hold until taken off'),
    body: ({ for: forMs }) => ({ change: { on: true, forMs: forMs ? Number(forMs) : null } }),
    told: holdTold,
  };
}

/** @param {any} answer @param {number} now @returns {Told} */
function holdTold(answer, now) {
  if (!answer.on) return { tone: 'good', lines: ['The hold is off: incidents act again.'] };
  const until = instant(answer.until);
  return {
    tone: 'warn',
    lines: [
      `On hold ${until === null ? 'until taken off' : `until ${clockTime(until, now)}`}, by ${printable(answer.by ?? '?', 60)}.`,
    ],
  };
}

/** @param {any} alarm @returns {Action} */
export function acknowledge(alarm) {
  return {
    name: 'ack',
    title: `Acknowledge ${printable(alarm.id, 64)}`,
    running: 'Acknowledging',
    kind: 'mild',
    choices: [],
    says: () => [
      'You take it over: it is told to nobody again, and stays here until its cause is gone.',
      printable(alarm.text, 400),
      ...(alarm.remedy === null ? [] : [`Still to do: ${printable(alarm.remedy, 400)}`]),
    ],
    button: () => 'I take it over',
    body: () => ({ alarm: alarm.id }),
    told: (answer) => ({ tone: 'good', lines: [`${printable(answer.id, 64)} is acknowledged. It goes when its cause is gone.`] }),
  };
}

/** @param {any} status @returns {Action} */
export function capture(status) {
  const device = deviceName(status);
  return {
    name: 'capture',
    title: 'Capture now',
    running: 'Capturing',
    kind: 'go',
    // A hub takes no alerts: a spoke asks nobody.
    choices: status.role === 'spoke' ? [] : whose(status),
    says: ({ pair }) => [
      `Captures the state of ${device}${pair === 'both' ? ` and asks ${askedPeers(status)} to` : ''}, and keeps it as an incident’s bundle.`,
      'Only show commands are sent, now and once more a little later. Debugs are not touched.',
      'Should the real thing come meanwhile, it stops debugs as ever.',
    ],
    button: ({ pair }) => (pair === 'both' ? 'Capture both ends' : `Capture ${device}`),
    body: ({ pair }) => ({ change: { pair: pair === 'both', who: 'page' } }),
    told: (answer) => ({
      tone: 'good',
      lines: [
        'The capture is under way: it stands above as an incident, and its bundle is written when it has ended.',
        ...(answer.peers?.length > 0 ? [`Asked, too: ${names(answer.peers)}.`] : []),
      ],
    }),
  };
}

/** @param {any} status @returns {Action} */
export function test(status) {
  const peers = status.peers.length;
  return {
    name: 'test',
    title: 'Test the pair',
    running: 'Testing',
    kind: 'go',
    choices: [],
    says: () => [
      peers === 0
        ? 'There is nobody to test: no peer is configured.'
        : `Says hello to ${askedPeers(status) || names(status.peers.map((/** @type {any} */ one) => one.name))} over every path, and waits for the answer.`,
      'Says whether the two ends fit: their clocks, agreed values and versions.',
      'Nothing is captured and no debug is touched, at either end.',
    ],
    button: () => 'Say hello now',
    body: () => ({}),
    told: testTold,
  };
}

/** @param {any} answer @returns {Told} */
function testTold({ peers }) {
  if (peers.length === 0) return { tone: 'warn', lines: ['Nobody was asked: no peer is configured.'] };
  const isWell = peers.every((/** @type {any} */ one) => one.answered && one.detail === '' && one.cfg !== 'differs');
  const answered = peers.filter((/** @type {any} */ one) => one.answered).length;
  const first = isWell
    ? `${answered === 1 ? 'The peer answered' : 'All peers answered'}, and the ends fit.`
    : `${answered} of ${many(peers.length, 'peer')} answered${answered === peers.length ? ', but the ends do not fit' : ''}.`;
  return {
    tone: isWell ? 'good' : answered === 0 ? 'bad' : 'warn',
    lines: [
      first,
      ...peers.slice(0, PEERS_TOLD).map(peerTold),
      ...(peers.length > PEERS_TOLD ? [`And ${many(peers.length - PEERS_TOLD, 'peer')} more: spitrap test.`] : []),
    ],
  };
}

/** @param {any} one */
function peerTold(one) {
  const facts = [
    one.answered ? `answered${one.roundTripMs === null ? '' : ` in ${duration(one.roundTripMs)}`}` : 'no answer',
    one.offsetMs === null
      ? ''
      : Math.abs(one.offsetMs) < 1
        ? 'clock as ours'
        : `clock ${duration(one.offsetMs)} ${one.offsetMs < 0 ? 'behind' : 'ahead'}`,
    one.cfg === 'differs' ? 'set up otherwise' : '',
    one.mode === null ? '' : `mode ${printable(one.mode, 20)}`,
    one.detail === '' ? '' : printable(one.detail, 400),
    ...one.paths
      .filter((/** @type {any} */ path) => !path.acknowledged)
      .map((/** @type {any} */ path) => `${printable(path.endpoint, 60)}: ${printable(path.detail, 200)}`),
  ].filter(Boolean);
  return `${printable(one.peer, 40)}: ${facts.join('; ')}.`;
}

/**
 * The state that an action is about, in words; null: none that lasts. Once it is another, what the action came to is of the past.
 * @param {string} name @param {any} status @returns {string | null}
 */
export function standing(name, status) {
  if (name === 'arm' || name === 'disarm') return status.arming.state === 'armed' ? 'armed' : 'not armed';
  if (name === 'hold') return status.hold.on ? 'on hold' : 'not on hold';
  return null;
}
