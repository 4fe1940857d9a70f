/** `show monitor event-trace crypto …`: the key engine's trace; the others of IOS XE have nothing here. */
import type { BoxCore } from '../box-core.ts';
import { logStamp } from '../box-time.ts';

const DISABLED = 'Tracing currently disabled, from exec command';
const LATEST = 100;

export function ipsecEvents(core: BoxCore, latest: boolean): string[] {
  if (!core.trace.enabled) return [DISABLED, ''];
  const mark = core.behaviour.clockMark;
  const entries = core.trace.list().slice(latest ? -LATEST : 0);
  return entries.map(({ at, text }) => `${mark}${logStamp(at)}: ${text}`);
}

export function allTraces(core: BoxCore): string[] {
  const part = (name: string, lines: readonly string[]): string[] => [`${name}:`, '', ...lines, ''];
  return [
    '',
    ...part('pki_event', []),
    ...part('pki_internal_event', [DISABLED, '']),
    ...part('pki_error', []),
    ...part('ikev2_event', [DISABLED, '']),
    ...part('ikev2_internal_event', []),
    ...part('ikev2_error', []),
    ...part('ikev2_exception', []),
    ...part('ipsec_event', ipsecEvents(core, false)),
    ...part('ipsec_error', []),
    ...part('ipsec_exception', ['interrupt context allocation count = 0']),
  ];
}
