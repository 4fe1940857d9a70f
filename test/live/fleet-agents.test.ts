/**
 * A fleet of real processes: nats-server, the built executable as `spitrap fleet`, and two built agents beside simulated routers that tell it. What
 * happens between the two is on the fleet's page, with the report of both ends and their bundles one click away; the commands say the same, also
 * when the fleet process is gone. SPITRAP_SHOTS=DIR keeps the pictures.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { binPath } from '../support/lab-process.ts';
import { LivingPair } from '../support/living-pair.ts';
import { NatsServer, natsServerPath } from '../support/nats-server.ts';
import { lowContrast, tooWide } from './page-probe.ts';

const CHROMIUM = '/usr/bin/chromium';
const isThere = existsSync(CHROMIUM) && natsServerPath !== null;
const shots = process.env['SPITRAP_SHOTS'];

test('chromium and nats-server are there (test/live/setup.sh installs them)', () => {
  if (process.env['CI']) expect(isThere).toBe(true);
});

/** What is read of it here. */
interface Overview {
  readonly now: { readonly agents: number };
  readonly incidents: readonly {
    readonly id: string;
    readonly endsCount: number;
    readonly report: boolean;
    readonly cause: string;
  }[];
}

/** Two users of one account: the fleet process has what docs/fleet.md says that it needs, and no more. */
function accounts(): string {
  const page = readFileSync(new URL('../../docs/fleet.md', import.meta.url), 'utf8');
  const block = /A fleet process needs this,[\s\S]*?```\n(permissions: \{[\s\S]*?\n\})\n```/.exec(page)?.[1];
  if (block === undefined) throw new Error('docs/fleet.md does not say what a fleet process needs');
  return `authorization { users: [ { user: "agent", password: "pw" }, { user: "fleet", password: "pw", ${block} } ] }\n`;
}

interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

const spitrap = (...args: readonly string[]): Promise<Ran> =>
  new Promise((resolve) => {
    execFile(process.execPath, [binPath, ...args], { timeout: 60_000 }, (error, out, err) =>
      resolve({ code: error === null ? 0 : Number(error.code ?? 1), out, err }),
    );
  });

describe.skipIf(!isThere)('a fleet of real agents (skipped without chromium or nats-server)', () => {
  let browser: Browser;
  let nats: NatsServer;
  let pair: LivingPair;
  let page: Page;
  let fleet: ChildProcess;
  let folder: string;
  let config: string;
  let url: string;
  let id: string;
  const complaints: string[] = [];

  async function startFleet(): Promise<{ readonly child: ChildProcess; readonly url: string }> {
    const child = spawn(process.execPath, [binPath, 'fleet', '-c', config], { stdio: ['ignore', 'pipe', 'pipe'] });
    let said = '';
    child.stdout.resume();
    const found = await new Promise<string>((resolve, reject) => {
      child.stderr.on('data', (bytes: Buffer) => {
        said += bytes.toString();
        const match = /^page +(http:\S+)/m.exec(said);
        if (match !== null) resolve(match[1]!);
      });
      child.once('exit', (code) => reject(new Error(`spitrap fleet ended (${code}): ${said}`)));
    });
    return { child, url: found };
  }

  beforeAll(async () => {
    if (shots) mkdirSync(shots, { recursive: true });
    nats = await NatsServer.start(accounts());
    folder = mkdtempSync(join(tmpdir(), 'spitrap-fleet-live-'));
    config = join(folder, 'fleet.yaml');
    writeFileSync(
      config,
      `engine: { servers: "${nats.url}", user: fleet, password: { file: pw } }\npage: { listen: "127.0.0.1:0" }\nfolder: data\nstream: { bytesMax: 64MiB, bundlesBytesMax: 256MiB }\n`,
    );
    writeFileSync(join(folder, 'pw'), 'pw', { mode: 0o600 });
    ({ child: fleet, url } = await startFleet());
    pair = await LivingPair.set({
      delayMs: 2_000,
      edit: (text, end, _facts, set) => {
        writeFileSync(set.secretFile('nats'), 'pw', { mode: 0o600 });
        return `${text}site: lab-${end}\nfleet: { servers: "${nats.url}", user: agent, password: { file: secrets/nats }, heartbeat: 5s }\n`;
      },
    });
    await pair.start('hub', 'spoke');
    await Promise.all([pair.ready('hub'), pair.ready('spoke')]);
    browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] });
    page = await (await browser.newContext({ viewport: { width: 1280, height: 800 } })).newPage();
    page.on('console', (message) => complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(error.message));
  }, 120_000);

  afterAll(async () => {
    await browser?.close();
    await pair?.close();
    fleet?.kill('SIGKILL');
    await nats?.end();
    rmSync(folder, { recursive: true, force: true });
  });

  const picture = async (name: string): Promise<void> => {
    if (shots) await page.screenshot({ path: join(shots, `fleet-agents-${name}.png`), fullPage: true });
    expect(await page.evaluate(lowContrast)).toEqual([]);
    expect(await page.evaluate(tooWide)).toEqual({ page: 0, elements: [] });
  };
  const asked = async <T>(path: string): Promise<T> => (await (await fetch(`${url}${path}`)).json()) as T;
  const overview = () => asked<Overview>('/api/v1/overview');

  test('both agents are on the page by their heartbeats', async () => {
    await page.goto(url);
    await expect.poll(async () => (await overview()).now.agents, { timeout: 60_000, interval: 200 }).toBe(2);
    await page.getByRole('heading', { name: '2 agents' }).waitFor();
    await picture('agents');
  }, 90_000);

  test('what happens between them is one incident of both ends, with its verdict', async () => {
    pair.desync();
    const told = async (): Promise<unknown> => {
      const [one] = (await overview()).incidents;
      return one === undefined ? null : { ends: one.endsCount, report: one.report, isJudged: one.cause !== 'not-judged' };
    };
    await expect.poll(told, { timeout: 120_000, interval: 500 }).toEqual({ ends: 2, report: true, isJudged: true });
    const both = async (): Promise<number> => {
      id = (await overview()).incidents[0]!.id;
      const { incident } = await asked<{ incident: { ends: { bundle: unknown }[] } }>(`/api/v1/incidents/${id}`);
      return incident.ends.filter(({ bundle }) => bundle !== null).length;
    };
    await expect.poll(both, { timeout: 120_000, interval: 500 }).toBe(2);
    await page.reload();
    await page.locator('.events a').first().click();
    await page.locator('#incident .end').nth(1).waitFor();
    // Each agent knows one end and cannot tell; together they can.
    await page.getByText(/^Both ends together: .*hub1 lost the SA/).waitFor({ timeout: 60_000 });
    await picture('incident');
  }, 260_000);

  test('its report, of both ends, is one click away', async () => {
    const popup = page.waitForEvent('popup');
    await page.getByRole('link', { name: 'Report', exact: true }).click();
    const report = await popup;
    await report.waitForLoadState();
    expect(await report.title()).toContain('hub1 lost the SA that spoke1 still encrypts with');
    if (shots) await report.screenshot({ path: join(shots, 'fleet-agents-report.png') });
    await report.close();
    const text = await (await fetch(`${url}/api/v1/incidents/${id}/report.txt`)).text();
    expect(text).toMatch(/hub/);
    expect(text).toMatch(/spoke/);
    // Made once, then kept.
    expect(await (await fetch(`${url}/metrics`)).text()).toContain('spitrap_fleet_reports_made_total 1');
  }, 120_000);

  test('a bundle is saved whole', async () => {
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page
        .getByRole('link', { name: /^Bundle, / })
        .first()
        .click(),
    ]);
    const path = join(folder, 'from-the-page.tar.gz');
    await download.saveAs(path);
    expect(readFileSync(path).subarray(0, 2)).toEqual(Buffer.from([0x1f, 0x8b]));
    expect(complaints).toEqual([]);
  });

  test('the commands say the same beside the process, and when it is gone', async () => {
    const beside = await spitrap('fleet', 'show', id.slice(0, 12), '-c', config);
    expect([beside.code, beside.err]).toEqual([0, '']);
    expect(beside.out).toContain(id);
    const report = await spitrap('fleet', 'show', id, '--report', '-c', config);
    expect([report.code, report.err]).toEqual([0, '']);
    const saved = join(folder, 'saved.tar.gz');
    expect((await spitrap('fleet', 'show', id, '--bundle', saved, '--end', 'hub', '-c', config)).code).toBe(0);
    expect(existsSync(saved)).toBe(true);
    const ended = new Promise<number | null>((resolve) => fleet.once('exit', resolve));
    fleet.kill('SIGTERM');
    expect(await ended).toBe(0);
    const alone = await spitrap('fleet', 'incidents', '-c', config);
    expect([alone.code, alone.out.includes(id)]).toEqual([0, true]);
    expect((await spitrap('fleet', 'verify', '-c', config)).code).toBe(0);
    const rebuilt = await spitrap('fleet', 'rebuild', '-c', config);
    expect([rebuilt.code, rebuilt.err]).toEqual([0, '']);
    expect((await spitrap('fleet', 'incidents', '-c', config)).out).toBe(alone.out);
  }, 120_000);
});
