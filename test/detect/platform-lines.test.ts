/** shared/detect/platform-lines.ts: charon's lines and the kernel's audit as candidates, a flow once a minute; other platforms have none. */
import { describe, expect, test } from 'vitest';
import { PlatformLines, sightingCandidate } from '../../shared/detect/platform-lines.ts';
import type { LineChunk } from '../../shared/model/observation.ts';
import { monotonic, wall } from '../../shared/model/time.ts';
import { linuxStrongswan } from '../../shared/platforms/linux-strongswan/linux-strongswan.ts';

const RECEIVED = '2026-11-22T08:38:05 02[NET] received packet: from 198.51.100.2[4500] to 198.51.100.1[4500]\n';
const PARSED = '2026-11-22T08:38:05 06[ESP] parsed ESP header with SPI b6811b10 [seq 5]\n';
const UNKNOWN = '2026-11-22T08:38:05 06[ESP] inbound ESP packet does not belong to an installed SA\n';
const flow = { src: '198.51.100.2', dst: '198.51.100.1', spi: 0xb6811b10 };

const chunk = (text: string, atMs = 0, source = 'log'): LineChunk => ({
  kind: 'lines',
  source,
  trust: 'connected',
  bytes: Buffer.from(text),
  from: '198.51.100.1',
  at: monotonic(atMs),
  wall: wall(atMs),
  backlog: false,
});

describe('lines of the platform', () => {
  test('one packet told in three lines, over two chunks', () => {
    const lines = new PlatformLines(linuxStrongswan.unknownSpi);
    expect(lines.read(chunk(RECEIVED + PARSED))).toEqual([]);
    expect(lines.read(chunk(UNKNOWN))).toMatchObject([
      { kind: 'message', source: 'log', trust: 'connected', message: { ...flow, prot: 50, spiAsReceived: '0xb6811b10' } },
    ]);
  });

  test('the next packets of the flow are counted; a minute later it is told again', () => {
    const lines = new PlatformLines(linuxStrongswan.unknownSpi);
    const packet = RECEIVED + PARSED + UNKNOWN;
    expect(lines.read(chunk(packet + packet + packet))).toHaveLength(1);
    expect(lines.repeated).toBe(2);
    expect(lines.read(chunk(packet, 59_000))).toEqual([]);
    expect(lines.read(chunk(packet, 60_000))).toHaveLength(1);
  });

  test('halves of two sources are not one packet', () => {
    const lines = new PlatformLines(linuxStrongswan.unknownSpi);
    lines.read(chunk(RECEIVED + PARSED, 0, 'a'));
    expect(lines.read(chunk(UNKNOWN, 0, 'b'))).toEqual([]);
  });

  test('a platform without such lines', () => {
    expect(new PlatformLines(undefined).read(chunk(RECEIVED + PARSED + UNKNOWN))).toEqual([]);
  });

  test('what a source has seen itself', () => {
    const line = 'spitrap spi-watch: ESP without an SA: …';
    const seen = {
      kind: 'sighting',
      source: 'spi-watch',
      flow,
      line,
      from: '198.51.100.1',
      at: monotonic(5),
      wall: wall(5),
    } as const;
    expect(sightingCandidate(seen)).toMatchObject({
      kind: 'message',
      trust: 'connected',
      backlog: false,
      raw: line,
      message: flow,
    });
  });
});
