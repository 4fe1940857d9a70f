/**
 * Real syslog lines of ../shared/corpus (not part of this repository): every line of IOS and IOS XE has its header read to the last
 * character, lines of other systems are listed here as such, and nothing in them is taken for the event.
 */
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { emptyWrapState, findCandidates, flushCandidates } from '../../shared/detect/candidates.ts';
import { monotonic } from '../../shared/model/time.ts';
import { parseSyslog } from '../../shared/wire/syslog.ts';
import { chunkOf } from '../support/invalid-spi-lines.ts';

const folder = new URL('../../../shared/corpus/syslog/', import.meta.url);
const present = existsSync(folder);
const linesOf = (file: string): string[] =>
  present
    ? readFileSync(new URL(file, folder), 'utf8')
        .split('\n')
        .filter((line) => line.trim() !== '')
    : [];

/** As sc4s fills its templates in; `\n` stands in some of them. */
const filled = (template: string): string[] =>
  ['<188>', ''].map((mark) =>
    template
      .replaceAll('{{ mark }}', mark)
      .replaceAll('{{ seq }}', '4711')
      .replaceAll('{{ host }}', 'sc4s-host_1')
      .replaceAll('{{ bsd }}', 'Mar  4 11:45:20')
      .replaceAll('{{ microsec }}', '000001')
      .replaceAll('{{ millisec }}', '411')
      .replaceAll('{{ year }}', '2020')
      .replaceAll('{{ tzname }}', 'UTC')
      .replaceAll('{{ node_id }}', 'RP/0/RSP0/CPU0')
      .replace(/\\n$/, ''),
  );

/** Not IOS: by what only that system prints. */
const otherSystems: readonly (readonly [system: string, mark: RegExp])[] = [
  ['IOS XR', /RP\/0\/\S+CPU0:/],
  ['WLC (AireOS)', /\*spamApTask1/],
  ['NX-OS', /%(MODULE|L2FM|DAEMON|ACLLOG)-/],
  ['ACI', /%LOG_(LOCAL\d)?-\d-SYSTEM_MSG/],
];
const systemOf = (line: string): string => otherSystems.find(([, mark]) => mark.test(line))?.[0] ?? 'IOS';

const continued = (lines: readonly string[]): string[] =>
  lines.reduce<string[]>((all, line) => {
    if (/^\s/.test(line) && all.length > 0) all[all.length - 1] += ` ${line.trim()}`;
    else all.push(line);
    return all;
  }, []);

const every: readonly string[] = [
  ...linesOf('napalm-logs-ios.txt'),
  ...continued(linesOf('pkt-replay-err-multiline.txt')),
  // One comment of sc4s is a piece of its own source with the template still in it.
  ...linesOf('sc4s-comments.txt').filter((line) => !line.includes('{{')),
  ...linesOf('sc4s-templates.jinja.txt').flatMap(filled),
];
const ios = every.filter((line) => systemOf(line) === 'IOS');
const others = every.filter((line) => systemOf(line) !== 'IOS');

describe.skipIf(!present)('syslog lines of ../shared/corpus (skipped when the corpus is absent)', () => {
  test('there is something to read', () => {
    expect(ios.length).toBeGreaterThan(60);
    expect(new Set(others.map(systemOf))).toEqual(new Set(otherSystems.map(([system]) => system)));
  });

  test.each([...new Set(ios)])('IOS: %s', (line) => {
    const read = parseSyslog(line);
    expect(read).toMatchObject({ unread: '', mnemonic: expect.stringMatching(/^[A-Z0-9_]+$/) });
    const printed = line.slice(0, line.indexOf('%'));
    // Whatever stands in front of the message was taken for something: the header put together again is the header.
    const parts = [read.pri, ...read.counters, read.hostname, read.stamp?.text].filter(
      (part) => part !== null && part !== undefined,
    );
    const rest = parts.reduce<string>((text, part) => text.replace(new RegExp(`0*${escapeText(String(part))}`), ''), printed);
    expect(rest).toMatch(/^[<>: ]*$/);
  });

  test.each([...new Set(others)].map((line) => [systemOf(line), line] as const))('%s: %s', (_system, line) => {
    expect(() => parseSyslog(line)).not.toThrow();
    expect(line).not.toContain('INV_SPI');
  });

  test("agrees with the origin's own reading of the napalm lines", () => {
    const golden = JSON.parse(readFileSync(new URL('napalm-logs-ios.golden.json', folder), 'utf8')) as Record<string, Golden>;
    for (const [line, { message_details: theirs }] of Object.entries(golden)) {
      const ours = parseSyslog(line);
      expect(ours).toMatchObject({
        pri: Number(theirs.pri),
        facility: theirs.facility,
        severity: theirs.severity,
        hostname: theirs.host,
        sequence: Number(theirs.messageId),
        // Theirs drops `Process 1, ` of OSPF into a field of its own.
        body: expect.stringMatching(new RegExp(`${escapeText(theirs.message)}$`)),
      });
      expect(`${ours.facilityName}-${ours.messageSeverity}-${ours.mnemonic}`).toBe(theirs.tag);
      expect(ours.stamp?.zone ?? null).toBe(theirs.timeZone ?? null);
      expect(ours.stamp?.text).toContain(`${theirs.date} ${theirs.time}.${theirs.milliseconds}`);
    }
    expect(Object.keys(golden)).toHaveLength(10);
  });

  test('no flow in any of it', () => {
    const files = ['napalm-logs-ios.txt', 'pkt-replay-err-multiline.txt', 'sc4s-comments.txt', 'sc4s-templates.jinja.txt'];
    const whole = [...files.map((file) => readFileSync(new URL(file, folder), 'utf8')), every.join('\n')].join('\n');
    const found = findCandidates(emptyWrapState, chunkOf(`${whole}\n`));
    expect([...found.candidates, ...flushCandidates(found.state, monotonic(1e12)).candidates]).toEqual([]);
  });
});

interface Golden {
  readonly message_details: {
    readonly pri: string;
    readonly facility: number;
    readonly severity: number;
    readonly host: string;
    readonly messageId: string;
    readonly message: string;
    readonly tag: string;
    readonly timeZone: string | null;
    readonly date: string;
    readonly time: string;
    readonly milliseconds: string;
  };
}

const escapeText = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
