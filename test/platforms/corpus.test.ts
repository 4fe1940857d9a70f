/** The parsers on real outputs (../shared/corpus, which is no part of the project): nothing unread, and what the origin's own parse says. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { formatSpi } from '../../shared/model/flow.ts';
import { ciscoIosxe } from '../../shared/platforms/cisco-iosxe/cisco-iosxe.ts';

const corpus = new URL('../../../shared/corpus/', import.meta.url);
const present = existsSync(corpus);
const { parsers } = ciscoIosxe;

const files = (folder: string): string[] =>
  present
    ? readdirSync(new URL(`${folder}/`, corpus))
        .filter((name) => name.endsWith('.txt'))
        .map((name) => `${folder}/${name}`)
    : [];
const output = (file: string): string => readFileSync(new URL(file, corpus), 'utf8');
const golden = (file: string): unknown =>
  JSON.parse(readFileSync(new URL(file.replace(/\.txt$/, '.golden.json'), corpus), 'utf8'));

/** Every value under one of these keys, anywhere, and every key that looks like an SPI. */
function gather(node: unknown, keys: readonly string[], found: string[] = []): string[] {
  if (Array.isArray(node)) for (const item of node) gather(item, keys, found);
  else if (typeof node === 'object' && node !== null) {
    for (const [key, value] of Object.entries(node)) {
      if (keys.includes(key) && (typeof value === 'string' || typeof value === 'number') && value !== '')
        found.push(String(value));
      if (keys.includes('spi') && /^0x[0-9A-Fa-f]+\(\d+\)$/.test(key)) found.push(key);
      gather(value, keys, found);
    }
  }
  return found;
}

const spis = (texts: readonly string[]): string[] =>
  texts
    .flatMap((text) => text.match(/0x[0-9A-Fa-f]{1,8}/g) ?? [])
    .map((hex) => formatSpi(Number.parseInt(hex, 16)))
    .sort();
const unique = (texts: readonly string[]): string[] => [...new Set(texts)].sort();

describe.skipIf(!present)('real outputs of ../shared/corpus (skipped when that folder is absent)', () => {
  const ipsec = ['', '-detail', '-interface', '-ipv6-detailed', '-peer', '-peer-detail'].flatMap((kind) =>
    files(`show-crypto-ipsec-sa${kind}`),
  );

  test.each(ipsec)('%s', (file) => {
    const { value, unread } = parsers.ipsecSas(output(file));
    expect(unread).toEqual([]);
    const expected = golden(file);
    expect(unique(value.map((ident) => ident.peer ?? '-'))).toEqual(
      unique(gather(expected, ['peer_ip', 'current_peer', 'peer']).map((peer) => peer.toLowerCase())),
    );
    const ours = value
      .flatMap((ident) => [...ident.sas.map((sa) => sa.spi), ident.currentOutboundSpi])
      .filter((spi) => spi !== null);
    const theirs = spis(
      gather(expected, [
        'spi',
        'current_outbound_spi',
        'current_outbound_spi_hex',
        'sa_spi_hex',
        'outbound_spi',
        'inbound_esp_sas_spi',
        'outbound_esp_sas_spi',
        'inbound_esp_spi',
        'outbound_esp_spi',
      ]),
    );
    expect(unique(ours.map(formatSpi))).toEqual(unique(theirs));
    // One origin repeats the ident for each SA; one output has no such line.
    const encaps = value.flatMap((ident) => ident.counters['pkts encaps'] ?? []);
    expect(unique(encaps.map(String))).toEqual(unique(gather(expected, ['pkts_encaps'])));
  });

  test.each(files('show-clock'))('%s', (file) => {
    const { value, unread } = parsers.clock(output(file));
    expect(unread).toEqual([]);
    const [time] = gather(golden(file), ['time']);
    const [year] = gather(golden(file), ['year']);
    const [zone] = gather(golden(file), ['timezone']);
    expect(value).toMatchObject({ text: expect.stringContaining(time!), year: Number(year), zone });
  });

  test.each(files('show-debug'))('%s', (file) => {
    const { value, unread } = parsers.debugging(output(file));
    expect(unread).toEqual([]);
    expect(value.map((flag) => flag.text)).toEqual(['HSRP Errors debugging', 'HSRP Events debugging', 'HSRP Packets debugging']);
    expect(value.some((flag) => flag.crypto)).toBe(false);
  });

  const counted = ['isakmp-sa', 'isakmp-sa-detail', 'ikev2-sa', 'ikev2-sa-detail'].flatMap((kind) =>
    files(`show-crypto-${kind}`),
  );
  test.each(counted)('%s', (file) => {
    const rows = gather(golden(file), ['session_state', 'c_id']).length || gather(golden(file), ['life_time']).length;
    expect(parsers.saCount(output(file))).toEqual({ value: rows, unread: [] });
  });

  test.each(files('show-logging'))('%s', (file) => {
    const { value, unread } = parsers.logging(output(file));
    expect(unread).toEqual([]);
    const buffer = (golden(file) as { logging?: { buffer?: { level?: string; status: string } } }).logging?.buffer;
    const levels = ['emergencies', 'alerts', 'critical', 'errors', 'warnings', 'notifications', 'informational', 'debugging'];
    if (buffer !== undefined) expect(value.bufferLevel).toBe(buffer.level === undefined ? -1 : levels.indexOf(buffer.level));
  });

  test.each(files('show-logging'))('%s: levels of its header', (file) => {
    const { value, unread } = parsers.loggingLevels(output(file));
    expect(unread).toEqual([]);
    const { logging } = golden(file) as { logging?: Record<string, { level?: string; status: string }> };
    const levels = ['emergencies', 'alerts', 'critical', 'errors', 'warnings', 'notifications', 'informational', 'debugging'];
    for (const which of ['console', 'monitor', 'buffer', 'trap'] as const) {
      const theirs = logging?.[which];
      if (theirs !== undefined) expect(value[which], which).toBe(theirs.level === undefined ? -1 : levels.indexOf(theirs.level));
    }
    const hosts = Object.keys((logging?.['trap'] as { logging_to?: object } | undefined)?.logging_to ?? {});
    if (hosts.length > 0) expect([...value.hosts].sort()).toEqual(hosts.sort());
  });
});
