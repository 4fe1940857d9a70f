/** The channels of agent/alarms/ against receivers that answer well, badly and not at all: what each answer means, and what a person does about it. */
import { beforeEach, describe, expect, test } from 'vitest';
import type { AlarmChannel, Sent } from '../../agent/alarms/channel.ts';
import { openChannel } from '../../agent/alarms/index.ts';
import { noticeOf } from '../../agent/alarms/notice.ts';
import { testChannels } from '../../agent/alarms/test-channels.ts';
import type { AlarmChannelConfig } from '../../agent/config/config.ts';
import { FakeClock, settle } from '../support/fake-clock.ts';
import { FakeNetwork } from '../support/fake-datagrams.ts';
import { answered, FakeReceivers, hanging, undelivered } from '../support/fake-receivers.ts';
import { facts, SINCE, speaker } from './standing.ts';

let clock: FakeClock;
let receivers: FakeReceivers;
let network: FakeNetwork;
beforeEach(() => {
  clock = new FakeClock();
  receivers = new FakeReceivers();
  network = new FakeNetwork();
});

const common = { severity: 'warning', repeatEveryMs: 900_000, timeoutMs: 10_000 } as const;
const webhook: AlarmChannelConfig = {
  ...common,
  kind: 'webhook',
  name: 'hook',
  url: 'https://alerts.example.net/secret-path?k=v',
  headers: { authorization: 'Bearer t0ken' },
  ca: 'PEM',
};
const syslog = (transport: 'udp' | 'tcp'): AlarmChannelConfig => ({
  ...common,
  kind: 'syslog',
  name: 'syslog',
  send: { address: '192.0.2.50', port: 514 },
  transport,
  format: 'rfc5424',
  facility: 'daemon',
});
const command: AlarmChannelConfig = {
  ...common,
  kind: 'command',
  name: 'page',
  run: ['/usr/local/bin/page-me', '--team', 'net'],
};

const ports = () => ({ clock, datagrams: network.host('198.51.100.1'), ...receivers });
const open = (config: AlarmChannelConfig): AlarmChannel => openChannel(config, ports());
const notice = noticeOf({ status: 'raised', alarm: facts(), repeats: 0, flapping: false }, speaker, SINCE);
const never = new AbortController().signal;

async function send(config: AlarmChannelConfig, signal = never): Promise<Sent> {
  const sending = open(config).send(notice, signal);
  await clock.advance(1_000);
  return await sending;
}

describe('webhook', () => {
  test('what is posted', async () => {
    receivers.onRequest = async () => answered(204);
    expect(await send(webhook)).toEqual({ kind: 'delivered', detail: 'https://alerts.example.net answered 204' });
    const [request] = receivers.requests;
    expect(request).toMatchObject({ method: 'POST', url: 'https://alerts.example.net/secret-path?k=v', ca: 'PEM' });
    expect(request!.headers).toEqual({
      'content-type': 'application/json',
      accept: '*/*',
      'user-agent': 'spitrap/0.1.0',
      authorization: 'Bearer t0ken',
    });
    expect(receivers.notices).toEqual([JSON.parse(JSON.stringify(notice))]);
    expect(open(webhook).target).toBe('https://alerts.example.net');
  });

  test.each<
    [status: number, headers: Record<string, string>, kind: string, retryAfterMs: number | null | undefined, detail: RegExp]
  >([
    [200, {}, 'delivered', undefined, /answered 200$/],
    [299, {}, 'delivered', undefined, /answered 299$/],
    [
      301,
      { location: 'https://elsewhere.example.net/token-in-path' },
      'refused',
      undefined,
      /a redirect to https:\/\/elsewhere\.example\.net, which is not followed$/,
    ],
    [302, { location: '/login' }, 'refused', undefined, /a redirect to https:\/\/alerts\.example\.net, which/],
    [304, {}, 'refused', undefined, /a redirect, which is not followed$/],
    [400, {}, 'refused', undefined, /answered 400: "no \\x1b\[2J thanks"$/],
    [401, {}, 'refused', undefined, /answered 401/],
    [404, {}, 'refused', undefined, /answered 404/],
    [408, {}, 'failed', null, /answered 408/],
    [425, {}, 'failed', null, /answered 425/],
    [429, { 'retry-after': '30' }, 'failed', 30_000, /answered 429/],
    [500, {}, 'failed', null, /answered 500: "no/],
    [503, { 'retry-after': 'Thu, 12 Mar 2026 18:24:10 GMT' }, 'failed', 119_294, /answered 503/],
    [503, { 'retry-after': '86400' }, 'failed', 900_000, /answered 503/],
    [503, { 'retry-after': 'Thu, 12 Mar 2020 18:24:10 GMT' }, 'failed', 0, /answered 503/],
    [503, { 'retry-after': 'soon' }, 'failed', null, /answered 503/],
    [0, {}, 'failed', null, /answered 0/],
  ])('%i %j: %s', async (status, headers, kind, retryAfterMs, detail) => {
    receivers.onRequest = async () => answered(status, headers, 'no \u001b[2J thanks');
    const sent = await send(webhook);
    expect([sent.kind, 'retryAfterMs' in sent ? sent.retryAfterMs : undefined]).toEqual([kind, retryAfterMs]);
    expect(sent.detail).toMatch(detail);
    expect(JSON.stringify(sent)).not.toMatch(/secret-path|token-in-path|t0ken/);
  });

  test.each([
    ['ECONNREFUSED', /look whether the receiver runs/],
    ['ENOTFOUND', /the name/],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', /alarms\[\]\.ca/],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', /alarms\[\]\.ca/],
    ['CERT_HAS_EXPIRED', /alarms\[\]\.ca/],
    ['ERR_TLS_CERT_ALTNAME_INVALID', /the name that it is made out to/],
  ])('%s', async (errno, remedy) => {
    receivers.onRequest = async () => {
      throw undelivered(errno);
    };
    const sent = await send(webhook);
    expect(sent).toMatchObject({ kind: 'failed', retryAfterMs: null, remedy: expect.stringMatching(remedy) as string });
    expect(sent.detail).toContain(errno);
  });

  test('hangs: called off', async () => {
    receivers.onRequest = (_request, signal) => hanging(signal);
    const calledOff = new AbortController();
    const sending = open(webhook).send(notice, calledOff.signal);
    await settle();
    calledOff.abort();
    expect(await sending).toMatchObject({ kind: 'failed', detail: 'https://alerts.example.net did not answer within 10000 ms' });
  });
});

describe('syslog', () => {
  test('UDP: sent, and nobody can say more', async () => {
    expect(await send(syslog('udp'))).toEqual({ kind: 'delivered', detail: 'udp 192.0.2.50:514: sent; nobody acknowledges UDP' });
    expect(network.packets.map(({ bytes, to }) => [bytes.toString('latin1').slice(0, 5), to.port])).toEqual([['<26>1', 514]]);
    expect(network.packets[0]!.from.port).not.toBe(514);
  });

  test('UDP: the local stack refuses', async () => {
    const { bind } = network.host('198.51.100.1');
    const datagrams: ReturnType<FakeNetwork['host']> = {
      bind: async (endpoint, options) => {
        const socket = await bind(endpoint, options);
        let report: Parameters<typeof socket.onSendError>[0] = () => {};
        return {
          ...socket,
          onSendError: (handler) => (report = handler),
          send: (_bytes, to) => report(undelivered('ENETUNREACH'), to),
        };
      },
    };
    const sending = openChannel(syslog('udp'), { ...ports(), datagrams }).send(notice, never);
    await clock.advance(1_000);
    expect(await sending).toMatchObject({ kind: 'failed', detail: 'udp 192.0.2.50:514: ENETUNREACH' });
  });

  test.each<['closed' | 'written', RegExp]>([
    ['closed', /the collector closed in order$/],
    ['written', /the collector did not show$/],
  ])('TCP, %s', async (end, detail) => {
    receivers.onPush = async () => end;
    expect(await send(syslog('tcp'))).toMatchObject({ kind: 'delivered', detail: expect.stringMatching(detail) as string });
    const frame = receivers.pushed[0]!.bytes.toString('latin1');
    const [, length, message] = /^(\d+) (<26>1 [\s\S]*)$/.exec(frame)!;
    expect(Number(length)).toBe(message!.length);
  });

  test('TCP: nobody there', async () => {
    expect(await send(syslog('tcp'))).toMatchObject({ kind: 'failed', detail: 'tcp 192.0.2.50:514: ECONNREFUSED' });
  });
});

describe('command', () => {
  test('what it gets', async () => {
    receivers.onRun = async () => ({ exitCode: 0, killedBy: null, output: Buffer.from('chatty') });
    expect(await send(command)).toEqual({ kind: 'delivered', detail: '/usr/local/bin/page-me exited 0' });
    const [ran] = receivers.ran;
    expect(ran!.argv).toEqual(['/usr/local/bin/page-me', '--team', 'net']);
    expect(JSON.parse(Buffer.from(ran!.input).toString())).toEqual(JSON.parse(JSON.stringify(notice)));
    expect(ran!.environment).toMatchObject({ SPITRAP_ID: 'a3', SPITRAP_DEVICE: 'hub1' });
  });

  test.each<[exitCode: number | null, killedBy: string | null, output: string, detail: string]>([
    [7, null, 'no route to pager\u0007\n', '/usr/local/bin/page-me exited 7: "no route to pager\\x07"'],
    [1, null, '', '/usr/local/bin/page-me exited 1'],
    [null, 'SIGSEGV', '', '/usr/local/bin/page-me was ended by SIGSEGV'],
  ])('exit %j, by %j', async (exitCode, killedBy, output, detail) => {
    receivers.onRun = async () => ({ exitCode, killedBy, output: Buffer.from(output) });
    expect(await send(command)).toMatchObject({ kind: 'failed', detail });
  });

  test('out of time', async () => {
    const calledOff = new AbortController();
    receivers.onRun = (_program, signal) =>
      hanging(signal).catch(() => ({ exitCode: null, killedBy: 'SIGTERM', output: Buffer.from('waiting…') }));
    const sending = open(command).send(notice, calledOff.signal);
    calledOff.abort();
    expect(await sending).toMatchObject({
      kind: 'failed',
      detail: '/usr/local/bin/page-me did not end within 10000 ms and was ended: "waiting…"',
    });
  });

  test.each([
    ['ENOENT', /is not there$/],
    ['EACCES', /chmod/],
    ['EAGAIN', /limits/],
  ])('can not be started: %s', async (errno, remedy) => {
    receivers.onRun = async () => {
      throw undelivered(errno);
    };
    expect(await send(command)).toMatchObject({ kind: 'failed', remedy: expect.stringMatching(remedy) as string });
  });
});

test('a test of all: marked, none waits for another, none rejects, no secret in what is said', async () => {
  receivers.onRequest = async () => answered(401, {}, 'Bearer t0ken is unknown');
  receivers.onPush = (_bytes, signal) => hanging(signal);
  receivers.onRun = async () => {
    throw new Error('a bug');
  };
  const clean = (text: string) => text.replaceAll('t0ken', '<redacted>');
  const testing = testChannels([webhook, syslog('tcp'), command, syslog('udp')], ports(), speaker, clean);
  await clock.advance(15_000);
  expect(await testing).toEqual([
    {
      ...{ name: 'hook', kind: 'webhook', target: 'https://alerts.example.net', ok: false },
      detail: 'https://alerts.example.net answered 401: "Bearer <redacted> is unknown"',
      remedy: 'correct alarms[].token or alarms[].header',
    },
    {
      ...{ name: 'syslog', kind: 'syslog', target: 'tcp 192.0.2.50:514', ok: false },
      detail: 'tcp 192.0.2.50:514: nothing came back within 10000 ms',
      remedy: 'look at routes and firewalls',
    },
    expect.objectContaining({ name: 'page', target: '/usr/local/bin/page-me', ok: false }),
    expect.objectContaining({ name: 'syslog', ok: true, remedy: null }),
  ]);
  expect(receivers.notices[0]).toMatchObject({ test: true, status: 'raised', alarm: { id: 'test' } });
});
