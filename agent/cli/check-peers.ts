/** `spitrap check --peers`: the peers as the agent will have them, and where each came from. No secret stands in it. Called by check.ts. */
import { printable } from '../../shared/model/printable.ts';
import type { PeerConfig } from '../config/config.ts';
import { formatEndpoint } from '../config/fields.ts';
import type { LoadedConfig } from '../config/load.ts';

/** What `--json` prints of one. */
export interface PeerRow {
  readonly name: string;
  readonly kind: PeerConfig['kind'];
  readonly cryptoAddresses: readonly string[];
  readonly send: readonly string[];
  readonly from: readonly string[];
  readonly tags: Readonly<Record<string, string>>;
  /** `spokes.csv row 7`, `peers.d/a.yaml`; null: the configuration itself. */
  readonly origin: string | null;
}

export const peerRows = ({ config, peerOrigins }: Pick<LoadedConfig, 'config' | 'peerOrigins'>): PeerRow[] =>
  config.peers.map(({ name, kind, cryptoAddresses, send, from, tags }, index) => ({
    name,
    kind,
    cryptoAddresses: cryptoAddresses.map(({ text }) => text),
    send: send.map(formatEndpoint),
    from: from.map(({ text }) => text),
    tags,
    origin: peerOrigins[index] ?? null,
  }));

/** A line each, for a person and for grep: name, kind, tunnels, paths, tags, origin. `file`: how the configuration is named. */
export function peerListing(rows: readonly PeerRow[], file: string): string {
  const cells = rows.map(({ name, kind, cryptoAddresses, send, tags, origin }) => [
    name,
    kind,
    cryptoAddresses.join(',') || '-',
    send.join(',') || '-',
    Object.entries(tags)
      .map(([tag, value]) => `${tag}=${value}`)
      .join(',') || '-',
    origin ?? file,
  ]);
  const shown = [['peer', 'kind', 'tunnels', 'paths', 'tags', 'from'], ...cells].map((row) =>
    row.map((cell) => printable(cell, 200)),
  );
  const widths = shown[0]!.map((_, column) => shown.reduce((widest, row) => Math.max(widest, row[column]!.length), 0));
  const lines = shown.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column]!))
      .join('  ')
      .trimEnd(),
  );
  return [...lines, '', `${rows.length} peer${rows.length === 1 ? '' : 's'}`].join('\n');
}
