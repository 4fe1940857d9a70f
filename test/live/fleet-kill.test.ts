/**
 * A fleet under `kill -9`, of real processes: nats-server, two `spitrap fleet` that share an index, and processes of agents with the production
 * publisher, each killed in turn while incidents are told. Nothing is lost and nothing stands twice. The same at full size:
 * `npm run bench:fleet -- --only kills` (docs/scale.md).
 */
import { expect, test } from 'vitest';
import { killEverything } from '../bench/fleet/kill.ts';
import { binPath } from '../support/lab-process.ts';
import { natsServerPath } from '../support/nats-server.ts';

/** Of the script that makes JavaScript for benches. */
interface Bundling {
  withBundles<T>(
    entries: Readonly<Record<string, string>>,
    run: (paths: Readonly<Record<string, string>>) => Promise<T>,
  ): Promise<T>;
}

const mustRun = process.env['CI'] !== undefined;

test.skipIf(natsServerPath === null && !mustRun)(
  'kill -9 of the server, of fleet processes and of agents: nothing lost, nothing twice (skipped without Debian package nats-server)',
  async () => {
    const plan = { agents: 40, incidents: 1_500, toMs: Date.now(), seed: 11 };
    const { withBundles } = (await import(new URL('../bench/bundle-and-run.mjs', import.meta.url).href)) as Bundling;
    const count = await withBundles({ agents: 'test/bench/fleet/agents.ts' }, ({ agents }) =>
      killEverything({
        ...{ plan, processes: 2, perSecond: null, bundle: agents!, bin: binPath },
        say: (line) => process.stdout.write(`${line}\n`),
      }),
    );
    const { messages, messagesTwice, seconds, ...said } = count;
    process.stdout.write(`${JSON.stringify({ ...said, messages, messagesTwice, seconds: Math.round(seconds) })}\n`);
    expect(said).toEqual({
      incidentsTold: 1_500,
      recordsTold: 6_000,
      kills: { server: 4, fleet: 3, agents: 2 },
      incidents: 1_500,
      records: 6_000,
      ...{ missing: [], foreign: [], twice: [], partial: [], verify: [] },
      ...{ dropped: 0, unreadable: 0 },
    });
    // What comes again after a lost acknowledgement the index knows.
    expect(messages).toBeGreaterThanOrEqual(6_000);
  },
  240_000,
);
