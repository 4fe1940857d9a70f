import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { recordingShells } from '../../agent/device/recorder.ts';
import { replayShells } from '../../agent/device/replay.ts';
import { formatEvent, parseTranscript } from '../../agent/device/transcript.ts';
import { ciscoIos } from '../../shared/platforms/cisco-ios/cisco-ios.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { logIn } from '../support/log-in.ts';

const text = readFileSync(new URL('../transcripts/ios-15.1-paged.txt', import.meta.url), 'utf8');

describe.each(['bytes', 'recorded'] as const)('a transcript of IOS 15.1, played as %s', (delivery) => {
  test('gives the same outputs', async () => {
    const { clock, session, strays } = await logIn(replayShells(parseTranscript(text), delivery), { enablePassword: 's3cret' });
    const run = async (command: string) => {
      const running = session.run(command, { timeoutMs: 5_000, bytesMax: 100_000 });
      await clock.advance(600);
      return await running;
    };
    expect(session.hostname).toBe('hub-01');
    const sas = await run('show crypto ipsec sa peer 11.1.1.3 detail');
    expect(sas).toMatchObject({ status: 'ok' });
    const parsed = ciscoIos.parsers.ipsecSas(sas.output);
    expect(parsed.unread).toEqual([]);
    expect(parsed.value[0]).toMatchObject({ peer: '11.1.1.3', currentOutboundSpi: 0x68842105 });
    expect(parsed.value[0]!.sas.map((sa) => sa.spi)).toEqual([0x11c, 0x68842105]);
    expect(sas.output).not.toMatch(/More|hub-01|[\b\r]/);
    expect(await run('show crypto ikev2 sa')).toMatchObject({ status: 'refused' });
    expect(await run('show clock')).toMatchObject({ status: 'ok', output: '*18:22:10.706 UTC Thu Mar 12 2026\n' });
    expect(strays.at(-1)).toContain('%SYS-5-CONFIG_I');
    const closing = session.close();
    await clock.advance(100);
    await closing;
    expect(session.closed).toBe(true);
  });
});

test('recording a session gives its transcript again, the password hidden', async () => {
  const clock = new FakeClock();
  let recorded = '';
  const transport = recordingShells({
    transport: replayShells(parseTranscript(text), 'recorded'),
    clock,
    write: (_session, piece) => {
      recorded += piece;
    },
    secrets: ['s3cret'],
  });
  const { session } = await logIn(transport, { clock, enablePassword: 's3cret' });
  const running = session.run('show crypto ipsec sa peer 11.1.1.3 detail', { timeoutMs: 5_000, bytesMax: 100_000 });
  await clock.advance(600);
  await running;
  expect(recorded).not.toContain('s3cret');
  expect(recorded).toContain('"<secret>\\r"');
  const events = parseTranscript(recorded).map(({ kind, text }) => ({ kind, text: text.replace('<secret>', 's3cret') }));
  const original = parseTranscript(text).map(({ kind, text }) => ({ kind, text }));
  expect(events).toEqual(original.slice(0, events.length));
  expect(events.length).toBeGreaterThan(15);
});

test('what is no transcript is told by line', () => {
  expect(() => parseTranscript('hello')).toThrow(/not a transcript/);
  expect(() => parseTranscript('# spitrap transcript 1\n< x "y"\n')).toThrow(/line 2/);
  expect(parseTranscript(`# spitrap transcript 1\n${formatEvent({ kind: 'came', atMs: 3, text: '\xff"\n' })}`)).toEqual([
    { kind: 'came', atMs: 3, text: '\xff"\n' },
  ]);
});
