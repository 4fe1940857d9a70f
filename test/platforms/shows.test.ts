/** Which reader a typed or captured command finds: abbreviations, prompts, filters; ambiguous or unknown finds none. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { commandWords, matchCommand } from '../../shared/platforms/cisco/command-words.ts';
import { showReaderFor, shows } from '../../shared/platforms/cisco/shows.ts';

describe('the words of a command', () => {
  test.each([
    ['show crypto isa sa | append disk0:hub.txt', ['show', 'crypto', 'isa', 'sa']],
    ['Router#SH  Crypto isakmp sa', ['sh', 'crypto', 'isakmp', 'sa']],
    ['hub.example(config-if)# do sh cry ses', ['sh', 'cry', 'ses']],
    ['spoke> show clock', ['show', 'clock']],
    ['show running-config | section crypto', ['show', 'running-config']],
    ['show logging | include A|B', ['show', 'logging']],
    ['   ', []],
    ['| include x', ['|', 'include', 'x']],
    [`show ${'x'.repeat(300)}`, []],
  ])('%s', (command, words) => {
    expect(commandWords(command)).toEqual(words);
  });
});

describe('a command against a name', () => {
  test.each([
    ['show crypto isakmp sa […]', 'show crypto isakmp sa', 'exact'],
    ['show crypto isakmp sa […]', 'show crypto isa sa detail', 'abbreviated'],
    ['show crypto isakmp sa […]', 'show crypto isakmp', null],
    ['show crypto isakmp sa […]', 'show crypto isaxmp sa', null],
    ['show crypto isakmp sa […]', 'show crypto i sa', null],
    ['show clock', 'show clock', 'exact'],
    ['show clock', 'show clock detail', null],
    ['show clock', 's clock', null],
    ['show clock', '', null],
  ])('%s: %s is %s', (pattern, command, expected) => {
    expect(matchCommand(pattern, command)).toBe(expected);
  });
});

describe('the shelf', () => {
  test('each reader is found by its own name, in full, in capitals, behind a prompt, before a filter', () => {
    for (const { name } of shows) {
      expect(showReaderFor(name)?.name, name).toBe(name);
      expect(showReaderFor(name.toUpperCase())?.name, name).toBe(name);
      expect(showReaderFor(`hub#${name} | include 192.0.2.1`)?.name, name).toBe(name);
    }
  });

  test('no name stands twice', () => {
    expect(new Set(shows.map(({ name }) => name)).size).toBe(shows.length);
  });

  test.each([
    ['show crypto ipsec sa peer 192.0.2.1 detail', 'show crypto ipsec sa'],
    ['sh cry ips sa det', 'show crypto ipsec sa'],
    ['show crypto isa sa | append disk0:hub.txt', 'show crypto isakmp sa'],
    ['show crypto isakmp sa detail | include 192.0.2.1', 'show crypto isakmp sa'],
    ['show crypto ikev2 sa remote 192.0.2.1 detailed', 'show crypto ikev2 sa'],
    ['sh cry ses rem 192.0.2.1 det', 'show crypto session'],
    ['sh cry soc', 'show crypto sockets'],
    ['show crypto ipsec spi-lookup detail', 'show crypto ipsec spi-lookup'],
    ['show crypto map tag x', 'show crypto map'],
    ['show plat hard qfp act stat drop | inc Ipsec', 'show platform hardware qfp active statistics drop'],
    [
      'show platform hardware qfp active feature ipsec datapath drops all | in SPI',
      'show platform hardware qfp active feature ipsec datapath drops',
    ],
    ['show platform hardware qfp active feature ipsec sa 3', 'show platform hardware qfp active feature ipsec sa'],
    ['show platform hardware qfp active feature ipsec state', 'show platform hardware qfp active feature ipsec state'],
  ])('%s', (command, name) => {
    expect(showReaderFor(command)?.name).toBe(name);
  });

  test.each([
    'show crypto ipsec s',
    'show crypto s',
    'show',
    'show crypto',
    'show interfaces',
    'reload',
    '',
    'configure terminal',
  ])('%j finds none', (command) => {
    expect(showReaderFor(command)).toBeNull();
  });

  test('anything at all is matched without an exception', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 400 }), (text) => {
        showReaderFor(text);
        showReaderFor(`show ${text}`);
      }),
      { seed: 20261122, numRuns: 300 },
    );
  });
});
