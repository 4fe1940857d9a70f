/**
 * A case with less evidence: what a bundle may lack (lines, commands, tables, a whole end), each as a change of the options of `caseOf`. Nothing
 * is ever added or turned round. Used by the rules' tests.
 */
import type { CaseOptions, EndOptions, SaOptions } from './case.ts';

export interface Removal {
  readonly name: string;
  readonly apply: (options: CaseOptions) => CaseOptions;
}

const onEnd = (side: 'hub' | 'spoke', name: string, change: (end: EndOptions) => EndOptions): Removal => ({
  name: `${side}: ${name}`,
  apply: (options) => {
    const end = options[side];
    return end === null ? options : { ...options, [side]: change(end ?? {}) };
  },
});

const onSa = (spi: number, name: string, change: (sa: SaOptions) => SaOptions): Removal => ({
  name: `SA ${spi.toString(16)}: ${name}`,
  apply: (options) => ({ ...options, sas: (options.sas ?? []).map((sa) => (sa.spi === spi ? change(sa) : sa)) }),
});

/** Every single thing that can be missing from it. */
export function removalsOf(options: CaseOptions): Removal[] {
  const sides = ['hub', 'spoke'] as const;
  return [
    ...sides.flatMap((side) => {
      const end = options[side] ?? {};
      return [
        ...(end.events ?? []).map((event) =>
          onEnd(side, `no ${event.kind} at ${event.seconds}`, (one) => ({
            ...one,
            events: (one.events ?? []).filter((other) => other !== event),
          })),
        ),
        onEnd(side, 'no uptime', (one) => ({ ...one, upSeconds: null })),
        onEnd(side, 'no IKE table', (one) => ({ ...one, ike: null })),
        onEnd(side, 'no configuration', (one) => ({ ...one, configured: false })),
        onEnd(side, 'no debugs', (one) => ({
          ...one,
          debugs: false,
          events: (one.events ?? []).filter(({ kind }) => !DEBUGS.test(kind)),
        })),
        onEnd(side, 'debugs not known', (one) => ({ ...one, debugs: null })),
        onEnd(side, 'a hole in the log', (one) => ({ ...one, holes: 1 })),
        onEnd(side, 'no log', (one) => ({ ...one, logSeconds: null, debugs: null, events: [] })),
        onEnd(side, 'a short log', (one) => ({
          ...one,
          logSeconds: 3,
          events: (one.events ?? []).filter(({ seconds }) => (seconds ?? 0) >= -3),
        })),
        onEnd(side, 'no counters', (one) => ({ ...one, counters: {}, identCounters: {} })),
      ];
    }),
    ...(options.sas ?? []).flatMap(({ spi }) => [
      onSa(spi, 'not in a table of its receiver', (sa) => ({ ...sa, inbound: 'unknown', leftInbound: null })),
      onSa(spi, 'not in a table of its sender', (sa) => ({
        ...sa,
        outbound: 'unknown',
        current: 'unknown',
        leftSeconds: null,
        packets: null,
      })),
      onSa(spi, 'no counters', (sa) => ({ ...sa, packets: null })),
      onSa(spi, 'no lifetime', (sa) => ({ ...sa, leftSeconds: null, leftInbound: null, leftKilobytes: null })),
      onSa(spi, 'no relations', (sa) => ({ ...sa, next: null, previous: null, partner: null })),
    ]),
    { name: 'no bundle of the spoke', apply: (one) => ({ ...one, spoke: null }) },
    {
      name: 'one message',
      apply: (one) => ({
        ...one,
        flows: (one.flows ?? []).map((flow) => ({ ...flow, seen: [0, 0] as const, count: 1, judged: 'unknown' as const })),
      }),
    },
  ];
}

const DEBUGS = /^(?:sa-|delete-|rekey|retransmit|dpd|initial|port|ike-established|ike-deleted|lifetime|invalid-spi-notify)/;
