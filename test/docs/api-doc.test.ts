/** docs/api.md and docs/page.md: every route and every refusal stands in them, and each curl line is asked of a page that stands. */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { routes } from '../../agent/web/routes/index.ts';
import { pageRefusals } from '../../agent/web/web-server.ts';
import { statusSample } from '../status/status-sample.ts';
import { ask, type Stand, standPage, TOKEN } from '../support/page-stand.ts';

const read = (name: string): string => readFileSync(new URL(`../../docs/${name}`, import.meta.url), 'utf8');
const api = read('api.md');
const page = read('page.md');

test('every route stands in api.md, with who may and what it answers', () => {
  const rows = api.split('\n').filter((line) => /^\| `(?:GET|POST) /.test(line));
  expect([...rows].sort()).toEqual(
    routes.map(({ method, path, access, about }) => `| \`${method} ${path}\` | ${access} | ${about} |`).sort(),
  );
});

test('every refusal stands in page.md, once', () => {
  const words = [...page.matchAll(/^\| `([a-z-]+)` \| /gm)].map((match) => match[1]!);
  expect([...words].sort()).toEqual([...pageRefusals].sort());
});

interface Curl {
  readonly method: string;
  readonly headers: Record<string, string>;
  readonly body: string | undefined;
  readonly path: string;
  readonly stays: boolean;
}

/** The few options of curl that the page uses; any other is an error. */
function curl(line: string): Curl {
  const words = [...line.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map((match) => match[1] ?? match[2] ?? match[3]!);
  expect(words.shift()).toBe('curl');
  const headers: Record<string, string> = {};
  let [method, body, path, stays]: [string, string | undefined, string, boolean] = ['GET', undefined, '', false];
  while (words.length > 0) {
    const word = words.shift()!;
    if (word === '-s' || word === '-sN') stays ||= word.includes('N');
    else if (word === '-X') method = words.shift()!;
    else if (word === '-d') body = words.shift()!;
    else if (word === '-H') {
      const [name, ...value] = words.shift()!.replace('$TOKEN', TOKEN).split(': ');
      headers[name!] = value.join(': ');
    } else if (word.startsWith('http://127.0.0.1:7423/')) path = word.slice('http://127.0.0.1:7423'.length);
    else throw new Error(`curl ${word}`);
  }
  return { method, headers, body, path, stays };
}

const lines = api.split('\n').filter((line) => line.startsWith('curl '));

describe('the curl lines', () => {
  let stand: Stand;
  const done: string[] = [];
  const id = '01KAX3J5ZQ8V7YHN4W2M6T9BCD';

  beforeAll(async () => {
    const armed = {
      state: 'armed',
      was: 'disarmed',
      debugs: [],
      conditions: [],
      warnings: [],
      leaseLeftMs: 1,
      deadManS: null,
      said: '',
      peers: [],
    } as const;
    const note = <T>(what: string, answer: T) => {
      done.push(what);
      return Promise.resolve(answer);
    };
    stand = await standPage({
      control: {
        incidents: async () => [{ ...statusSample.incidents[0]!, id }],
        hold: (change, who) => note(`hold ${change.on} ${who}`, { on: change.on, until: null, by: 'command' }),
        arm: ({ pair, who }) => note(`arm ${pair} ${who}`, armed),
        disarm: ({ pair, who }) => note(`disarm ${pair} ${who}`, armed),
        capture: ({ pair, who }) => note(`capture ${pair} ${who}`, { incident: id, peers: [] }),
        test: () => note('test', { peers: [] }),
        ack: (alarm, who) => note(`ack ${alarm} ${who}`, statusSample.alarms[0]!),
      },
    });
  });
  afterAll(() => stand.page.close());

  test('are there, one for every action', () => {
    expect(lines.length).toBeGreaterThan(10);
  });

  test.each(lines.map((line) => [line.replace(/.*7423/, ''), line]))('%s', async (path, line) => {
    const asked = curl(line);
    if (asked.stays) return;
    const answer = await ask(stand.port, asked.path, {
      ...{ method: asked.method, headers: asked.headers },
      ...(asked.body !== undefined && { body: asked.body }),
    });
    // Its bundle is not on this disk.
    expect(answer.status).toBe(path.endsWith('report.txt') ? 404 : 200);
  });

  test('did what they say', () => {
    const me = 'page 127.0.0.1';
    expect(done).toEqual([
      ...[`hold true ${me}`, `hold false ${me}`, `arm true ${me}`, `disarm true ${me}`, `capture false ${me}`],
      ...['test', `ack a1 ${me}`],
    ]);
  });
});

test('the configuration of page.md is one', () => {
  expect(page).toContain('page: { token: { file: page.token } }');
});
