/** agent/web/shared-status.ts: one status for all who ask at once, and none that is older than a decision. */
import { describe, expect, test } from 'vitest';
import { AgentEvents, type Decision } from '../../agent/events.ts';
import { SharedStatus } from '../../agent/web/shared-status.ts';
import { emptyBook } from '../../shared/coordinate/book.ts';
import { statusSample } from '../status/status-sample.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { ask, bearer, standPage } from '../support/page-stand.ts';

const decision = { input: { kind: 'hold' } } as unknown as Decision;

function room() {
  const clock = new FakeClock();
  const events = new AgentEvents();
  let collected = 0;
  const shared = new SharedStatus({ clock, events, status: () => ({ ...statusSample, pid: ++collected }) });
  return { clock, events, shared };
}

describe('the status is shared', () => {
  test('by all who ask within a tenth of a second, as it is sent and in the metrics too', async () => {
    const { clock, shared } = room();
    let rendered = 0;
    const render = async (): Promise<string> => String(++rendered);
    for (let n = 0; n < 1_000; n++) {
      expect(shared.status.pid).toBe(1);
      expect(shared.json).toBe(shared.json);
      expect(await shared.metrics(render)).toBe('1');
    }
    expect(JSON.parse(shared.json.toString())).toEqual(JSON.parse(JSON.stringify({ ...statusSample, pid: 1 })));
    await clock.advance(99);
    expect(shared.status.pid).toBe(1);
    await clock.advance(1);
    expect([shared.status.pid, await shared.metrics(render)]).toEqual([2, '2']);
  });

  test('until something is decided: whoever acted reads what it came to', () => {
    const { events, shared } = room();
    expect(shared.status.pid).toBe(1);
    events.emit('decided', decision, emptyBook);
    expect([shared.status.pid, JSON.parse(shared.json.toString()).pid]).toEqual([2, 2]);
  });

  test('nor is it older than an action over the page, whatever came of that', async () => {
    let until = 'before';
    const status = (): typeof statusSample => ({ ...statusSample, hold: { on: true, by: 'command', until } });
    const { page, port } = await standPage({
      clock: new FakeClock(),
      status,
      control: {
        hold: async () => {
          until = 'after';
          return status().hold;
        },
      },
    });
    const read = async (): Promise<unknown> => JSON.parse((await ask(port, '/api/v1/status')).text).hold.until;
    expect(await read()).toBe('before');
    const body = JSON.stringify({ on: true, forMs: 60_000 });
    const headers = { ...bearer(), 'content-type': 'application/json' };
    expect((await ask(port, '/api/v1/hold', { method: 'POST', headers, body })).status).toBe(200);
    expect(await read()).toBe('after');
    await page.close();
  });

  test('not any more once closed', () => {
    const { events, shared } = room();
    shared.close();
    expect(events.listenerCount('decided')).toBe(0);
  });

  test('strangers who hammer at /healthz and /readyz cost one collecting', async () => {
    let collected = 0;
    const clock = new FakeClock();
    const { page, port } = await standPage({
      clock,
      status: () => {
        collected++;
        return statusSample;
      },
    });
    for (const path of ['/healthz', '/readyz', '/metrics', '/api/v1/status']) for (let n = 0; n < 5; n++) await ask(port, path);
    expect(collected).toBe(1);
    await page.close();
  });
});
