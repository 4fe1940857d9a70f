import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isInvalidSpi, readInvalidSpi } from '../../shared/detect/invalid-spi.ts';
import { bodies } from '../support/invalid-spi-lines.ts';

const note = bodies[0]!;

describe('the text of the message', () => {
  test.each(bodies)('$name', ({ body, expected }) => {
    expect(readInvalidSpi(body)).toEqual({ ok: true, message: expected, open: false });
  });

  test.each(bodies)('$name, broken anywhere by a console', ({ body, expected }) => {
    for (let cut = 1; cut < body.length; cut++) {
      const read = readInvalidSpi(`${body.slice(0, cut)}\r\n${body.slice(cut)}`);
      expect(read, `broken after "${body.slice(0, cut)}"`).toEqual({ ok: true, message: expected, open: false });
    }
  });

  test.each(bodies)('$name, broken twice, with the continuation indented', ({ body, expected }) => {
    const at = fc.integer({ min: 1, max: body.length - 1 });
    fc.assert(
      fc.property(at, at, (a, b) => {
        const [first, second] = a < b ? [a, b] : [b, a];
        const wrapped = `${body.slice(0, first)}\n        ${body.slice(first, second)}\n${body.slice(second)}`;
        expect(readInvalidSpi(wrapped)).toMatchObject({ ok: true, message: expected });
      }),
    );
  });

  test.each([
    ['destaddr', 'field-missing', note.body.replace('destaddr=213.163.222.7, ', '')],
    ['prot', 'field-missing', note.body.replace('prot=50, ', '')],
    ['spi', 'field-missing', note.body.replace('spi=0x68842105(1753489669), ', '')],
    ['srcaddr', 'field-missing', note.body.replace('srcaddr=11.1.1.3, ', '')],
    ['destaddr', 'field-unreadable', note.body.replace('213.163.222.7', '213.163.222.700')],
    ['destaddr', 'field-unreadable', note.body.replace('213.163.222.7', 'hub.example.net')],
    ['prot', 'field-unreadable', note.body.replace('prot=50', 'prot=500')],
    ['prot', 'field-unreadable', note.body.replace('prot=50', 'prot=ESP')],
    ['spi', 'field-unreadable', note.body.replace('0x68842105', '0x168842105')],
    ['spi', 'field-unreadable', note.body.replace('0x68842105', '68842105')],
    ['spi', 'field-unreadable', note.body.replace('0x68842105', '0x')],
    ['spi', 'field-unreadable', note.body.replace('(1753489669)', '(1753489669')],
    ['spi', 'spi-disagrees', note.body.replace('(1753489669)', '(1753489668)')],
    ['spi', 'spi-disagrees', note.body.replace('(1753489669)', '(1753489669000000000000)')],
    ['srcaddr', 'field-unreadable', note.body.replace('11.1.1.3,', '11.1.1,')],
    ['srcaddr', 'field-unreadable', note.body.replace('11.1.1.3,', `${'1'.repeat(500)},`)],
  ])('%s: %s', (field, reason, body) => {
    expect(readInvalidSpi(body)).toMatchObject({ ok: false, field, reason });
  });

  test.each([
    ['a comma at the end', note.body.replace(' input interface=Ethernet0/0', ''), true],
    ['half a word at the end', note.body.replace('rface=Ethernet0/0', ''), true],
    ['a name that is missing', note.body.replace('Ethernet0/0', ''), true],
    ['another text behind the address', note.body.replace('input interface=Ethernet0/0', 'see below'), false],
  ])('%s', (_name, body, open) => {
    expect(readInvalidSpi(body)).toEqual({ ok: true, message: { ...note.expected, interface: null }, open });
  });

  test('what follows the interface is not part of its name', () => {
    expect(readInvalidSpi(`${note.body} hub# show clock`)).toMatchObject({ message: { interface: 'Ethernet0/0' } });
  });

  test('only the two mnemonics of the two facilities are ours', () => {
    const named = (facilityName: string | null, mnemonic: string | null) => isInvalidSpi({ facilityName, mnemonic });
    expect(named('CRYPTO', 'RECVD_PKT_INV_SPI')).toBe(true);
    expect(named('IPSEC', 'RECV_PKT_INV_SPI')).toBe(true);
    expect(named('CRYPTO', 'RECVD_PKT_NOT_IPSEC')).toBe(false);
    expect(named('HA_EM', 'RECVD_PKT_INV_SPI')).toBe(false);
    expect(named(null, null)).toBe(false);
  });

  test('any text at all is read without harm', () => {
    const piece = fc.oneof(fc.string({ unit: 'binary', maxLength: 12 }), fc.constantFrom(...note.body.split(/(?<=[=,( )])/)));
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
        const read = readInvalidSpi(pieces.join(''));
        if (read.ok) expect(read.message.spi).toBe(Number.parseInt(read.message.spiAsReceived, 16));
        else expect(read.detail.length).toBeLessThan(100);
      }),
    );
  });
});
