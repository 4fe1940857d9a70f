/** Draws how the two ends are configured and what their users do; a cause then insists on what it needs. Used by the bench and by tests. */
import type { Clock } from '../../../shared/clock.ts';
import type { BoxOptions } from '../contract.ts';
import type { Prng } from '../prng.ts';
import type { TunnelKind } from '../sa-model.ts';
import type { EndSettings } from './live-settings.ts';
import type { EndName, StagePlan } from './stage.ts';

export const RECEIVER_ADDRESS = '213.163.222.7';
export const SENDER_ADDRESS = '11.1.1.3';

export interface DrawOptions {
  readonly seed: number;
  /** Of each box: its own wall clock, the monotonic one shared. */
  readonly clocks: Readonly<Record<EndName, Clock>>;
  readonly boxes?: Readonly<Partial<Record<EndName, Partial<BoxOptions>>>>;
}

/** Most often as the default has it. */
const mostly = <T>(prng: Prng, percent: number, usual: T, other: () => T): T =>
  prng.between(1, 100) <= percent ? usual : other();

export function drawPlan(prng: Prng, options: DrawOptions): StagePlan {
  const kind = prng.pick<TunnelKind>([
    'dmvpn',
    'dmvpn',
    'dmvpn',
    'dmvpn',
    'gre',
    'gre',
    'vti',
    'vti',
    'crypto-map',
    'crypto-map',
  ]);
  const ikeVersion = mostly<1 | 2>(prng, 65, 1, () => 2);
  const receiverIsHub = mostly(prng, 75, true, () => false);
  const seconds = mostly(prng, 65, 3_600, () => prng.between(15, 120) * 60);
  const ikeSeconds = mostly(prng, 65, 86_400, () => prng.between(2, 12) * 3_600);
  const dpd = drawDpd(prng);
  const recovery = prng.between(1, 100) <= 25;
  const session = prng.between(1, 100) <= 40;
  const neighbour = kind !== 'crypto-map' && prng.between(1, 100) <= 60;
  const settings = (role: 'hub' | 'spoke'): EndSettings => ({
    kind,
    role: kind === 'dmvpn' ? role : 'hub',
    ikeVersion,
    ikeLifetimeSeconds: ikeSeconds,
    ipsecLifetimeSeconds: seconds,
    kilobytes: null,
    countsItsOwn: false,
    ...(prng.between(1, 100) <= 85 ? dpd : drawDpd(prng)),
    invalidSpiRecovery: recovery,
    // A hub learns its spokes from NHRP, and forgets them with the registration.
    knowsPeer: !(kind === 'dmvpn' && role === 'hub'),
    packetsPerSecond: prng.pick([4, 8, 15, 30, 60, 120, 250]),
    packetOctets: prng.between(90, 900),
    // A spoke registers, and says hello, of itself.
    answersOnly: prng.between(1, 100) <= 45 && !(kind === 'dmvpn' && role === 'spoke'),
    loggingSession: session,
    neighbour,
    respondsOnly: false,
    sendsTooEarly: false,
    installMs: prng.between(4, 40),
    oldKeptMs: prng.between(1_500, 30_000),
    transientAtOnce: prng.between(1, 100) <= 50,
  });
  const drawn = {
    receiver: settings(receiverIsHub ? 'hub' : 'spoke'),
    // Who began the conversation sends of itself.
    sender: { ...settings(receiverIsHub ? 'spoke' : 'hub'), answersOnly: false },
  };
  const box = (name: EndName, hostname: string, cryptoAddress: string): BoxOptions => ({
    hostname,
    platform: prng.pick(['cisco-ios', 'cisco-iosxe']),
    clock: options.clocks[name],
    seed: prng.uint32(),
    cryptoAddress,
    enableSecret: null,
    vtyLines: 5,
    messageIntervalMs: 60_000,
    consoleLevel: null,
    trapLevel: 'debugging',
    messageLimitScope: prng.pick(['box', 'flow']),
    ...options.boxes?.[name],
  });
  return {
    seed: options.seed,
    boxes: {
      receiver: box('receiver', 'hub', RECEIVER_ADDRESS),
      sender: box('sender', 'spoke', SENDER_ADDRESS),
    },
    settings: drawn,
    latencyMs: prng.between(3, 60),
    ikeAgeMs: prng.between(60, Math.floor(ikeSeconds * 0.6)) * 1_000,
    pairAgeMs: prng.between(30, Math.max(31, Math.floor(seconds * 0.5))) * 1_000,
    tunnelKeys: { receiver: 100_000, sender: 100_000 },
    standby: null,
    natPort: null,
    traced: { receiver: prng.between(1, 100) <= 70, sender: prng.between(1, 100) <= 70 },
  };
}

function drawDpd(prng: Prng): Pick<EndSettings, 'dpdMode' | 'dpdSeconds'> {
  const dpdMode = prng.pick(['none', 'none', 'none', 'periodic', 'periodic', 'periodic', 'on-demand', 'on-demand'] as const);
  return { dpdMode, dpdSeconds: prng.pick([10, 15, 20, 30, 40, 60]) };
}
