/**
 * tcpdump on the hub's end of the wire, as a witness that knows nothing of agents and SAs: each ESP packet that arrives, in a pcap and as
 * a line. Started by real/run.ts.
 */
import { parseSpi, type Spi } from '../../../../shared/model/flow.ts';
import type { GatewayEnd } from './end.ts';
import { WAN } from './files.ts';

// 1790000000.123456 IP 198.51.100.2.4500 > 198.51.100.1.4500: UDP-encap: ESP(spi=0xb6811b10,seq=0x3), length 136
// 1790000000.123456 IP 198.51.100.2 > 198.51.100.1: ESP(spi=0xb6811b10,seq=0x3), length 136
const PACKET =
  /^(?<stamp>\d+\.\d+) IP (?<src>[\d.]+?)(?:\.4500)? > (?<dst>[\d.]+?)(?:\.4500)?: (?:UDP-encap: )?ESP\(spi=(?<spi>0x[0-9a-f]{8}),seq=/;

export interface SeenSpi {
  readonly spi: Spi;
  readonly packets: number;
  /** Milliseconds since 1970. */
  readonly lastMs: number;
}

export class Witness {
  readonly #seen = new Map<Spi, SeenSpi>();

  /** `file`: the pcap, on this host. Resolves when it listens. */
  async start(hub: GatewayEnd, file: string): Promise<void> {
    const filter = `dst host ${WAN.hub} and (esp or udp port 4500)`;
    const dump = hub.start('tcpdump', '-i', 'wan', '-n', '-l', '-tt', '-U', '-Z', 'root', '--print', '-w', file, filter);
    await new Promise<void>((resolve) => {
      void dump.gone.then(() => resolve());
      dump.onLine((line) => {
        // tcpdump: listening on wan, link-type EN10MB (Ethernet), snapshot length 262144 bytes
        if (line.includes('listening on')) resolve();
        this.#note(line);
      });
    });
  }

  #note(line: string): void {
    const found = PACKET.exec(line)?.groups;
    const spi = found === undefined ? null : parseSpi(found['spi']!);
    if (found === undefined || spi === null) return;
    this.#seen.set(spi, { spi, packets: (this.#seen.get(spi)?.packets ?? 0) + 1, lastMs: Number(found['stamp']) * 1_000 });
  }

  of(spi: Spi): SeenSpi | null {
    return this.#seen.get(spi) ?? null;
  }

  /** What arrived last: while the hub has no SA, what it drops. */
  last(): SeenSpi | null {
    return [...this.#seen.values()].sort((a, b) => b.lastMs - a.lastMs)[0] ?? null;
  }
}
