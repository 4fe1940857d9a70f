/**
 * A marked test alarm through each channel, for people who set one up: `spitrap alarms test`, and whoever else checks a configuration.
 * Needs no agent and leaves nothing behind.
 */
import { asSpitrapError } from '../../shared/errors.ts';
import type { AlarmChannelConfig } from '../config/config.ts';
import { bounded } from '../lifecycle.ts';
import type { ChannelPorts, Sent } from './channel.ts';
import { openChannel } from './index.ts';
import { type AlarmFacts, noticeOf, type Speaker } from './notice.ts';

export interface ChannelTest {
  readonly name: string;
  readonly kind: AlarmChannelConfig['kind'];
  /** Where it goes; never a secret. */
  readonly target: string;
  readonly ok: boolean;
  /** What came back. */
  readonly detail: string;
  /** Null when all is well. */
  readonly remedy: string | null;
}

/** For a channel to end after its time. */
const END_MS = 5_000;

/** All at once; never rejects. In the order of `channels`. `clean` takes our own secrets out of a text. */
export function testChannels(
  channels: readonly AlarmChannelConfig[],
  ports: ChannelPorts,
  speaker: Speaker,
  clean: (text: string) => string = (text) => text,
): Promise<readonly ChannelTest[]> {
  return Promise.all(channels.map((config) => testOne(config, ports, speaker, clean)));
}

async function testOne(
  config: AlarmChannelConfig,
  ports: ChannelPorts,
  speaker: Speaker,
  clean: (text: string) => string,
): Promise<ChannelTest> {
  const { clock } = ports;
  const channel = openChannel(config, ports);
  const telling = { status: 'raised', alarm: testAlarm(speaker, clock.wall()), repeats: 0, flapping: false, test: true } as const;
  const calledOff = new AbortController();
  const timeout = clock.timer(`test ${config.name}`, config.timeoutMs, () => calledOff.abort());
  let sent: Sent;
  try {
    const sending = channel.send(noticeOf(telling, speaker, clock.wall()), calledOff.signal);
    const ended = await bounded(sending, config.timeoutMs + END_MS, clock, `test ${config.name} ends`);
    sent = ended.inTime ? ended.value : { kind: 'refused', detail: 'it did not end when it was called off', remedy: 'report it' };
  } catch (error) {
    sent = { kind: 'refused', detail: asSpitrapError(error).message, remedy: 'a fault of this program: please report it' };
  } finally {
    timeout.cancel();
  }
  const { name, kind } = config;
  const remedy = sent.kind === 'delivered' ? null : sent.remedy;
  return { name, kind, target: channel.target, ok: sent.kind === 'delivered', detail: clean(sent.detail), remedy };
}

const testAlarm = ({ device }: Speaker, sinceWall: AlarmFacts['sinceWall']): AlarmFacts => ({
  id: 'test',
  key: 'test',
  severity: 'critical',
  text: `this is a test of the alarm channels of spitrap beside ${device.name}; nothing is wrong`,
  remedy: 'nothing',
  incident: null,
  sinceWall,
});
