import { describe, expect, test } from 'vitest';
import { createLog, escapeControls, type LogOptions } from '../agent/log.ts';
import { SpitrapError } from '../shared/errors.ts';
import { limits } from '../shared/limits.ts';

function logTo(options: Partial<LogOptions>, isTTY = false) {
  const written: string[] = [];
  const log = createLog({ level: 'info', format: 'json', ...options }, { write: (text) => void written.push(text), isTTY });
  return { log, written, json: () => JSON.parse(written.at(-1)!) as Record<string, unknown> };
}

describe('json', () => {
  test('level, ISO time, fields, base', () => {
    const { log, json, written } = logTo({ base: { device: 'hub1' } });
    log.debug({}, 'not at this level');
    expect(written).toEqual([]);
    log.warn({ spi: '0x68842105', n: 3n }, 'DONE ON HUB');
    expect(json()).toMatchObject({
      level: 'warn',
      device: 'hub1',
      spi: '0x68842105',
      n: '3',
      msg: 'DONE ON HUB',
      time: expect.stringMatching(/^\d{4}-.*Z$/),
    });
    expect(json()).not.toHaveProperty('pid');
  });

  test('secrets go by the name of their field, and by their value wherever it stands', () => {
    const { log, written } = logTo({ secrets: ['hunter2', 'hunter2long', 'abc'] });
    log.info(
      {
        password: 'p1',
        snmp: { community: 'c1', auth: { protocol: 'sha256', key: 'k1' } },
        key: 'stays',
        text: 'is hunter2long.',
        list: ['hunter2'],
        hunter2: 1,
        privateKey: null,
      },
      'hunter2 and abc',
    );
    expect(JSON.parse(written[0]!)).toMatchObject({
      password: '<redacted>',
      snmp: { community: '<redacted>', auth: { protocol: 'sha256', key: '<redacted>' } },
      key: 'stays',
      text: 'is <redacted>.',
      list: ['<redacted>'],
      '<redacted>': 1,
      privateKey: null,
      msg: '<redacted> and abc',
    });
    expect(written[0]).not.toContain('hunter2');
  });

  test('a secret is hidden before a long text is cut', () => {
    const { log, written } = logTo({ secrets: ['hunter2hunter2'] });
    log.info({}, `${'x'.repeat(limits.logTextCharsMax - 5)}hunter2hunter2`);
    expect(written[0]).not.toContain('hunte');
  });

  test('errors: code, message, context and cause; a stack only for what is our own fault', () => {
    const { log, json } = logTo({});
    log.error({ error: new SpitrapError('DISK_FAILED', 'full', { context: { path: '/x' }, cause: new Error('ENOSPC') }) }, 'x');
    expect(json()['error']).toMatchObject({
      code: 'DISK_FAILED',
      message: 'full',
      context: { path: '/x' },
      cause: { message: 'ENOSPC' },
    });
    expect(json()['error']).not.toHaveProperty('stack');
    log.error({ error: new TypeError('bug') }, 'x');
    expect(json()['error']).toMatchObject({ message: 'bug', stack: expect.stringContaining('log.test') });
  });

  test('nothing that is given to it throws or grows without bound', () => {
    const { log, written } = logTo({});
    const cycle: Record<string, unknown> = { bytes: Buffer.alloc(1_000_000), f: () => 1, u: undefined };
    cycle['self'] = cycle;
    cycle['many'] = Array.from({ length: 100_000 }, (_, i) => i);
    log.info(cycle, 'y'.repeat(1_000_000));
    expect(written[0]!.length).toBeLessThan(64 * 1024);
  });
});

describe('pretty', () => {
  const hostile = 'a\u001b[31mred\u0007\r\nforged line\u009b2J\u202e';

  test('hostile text cannot move the cursor, begin a line or colour anything', () => {
    const { log, written } = logTo({ format: 'pretty' });
    log.info({ line: hostile, nested: { [hostile]: hostile } }, hostile);
    const text = written.join('');
    expect(text).toContain('a\\x1b[31mred\\x07\\x0d\\x0aforged line\\x9b2J\\u{202e}');
    expect(text.trimEnd()).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202e]/);
    expect(text.endsWith('\n')).toBe(true);
  });

  test('auto is pretty on a terminal and JSON elsewhere', () => {
    const onTerminal = logTo({ format: 'auto' }, true);
    onTerminal.log.info({}, 'DONE ON HUB');
    expect(onTerminal.written[0]).toContain('DONE ON HUB');
    expect(() => JSON.parse(onTerminal.written[0]!)).toThrow();
    const elsewhere = logTo({ format: 'auto' }, false);
    elsewhere.log.info({}, 'x');
    expect(elsewhere.json()).toMatchObject({ msg: 'x' });
  });
});

test('escapeControls leaves ordinary text of any language alone', () => {
  expect(escapeControls('héllo 漢字 %CRYPTO-4')).toBe('héllo 漢字 %CRYPTO-4');
});
