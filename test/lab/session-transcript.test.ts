/** A network engineer at the terminal: prompts, passwords, editing, abbreviations, refusals, the pager, byte by byte. */
import { describe, expect, test } from 'vitest';
import { createBox } from '../../agent/lab/box.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { boxOptions, login, SPOKE_ADDRESS, stage } from './lab-support.ts';

const fresh = (change = {}) => createBox(boxOptions(new FakeClock(), change));

describe('login and enable', () => {
  test('a banner, then the exec prompt; the password is not echoed', () => {
    const hand = login(fresh({ banner: 'Authorized access only' }), { enable: null, paging: true });
    expect(hand.type('')).toBe('');
    expect(hand.type('enable\r')).toBe('enable\r\nPassword: ');
    expect(hand.type('lab')).toBe('');
    expect(hand.type('\r')).toBe('\r\nhub#');
  });

  test('what is printed before anyone listens is not lost', () => {
    let seen = '';
    fresh({ banner: 'One\nTwo' })
      .connectVty('198.51.100.9')!
      .onOutput((text) => {
        seen += text;
      });
    expect(seen).toBe('\r\nOne\r\nTwo\r\nhub>');
  });

  test('three wrong passwords', () => {
    const hand = login(fresh(), { enable: null, paging: true });
    expect(hand.type('en\ra\rb\rc\r')).toBe('en\r\nPassword: \r\nPassword: \r\nPassword: \r\n% Bad secrets\r\n\r\nhub>');
    expect(hand.run('show privilege')).toBe('Current privilege level is 1\n');
  });

  test('without an enable secret the session is privileged from the start', () => {
    const hand = login(fresh({ enableSecret: null }), { enable: null });
    expect(hand.run('show privilege')).toBe('Current privilege level is 15\n');
    expect(hand.type('disable\r')).toBe('disable\r\nhub>');
  });

  test('lines run out, and come back', () => {
    const box = fresh({ vtyLines: 2 });
    const first = login(box);
    login(box);
    expect(box.connectVty('198.51.100.9')).toBeNull();
    first.type('exit\r');
    expect(first.closed).toBe(true);
    expect(box.connectVty('198.51.100.9')?.number).toBe(0);
  });

  test('an idle line is closed after ten minutes, a used one is not', async () => {
    const clock = new FakeClock();
    const box = createBox(boxOptions(clock));
    const [idle, used] = [login(box), login(box)];
    for (let minute = 0; minute < 12; minute += 4) {
      await clock.advance(240_000);
      used.type('\r');
    }
    expect([idle.closed, used.closed]).toEqual([true, false]);
  });
});

describe('editing', () => {
  const hand = () => login(fresh());

  test.each([
    ['backspace', 'show clicx\b\b\bock\r', 'show clicx\b \b\b \b\b \bock\r\n'],
    ['delete', 'shoo\x7fw clock\r', 'shoo\b \bw clock\r\n'],
    ['ctrl-U', 'garbage\x15show clock\r', `garbage${'\b \b'.repeat(7)}show clock\r\n`],
    ['ctrl-W', 'show cluck\x17clock\r', `show cluck${'\b \b'.repeat(5)}clock\r\n`],
    ['cursor left and insert', 'shw\x02o\x05 clock\r', 'shw\bow\b\x77 clock\r\n'],
  ])('%s', (_, keys, echo) => {
    const text = hand().type(keys);
    expect(text.startsWith(echo)).toBe(true);
    expect(text.slice(echo.length)).toBe('*18:22:10.706 UTC Thu Mar 12 2026\r\nhub#');
  });

  test('CR, LF and CRLF each end a line once', () => {
    expect(
      hand()
        .type('show privilege\rshow privilege\nshow privilege\r\n')
        .match(/level is 15/g),
    ).toHaveLength(3);
    expect(hand().type('\r\n')).toBe('\r\nhub#');
  });

  test('ctrl-C and ctrl-Z drop the line', () => {
    const one = hand();
    expect(one.type('undebug all\x03')).toBe('undebug all\r\nhub#');
    expect(one.type('sho\x1a')).toBe('sho^Z\r\nhub#');
  });

  test('the line before comes back with ctrl-P and with the arrow', () => {
    const one = hand();
    one.run('show clock');
    expect(one.type('\x10')).toBe('show clock');
    one.type('\x03');
    expect(one.type('\x1b[A\r')).toContain('show clock\r\n*18:22:10.706');
  });

  test('a line longer than the terminal scrolls behind a $', () => {
    const one = login(fresh(), { paging: true });
    const command =
      'show logging | include CRYPTO|IPSEC|ISAKMP|IKEV2|IKEv2|sa_spi|SYS-5-|STATECHANGE|RECVD_PKT_INV_SPI|REPLAY_ERROR';
    const text = one.type(`${command}\r`);
    expect(text).toContain('\b$');
    expect(text).not.toContain(command);
  });

  test('`terminal width 0` never scrolls', () => {
    const command = `show logging | include ${'x'.repeat(120)}`;
    expect(hand().type(`${command}\r`)).toBe(`${command}\r\nhub#`);
  });

  test('tab completes, ? lists', () => {
    const one = hand();
    expect(one.type('sh\t')).toBe('sh\r\nhub#show ');
    expect(one.type('\x15')).toBe('\b \b'.repeat(5));
    expect(one.type('sh?')).toBe('sh\r\nshow\r\n\r\nhub#sh');
    expect(one.type('ow crypto ipsec sa ?')).toMatch(
      /\?\r\n {2}detail {2}Show detailed information\r\n {2}peer {4}Peer address\r\n {2}<cr>\r\n\r\nhub#show crypto ipsec sa $/,
    );
  });
});

describe('the parser', () => {
  test.each([
    ['sh cry isa sa', 'show crypto isakmp sa'],
    ['u all', 'undebug all'],
    ['un al', 'undebug all'],
    ['no deb all', 'no debug all'],
    ['sh deb', 'show debugging'],
    ['term len 0', 'terminal length 0'],
    ['sh cry ips sa p 11.1.1.3 d', `show crypto ipsec sa peer ${SPOKE_ADDRESS} detail`],
    ['deb cry cond p ipv4 11.1.1.3', `debug crypto condition peer ipv4 ${SPOKE_ADDRESS}`],
    ['sh run | s crypto', 'show running-config | section crypto'],
    ['sh log | i A|B', 'show logging | include A|B'],
    ['SHOW CLOCK', 'show clock'],
  ])('%s is %s', (typed, expanded) => {
    const box = fresh();
    login(box).run(typed);
    expect(box.commandLog.at(-1)).toMatchObject({ typed, expanded, line: 0 });
  });

  test.each([
    ['show zlock', "         ^\n% Invalid input detected at '^' marker.\n\n"],
    ['show clocks', "              ^\n% Invalid input detected at '^' marker.\n\n"],
    ['show crypto ipsec sa peer 11.1.1.333', "                              ^\n% Invalid input detected at '^' marker.\n\n"],
    ['show crypto', '% Incomplete command.\n\n'],
    ['show', '% Type "show ?" for a list of subcommands\n'],
    ['debug crypto condition peer ipv4', '% Incomplete command.\n\n'],
    ['sh c', '% Ambiguous command:  "sh c"\n'],
    ['s', '% Ambiguous command:  "s"\n'],
    ['show clock |', '% Incomplete command.\n\n'],
    ['show platform hardware qfp active statistics drop', "                  ^\n% Invalid input detected at '^' marker.\n\n"],
  ])('%s is refused', (typed, answer) => {
    expect(login(fresh()).run(typed)).toBe(answer);
  });

  test('privileged commands are unknown words in user exec', () => {
    const hand = login(fresh(), { enable: null });
    expect(hand.run('undebug all')).toBe("    ^\n% Invalid input detected at '^' marker.\n\n");
    expect(hand.run('show clock')).toBe('*18:22:10.706 UTC Thu Mar 12 2026\n');
  });

  test('AAA refuses terminal settings, and single commands', () => {
    const box = fresh({ behaviour: { refuseTerminalSettings: true, refuse: [/^show crypto sockets/] } });
    const hand = login(box, { paging: true });
    expect(hand.run('terminal length 0')).toBe('Command authorization failed.\n\n');
    expect(hand.run('sh crypto sockets')).toBe('% Authorization failed.\n\n');
    expect(hand.type('show logging\r')).toMatch(/ --More-- $/);
  });
});

describe('the pager', () => {
  const ERASE = `${'\b'.repeat(9)}${' '.repeat(8)}${'\b'.repeat(9)}`;

  test('a page is 23 lines; space, Enter, q', () => {
    const { hub } = stage({ pair: { otherPeers: 1 } });
    const whole = login(hub).run('show crypto session detail').split('\n').slice(0, -1);
    const hand = login(hub, { paging: true });
    const first = hand.type('show crypto session detail\r');
    expect(first).toBe(`show crypto session detail\r\n${whole.slice(0, 23).join('\r\n')}\r\n --More-- `);
    expect(hand.type('\r')).toBe(`${ERASE}${whole[23]}\r\n --More-- `);
    expect(hand.type(' ')).toBe(`${ERASE}${whole.slice(24).join('\r\n')}\r\nhub#`);
    hand.type('show crypto session detail\r');
    expect(hand.type('q')).toBe(`${ERASE}hub#`);
  });

  test('a line wider than the screen takes two rows', () => {
    const hand = login(fresh(), { paging: true });
    hand.run('terminal width 40');
    hand.run('terminal length 5');
    const page = hand.type('show version\r').split('\r\n').slice(1, -1);
    expect(page).toHaveLength(2);
  });
});

describe('configuration mode', () => {
  test('prompt, host name, the cut at 20 characters, and the message at the end', async () => {
    const hand = login(fresh({ hostname: 'head-end-of-the-northern-region' }));
    expect(hand.type('conf t\r')).toBe(
      'conf t\r\nEnter configuration commands, one per line.  End with CNTL/Z.\r\nhead-end-of-the-nort(config)#',
    );
    expect(hand.type('do show privilege\r')).toContain('Current privilege level is 15');
    expect(hand.type('hostname north\r')).toBe('hostname north\r\nnorth(config)#');
    expect(hand.type('\x1a')).toBe('^Z\r\nnorth#');
    expect(hand.run('show logging | include CONFIG_I')).toMatch(
      /%SYS-5-CONFIG_I: Configured from console by admin on vty0 \(198\.51\.100\.9\)\n$/,
    );
  });

  test('logging levels change what the host gets', () => {
    const box = fresh({ logHost: '192.0.2.9' });
    const sent: string[] = [];
    box.onSyslog((message) => sent.push(message));
    const hand = login(box);
    for (const line of ['conf t', 'logging trap warnings', 'service sequence-numbers', 'end', 'conf t', 'logging trap 7', 'end'])
      hand.run(line);
    expect(sent).toEqual([
      '<189>1: 000002: *Mar 12 18:22:10.706: %SYS-5-CONFIG_I: Configured from console by admin on vty0 (198.51.100.9)',
    ]);
    expect(hand.run('show running-config | include ^logging trap')).toBe('logging trap debugging\n');
  });
});

test('show users marks the own line and counts the others', () => {
  const box = fresh();
  login(box, { user: 'noc' });
  const hand = login(box);
  const rows = hand.run('show users').split('\n');
  expect(rows[1]).toMatch(/^ {3}2 vty 0 +noc +idle +00:00:00 198\.51\.100\.9$/);
  expect(rows[2]).toMatch(/^\* {2}3 vty 1 +admin +hub +00:00:00 198\.51\.100\.9$/);
});
