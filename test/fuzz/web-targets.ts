/** What strangers send to the page, as far as it is ours to read: path, Host, Authorization, the headers of browsers and proxies. Node's parser stands before it. */
import type { PageConfig } from '../../agent/config/config.ts';
import { Gate } from '../../agent/web/access.ts';
import { matched, partsOf } from '../../agent/web/path.ts';
import { Refusal } from '../../agent/web/route.ts';
import { routes } from '../../agent/web/routes/index.ts';
import { limits } from '../../shared/limits.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { mutateText } from './mutate-text.ts';
import type { Target } from './target.ts';

const TOKEN = 'a-token-of-more-than-16-characters';
const config: PageConfig = {
  ...{ listen: { address: '127.0.0.1', port: 7423 }, token: TOKEN, readToken: null, loopback: 'free', tls: null },
  names: ['spitrap.example.net'],
};
const clock = new FakeClock();
let gate = new Gate(config, clock);
let asked = 0;

const seeds = [
  '/api/v1/incidents/01KAX3J5ZQ8V7YHN4W2M6T9BCD/report.html\nhost: localhost:7423',
  '/api/v1/bundles/01KAX3J5ZQ8V7YHN4W2M6T9BCD/files/commands/01-first-show.txt\nhost: [::1]:7423',
  `/api/v1/hold?x=1\nhost: spitrap.example.net\nauthorization: Bearer ${TOKEN}\nsec-fetch-site: same-origin`,
  '/../../etc/passwd\nhost: 127.0.0.1.evil.example\nx-forwarded-for: 192.0.2.1\nsec-fetch-mode: navigate',
].map((text) => Buffer.from(text));

/** A find: a refusal that is none, a path that leads out, a credential that was never configured and is let in. */
function readAsked(bytes: Buffer): void {
  const [target = '', ...lines] = bytes.toString('latin1').split('\n');
  const headers = Object.fromEntries(
    lines.flatMap((line) => {
      const colon = line.indexOf(': ');
      return colon < 1 ? [] : [[line.slice(0, colon).toLowerCase(), line.slice(colon + 2)] as const];
    }),
  );
  // Whoever guesses is refused unread after ten: the rest of the run would see nothing else.
  if (++asked % limits.pageGuessesMax === 0) gate = new Gate(config, clock);
  const remote = { address: bytes.length % 2 === 0 ? '127.0.0.1' : '2001:db8::7', port: 1 };
  const request = { method: 'GET', target, headers, remote, tls: false, client: null, body: async () => null };
  try {
    const parts = partsOf(target.split('?', 1)[0]!);
    for (const route of routes) {
      const params = matched(route.path.split('/').slice(1), parts);
      for (const value of Object.values(params ?? {}))
        if (!/^[\w.-]+(?:\/[\w.-]+)*$/.test(value) || value.split('/').some((part) => part === '.' || part === '..'))
          throw new Error(`a path leads out: ${value}`);
    }
    gate.admit(request, 'act');
    if (!(headers['authorization'] ?? '').includes(TOKEN)) throw new Error('let in without the token');
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
  }
}

export const webTargets: readonly Target[] = [
  { name: 'page-request', kind: 'network', seeds, mutate: mutateText, run: readAsked },
];
