/**
 * Takes a third of the evidence away, as incidents do: a whole end, commands that were refused, timed out or never came back, lines lost on
 * the way, a log that begins too late. What is missing says so where a real bundle would.
 */
import type { Prng } from '../../../agent/lab/prng.ts';
import type { BundleText, CapturedText } from '../../../shared/bundle/bundle-text.ts';
import type { FileHole } from '../../../shared/bundle/incident-file.ts';

const THIRD = 1 / 3;

export function degrade(ends: readonly BundleText[], prng: Prng): BundleText[] {
  // Half of the evidence at once.
  if (ends.length === 2 && prng.between(1, 100) <= 25) return [ends[prng.between(1, 100) <= 65 ? 0 : 1]!];
  return ends.map((bundle) => less(bundle, prng));
}

function less(bundle: BundleText, prng: Prng): BundleText {
  const kept = bundle.captures.map((capture) => (chance(prng, THIRD) ? without(capture, prng) : capture));
  const { log, holes, from } = lessLog(bundle, prng);
  const incident = {
    ...bundle.incident,
    captures: kept.map(({ entry }) => entry),
    log: { ...bundle.incident.log, from, holes, file: log === null ? null : bundle.incident.log.file },
    outcome: { kind: 'partial' as const, reasons: ['captures-incomplete'] },
    event: bundle.incident.event && { ...bundle.incident.event },
  };
  return { ...bundle, incident, incidentLines: JSON.stringify(incident, null, 2).split('\n'), captures: kept, log: log ?? [] };
}

function without(capture: CapturedText, prng: Prng): CapturedText {
  const gone = (status: 'refused' | 'timeout' | 'closed' | 'skipped', text: string, detail: string): CapturedText => ({
    ...capture,
    text,
    file: status === 'skipped' ? null : capture.file,
    entry: {
      ...capture.entry,
      status,
      detail,
      bytes: Buffer.byteLength(text),
      ...(status === 'skipped' ? { file: null, sent: null } : {}),
    },
  });
  switch (prng.between(0, 3)) {
    case 0:
      return gone('refused', '% Authorization failed.', '% Authorization failed.');
    case 1:
      return gone(
        'timeout',
        capture.text.slice(0, prng.between(0, Math.max(1, capture.text.length - 1))),
        'no prompt within 20 s',
      );
    case 2:
      return gone('closed', '', 'the connection was closed by the device');
    default:
      return gone('skipped', '', 'no session');
  }
}

interface LessLog {
  readonly log: readonly string[] | null;
  readonly holes: FileHole[];
  readonly from: BundleText['incident']['log']['from'];
}

function lessLog(bundle: BundleText, prng: Prng): LessLog {
  const { log, incident } = bundle;
  const { from, to } = incident.log;
  const hole = (reason: string, lostLines: number | null): FileHole => ({
    from,
    to,
    source: 'syslog',
    reason,
    detail: null,
    lostLines,
    lostBytes: null,
  });
  switch (prng.between(0, 4)) {
    case 0:
      return { log: null, holes: [hole('agent-not-running', null)], from };
    case 1: {
      // Its front is gone: as after a restart of the agent.
      const first = Math.floor(log.length * (prng.between(30, 80) / 100));
      return { log: log.slice(first), holes: [{ ...hole('agent-not-running', null), to: incident.opened }], from };
    }
    default: {
      const kept = log.filter(() => !chance(prng, THIRD));
      return { log: kept, holes: [hole('counter-gap', log.length - kept.length)], from };
    }
  }
}

const chance = (prng: Prng, share: number): boolean => prng.between(0, 9_999) < share * 10_000;
