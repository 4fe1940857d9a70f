/** shared/detect/file-flows.ts and file-stamps.ts: the flows of a file, and what the stamps in its lines let one say of them. */
import { describe, expect, test } from 'vitest';
import { emptyWrapState, findCandidates } from '../../shared/detect/candidates.ts';
import { FileFlows } from '../../shared/detect/file-flows.ts';
import { limits } from '../../shared/limits.ts';
import { bodies, chunkOf, headerForms, messageOf } from '../support/invalid-spi-lines.ts';

const MESSAGE = messageOf(bodies[0]!);
const lineAt = (stamp: string, spi = 0x68842105): string =>
  `${stamp}: %CRYPTO-4-RECVD_PKT_INV_SPI: decaps: rec'd IPSEC packet has invalid spi for destaddr=213.163.222.7, prot=50, spi=0x${spi.toString(16)}(${spi}), srcaddr=11.1.1.3\n`;

function read(...lines: string[]): FileFlows {
  const found = new FileFlows();
  for (const candidate of findCandidates(emptyWrapState, chunkOf(lines.join(''))).candidates) found.add(candidate);
  return found;
}

describe('one flow, two lines', () => {
  test.each<[what: string, first: string, second: string, verdict: string, ground: string]>([
    ['a minute apart', 'Mar 12 18:22:10.706', 'Mar 12 18:23:10.706', 'persistent', 'again-after-a-minute'],
    ['a moment less', 'Mar 12 18:22:10.706', 'Mar 12 18:23:10.705', 'unknown', 'silence-proves-nothing'],
    ['newest first', 'Mar 12 18:23:10', 'Mar 12 18:22:10', 'persistent', 'again-after-a-minute'],
    ['over New Year, a second apart', 'Dec 31 23:59:59', 'Jan  1 00:00:00', 'unknown', 'silence-proves-nothing'],
    ['over New Year, a minute apart', 'Dec 31 23:59:30', 'Jan  1 00:00:30', 'persistent', 'again-after-a-minute'],
    ['over New Year, newest first', 'Jan  1 00:00:00', 'Dec 31 23:59:59', 'unknown', 'silence-proves-nothing'],
    ['29 February', 'Feb 29 23:59:50', 'Mar  1 00:00:10', 'unknown', 'silence-proves-nothing'],
    ['with their years', 'Mar 12 2026 18:22:10', 'Mar 12 2027 18:22:10', 'persistent', 'again-after-a-minute'],
    ['a clock never set', '*Mar 12 18:22:10', '*Mar 12 18:32:10', 'unknown', 'no-trusted-time'],
    ['a clock not in sync', '.Mar 12 18:22:10', '.Mar 12 18:32:10', 'unknown', 'no-trusted-time'],
    ['a clock that was set between them', '*Mar  1 00:00:10', 'Mar 12 18:32:10', 'unknown', 'silence-proves-nothing'],
    ['uptime', '1d02h', '1d03h', 'unknown', 'no-trusted-time'],
    ['the end of summer time is no hour', 'Nov  1 01:59:50 EDT', 'Nov  1 01:00:10 EST', 'unknown', 'silence-proves-nothing'],
  ])('%s', (_, first, second, verdict, ground) => {
    const [flow, ...more] = read(lineAt(first), lineAt(second)).flows();
    expect(more).toEqual([]);
    expect(flow).toMatchObject({ count: 2, judged: { verdict, grounds: [ground] } });
    expect([flow!.first?.text, flow!.last?.text]).toEqual([first, second]);
  });

  test('no stamp at all', () => {
    expect(read(`${MESSAGE}\n`, `${MESSAGE}\n`).flows()).toMatchObject([
      { count: 2, first: null, last: null, judged: { verdict: 'unknown', grounds: ['no-trusted-time'] } },
    ]);
  });
});

test('no file proves a flow benign', () => {
  const lines = Array.from({ length: 50 }, (_, n) => lineAt(`Mar 12 ${String(n % 24).padStart(2, '0')}:00:00`, 1 + (n % 7)));
  expect(
    read(...lines)
      .flows()
      .map(({ judged }) => judged.verdict),
  ).not.toContain('transient');
});

test('most messages first, of equals the one last seen; the last interface that was named', () => {
  const named = lineAt('Mar 12 18:22:12', 3).replace('\n', ', input interface=Tunnel7\n');
  const found = read(
    lineAt('Mar 12 18:22:10', 1),
    lineAt('Mar 12 18:22:11', 2),
    named,
    lineAt('Mar 12 18:22:13', 2),
    lineAt('Mar 12 18:22:14', 3),
    lineAt('Mar 12 18:22:15', 4),
  );
  expect(found.flows().map(({ spi, count, interface: name }) => [spi, count, name])).toEqual([
    [3, 2, 'Tunnel7'],
    [2, 2, null],
    [4, 1, null],
    [1, 1, null],
  ]);
});

test('flows beyond the limit are counted, known ones go on', () => {
  const found = new FileFlows();
  const [candidate] = findCandidates(emptyWrapState, chunkOf(lineAt('Mar 12 18:22:10'))).candidates;
  if (candidate?.kind !== 'message') throw new Error('the line is a message');
  for (let spi = 0; spi < limits.detectFlowsMax + 3; spi++) found.add({ ...candidate, message: { ...candidate.message, spi } });
  found.add({ ...candidate, message: { ...candidate.message, spi: 0 } });
  expect([found.size, found.notKept, found.messages]).toEqual([limits.detectFlowsMax, 3, limits.detectFlowsMax + 4]);
  expect(found.flows()[0]).toMatchObject({ spi: 0, count: 2 });
});

test.each(headerForms)('header form: $name', ({ header }) => {
  const found = read(`${header}${MESSAGE}\n`);
  expect(found.messages).toBe(1);
  expect([...found.forms.values()]).toEqual([1]);
});

test('what cannot be read is counted by its fault', () => {
  const found = read(lineAt('Mar 12 18:22:10').replace('spi=0x', 'spy=0x'), lineAt('Mar 12 18:22:11'));
  expect([...found.unreadable]).toEqual([['field-missing', 1]]);
  expect(found.messages).toBe(1);
});
