/** What the lab sees of a box while it runs: the stop, the quiet after it, the messages. */
import { expect, test } from 'vitest';
import { BoxWatch, readMessage } from '../../../agent/cli/lab/box-watch.ts';
import { Narrator } from '../../../agent/cli/lab/narrate.ts';
import { Timeline } from '../../../agent/cli/lab/timeline.ts';
import { createBox } from '../../../agent/lab/box.ts';
import { monotonic } from '../../../shared/model/time.ts';
import { FakeClock } from '../../support/fake-clock.ts';

const LOOK_MS = 60;

function setUp() {
  const clock = new FakeClock();
  const box = createBox({
    hostname: 'hub1',
    platform: 'cisco-ios',
    clock,
    seed: 7,
    cryptoAddress: '213.163.222.7',
    enableSecret: null,
    vtyLines: 5,
    messageIntervalMs: 60_000,
    consoleLevel: null,
  });
  const timeline = new Timeline(clock, { width: 100, colour: false }, () => {});
  const watch = new BoxWatch('hub', box, clock, new Narrator(timeline, clock));
  const line = box.connectVty('127.0.0.1')!;
  const type = async (command: string): Promise<void> => {
    line.input(`${command}\r`);
    await clock.advance(LOOK_MS);
  };
  const debugsOn = (): void => {
    box.console('debug crypto condition peer ipv4 11.1.1.3');
    box.console('debug crypto isakmp');
  };
  return { clock, box, watch, type, debugsOn };
}

test('quiet counts once a session has turned debugs off, and stays known when somebody turns some on again', async () => {
  const { watch, type, debugsOn } = setUp();
  debugsOn();
  watch.begin();
  await type('show debugging');
  expect(watch.wentQuiet).toBe(false);
  await type('undebug all');
  expect(watch.wentQuiet).toBe(true);
  debugsOn();
  await type('show debugging');
  expect(watch.wentQuiet).toBe(true);
  watch.close();
});

test('a stop that turns off less than all is no quiet, nor is one from before the message', async () => {
  const { box, watch, type, debugsOn } = setUp();
  debugsOn();
  await type('undebug all');
  debugsOn();
  box.console('debug crypto ipsec');
  watch.begin();
  await type('no debug crypto isakmp');
  expect(watch.wentQuiet).toBe(false);
  await type('no debug crypto ipsec');
  expect(watch.wentQuiet).toBe(true);
  watch.close();
});

test('the message: who sends, and with which SPI; any other line is none', () => {
  const text =
    "<188>38: *Nov 22 18:22:10.706: %CRYPTO-4-RECVD_PKT_INV_SPI: decaps: rec'd IPSEC packet has invalid spi for destaddr=213.163.222.7, prot=50, spi=0xA5551CC2(2773818562), srcaddr=10.64.0.56, input interface=Ethernet0/0";
  expect(readMessage('hub', text, monotonic(5))).toEqual({ at: 5, end: 'hub', source: '10.64.0.56', spi: 0xa5551cc2 });
  expect(readMessage('hub', '<189>37: %SYS-5-CONFIG_I: Configured from console', monotonic(5))).toBeNull();
});
