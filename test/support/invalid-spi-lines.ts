/** The table of header forms and message texts (test/wire/fixtures, test/detect/fixtures) and how to make lines and chunks of them. */
import { readFileSync } from 'node:fs';
import type { InvalidSpi } from '../../shared/detect/invalid-spi.ts';
import type { LineChunk } from '../../shared/model/observation.ts';
import { monotonic, wall } from '../../shared/model/time.ts';

export interface HeaderForm {
  readonly name: string;
  readonly header: string;
  readonly expected: {
    readonly pri: number | null;
    readonly counters: number[];
    readonly hostname: string | null;
    readonly relayHostname: string | null;
    readonly stamp: string | null;
    readonly mark?: string;
    readonly zone?: string | null;
    readonly year?: number | null;
    readonly timeOfDayMs?: number | null;
  };
}

export interface Body {
  readonly name: string;
  readonly mnemonic: string;
  readonly body: string;
  readonly expected: InvalidSpi;
}

const read = (path: string): unknown => JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8'));

export const headerForms = read('../wire/fixtures/header-forms.json') as HeaderForm[];
export const bodies = read('../detect/fixtures/invalid-spi-bodies.json') as Body[];

export const messageOf = (body: Body): string => `%CRYPTO-4-${body.mnemonic}: ${body.body}`;
/** Note A's own line. */
export const noteA = `*Mar 12 18:22:10.706: ${messageOf(bodies[0]!)}`;

export function chunkOf(text: string | Buffer, over: Partial<LineChunk> = {}): LineChunk {
  return {
    kind: 'lines',
    source: 'syslog',
    trust: 'connected',
    bytes: typeof text === 'string' ? Buffer.from(text) : text,
    from: '192.0.2.1',
    at: monotonic(1_000),
    wall: wall(Date.UTC(2026, 2, 12, 18, 22, 10)),
    backlog: false,
    ...over,
  };
}
