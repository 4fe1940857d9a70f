/**
 * `arm` and `arming` (pair-protocol.md, "Arming"): who turns debugs on, which, for whom, and how long they may stay. Used by
 * schema.ts; the rules between them by rules.ts.
 */
import { type ArmWhen, type DebugName, debugNames } from '../../shared/model/arming.ts';
import { formatDuration, parseDuration } from '../../shared/model/time.ts';
import type { Rearm } from './config.ts';
import { leaf, oneOrMany, optional, Remedy, section, withDefault } from './field-notes.ts';
import * as kinds from './fields.ts';
import type { Findings, Parts } from './rules.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
/** As many values as IOS takes for one type of condition. */
export const CONDITIONS_MAX = 10;

const whens: readonly ArmWhen[] = ['manual', 'always', 'on-first-sighting'];

export const armField = () =>
  withDefault(
    kinds.word(whens),
    'manual',
    'Who turns debugs on. `manual`: a person, on the router or by `spitrap arm`. `always`: the agent, after its pre-flight. `on-first-sighting`: the agent, after a first message, of which only a capture is made: its own cause is not recorded.',
  );

const rearm = () =>
  leaf(`never, if-transient, or a duration, 1m to ${formatDuration(7 * 24 * HOUR)}`, (raw): Rearm | Remedy => {
    if (raw === 'never' || raw === 'if-transient') return { kind: raw };
    const text = typeof raw === 'string' ? raw.replace(/^after\s+/, '') : '';
    const afterMs = parseDuration(text);
    if (afterMs === null) return new Remedy('never, if-transient, or how long after the incident: 1h');
    if (afterMs < MINUTE || afterMs > 7 * 24 * HOUR) return new Remedy(`from 1m to ${formatDuration(7 * 24 * HOUR)}`);
    return { kind: 'after', afterMs };
  });

export const armingSection = () =>
  section(
    {
      debugs: withDefault(
        oneOrMany(kinds.word<DebugName>(debugNames)),
        ['isakmp', 'ipsec'],
        'Which crypto debugs. `ikev2` in place of `isakmp` where tunnels use it. `engine` with many tunnels can flood: hardware engines may not filter by condition.',
      ),
      conditions: optional(
        oneOrMany(kinds.address()),
        `Peers whose debugs are shown (\`debug crypto condition peer\`), ${CONDITIONS_MAX} at most. Debugs are never turned on without one.`,
        'the single addresses in `peers[].cryptoAddresses`',
      ),
      lease: withDefault(
        kinds.duration(3 * MINUTE, 2 * HOUR),
        '15m',
        'Debugs stay on while the agent keeps renewing this: its sessions, the CPU reading and every `spitrap` peer must be well.',
      ),
      maxDebug: withDefault(
        kinds.duration(10 * MINUTE, 30 * 24 * HOUR),
        '72h',
        'In total, until a person renews with `spitrap arm`; a warning comes at 80 %.',
      ),
      rearm: optional(
        rearm(),
        'After an incident. `if-transient`: when it was judged a benign rekey; a black hole waits for a person. A duration: so long after it, in any case.',
        '`if-transient` with `arm: always`, else `never`',
      ),
      deadMan: withDefault(
        kinds.flag(),
        false,
        'An EEM applet on the router that types `undebug all` after twice the lease, should the agent be gone. Needs configuration rights; it shows in the running configuration and logs %SYS-5-CONFIG_I each time it is set.',
      ),
      allowRemoteArm: withDefault(
        kinds.flag(),
        false,
        'Act on `spitrap arm --pair` and `disarm --pair` of a peer. SNMPv3 peers only.',
      ),
    },
    'What is turned on, and how long it may stay.',
  );

/** `own` names what the agent armed; with debugs that a person turned on there is nothing of its own. */
export function stopModeFits({ arm, stop }: Parts, { fault }: Findings): void {
  if (arm === 'manual' && stop.mode === 'own')
    fault(['stop', 'mode'], 'own turns off only what the agent armed by itself, and with arm: manual it arms nothing; write all');
}

/** Debugs are never turned on without a condition: one tunnel of hundreds is wanted, not all. */
export function conditionsStand({ arm, arming, peers = [] }: Parts, { fault, warn }: Findings): void {
  const given = arming.conditions ?? null;
  if (given !== null && given.length > CONDITIONS_MAX)
    fault(['arming', 'conditions'], `more than ${CONDITIONS_MAX}: IOS takes about ten values for one type of condition`);
  if (given !== null || arm === undefined) return;
  const singles = peers.flatMap((peer) => peer?.cryptoAddresses.filter(isSingle) ?? []);
  const where = 'arming.conditions is missing: give the tunnel addresses whose debugs are wanted';
  if (singles.length > CONDITIONS_MAX && arm !== 'manual')
    fault(['arming', 'conditions'], `the peers have ${singles.length} addresses, IOS takes about ${CONDITIONS_MAX}; ${where}`);
  if (singles.length === 0 && peers.length > 0 && arm !== 'manual')
    fault(['arming', 'conditions'], `no peer has a single address to make a condition of; ${where}`);
  const ranged = peers.flatMap((peer) => (peer?.cryptoAddresses.some((range) => !isSingle(range)) ? [peer.name] : []));
  if (ranged.length > 0 && singles.length > 0 && arm !== 'manual')
    warn(`debugs will not show ${ranged.join(', ')}: a range makes no condition; name addresses in arming.conditions`);
}

const isSingle = ({ bits, family }: { readonly bits: number; readonly family: 4 | 6 }): boolean =>
  bits === (family === 6 ? 128 : 32);

/** A replayed v2c datagram would turn debugs on again. */
export function remoteArmAuthenticated({ arming, peers = [] }: Parts, { fault }: Findings): void {
  if (arming.allowRemoteArm !== true) return;
  const open = peers.find((peer) => peer?.kind === 'spitrap' && peer.snmp.version !== 3);
  if (open)
    fault(
      ['arming', 'allowRemoteArm'],
      `${open.name} speaks v${open.snmp.version}, which anyone can spoof: nobody else may turn debugs on; use version 3`,
    );
}

/** The addresses to make conditions of, where the file names none. */
export const peerConditions = (
  peers: readonly {
    readonly cryptoAddresses: readonly { readonly text: string; readonly bits: number; readonly family: 4 | 6 }[];
  }[],
): string[] =>
  [...new Set(peers.flatMap((peer) => peer.cryptoAddresses.filter(isSingle).map((range) => range.text)))].slice(
    0,
    CONDITIONS_MAX,
  );
