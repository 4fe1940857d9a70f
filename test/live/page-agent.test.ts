/**
 * The page of a real agent: the built executable beside a simulated box, its peer likewise, the page in Debian's Chromium. What a person
 * does in a night: arms the pair from the page, watches an incident come and be sealed, opens its report, reloads, restarts the agent, disarms.
 * page.test.ts has every state of the page by itself. SPITRAP_SHOTS=DIR keeps the pictures.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { LivingPair } from '../support/living-pair.ts';
import { lowContrast, tooWide } from './page-probe.ts';

const CHROMIUM = '/usr/bin/chromium';
const isThere = existsSync(CHROMIUM);
const shots = process.env['SPITRAP_SHOTS'];
const TOKEN = 'token-of-the-page-in-this-test';

/** A port that nobody had a moment ago: the page is to come back on it after a restart. */
const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });

test('chromium is there (test/live/setup.sh installs it)', () => {
  if (process.env['CI']) expect(isThere).toBe(true);
});

describe.skipIf(!isThere)('the page of a real agent (skipped without chromium)', () => {
  let browser: Browser;
  let pair: LivingPair;
  let page: Page;
  let url: string;
  const elsewhere: string[] = [];
  const complaints: string[] = [];

  beforeAll(async () => {
    if (shots) mkdirSync(shots, { recursive: true });
    const port = await freePort();
    url = `http://127.0.0.1:${port}/`;
    const served = `page: { listen: "127.0.0.1:${port}", token: { file: secrets/page } }\n`;
    pair = await LivingPair.set({
      delayMs: 3_000,
      edit: (text, end, _facts, set) => {
        if (end === 'hub') writeFileSync(set.secretFile('page'), `${TOKEN}\n`, { mode: 0o600 });
        return `${text}arming: { allowRemoteArm: true }\n${end === 'hub' ? served : ''}`;
      },
    });
    await pair.start('hub', 'spoke');
    await Promise.all([pair.ready('hub'), pair.ready('spoke')]);
    // As root, as in CI, there is no sandbox to be had; the page is ours.
    browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] });
    page = await (await browser.newContext({ viewport: { width: 390, height: 844 } })).newPage();
    page.on('request', (request) => {
      if (!request.url().startsWith(url)) elsewhere.push(request.url());
    });
    page.on('console', (message) => complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(error.message));
  });
  afterAll(async () => {
    await browser?.close();
    await pair?.close();
  });

  const journalOf = (end: 'hub' | 'spoke'): string => {
    const folder = join(pair.dataDir(end), 'journal');
    return readdirSync(folder)
      .map((name) => readFileSync(join(folder, name), 'utf8'))
      .join('');
  };
  const picture = async (name: string): Promise<void> => {
    if (shots) await page.screenshot({ path: join(shots, `agent-${name}.png`), fullPage: true });
    expect(await page.evaluate(lowContrast)).toEqual([]);
    expect(await page.evaluate(tooWide)).toEqual({ page: 0, elements: [] });
  };
  const headline = (words: RegExp) => page.getByRole('heading', { level: 1, name: words }).waitFor();
  const dialog = () => page.getByRole('dialog');
  const words = async (selector: string): Promise<string> =>
    (await page.locator(selector).first().innerText()).replaceAll('\u00a0', ' ').replace(/\s+/g, ' ');

  test('calm: the agent as it is', async () => {
    await page.goto(url);
    await headline(/All quiet at hub/);
    expect(await words('#rooms')).toMatch(/No incident yet.*not armed.*Round trip.*acknowledged/);
    await picture('calm');
  });

  test('armed from the page, both ends, and the journal says who', async () => {
    await page.locator('#actions').getByRole('button', { name: 'Arm', exact: true }).click();
    await dialog().getByLabel('Token of this agent').fill('no-token-of-this-agent');
    await dialog()
      .getByRole('button', { name: /and ask the peers$/ })
      .click();
    await dialog().getByText('The agent refused the token. Nothing was done.').waitFor();
    expect((await pair.status('hub')).arming.state).toBe('disarmed');
    await dialog().getByLabel('Token of this agent').fill(TOKEN);
    await page.keyboard.press('Enter');
    await dialog()
      .getByText(/Armed: .*ISAKMP.*lease until/)
      .waitFor();
    await picture('arm-answer');
    await dialog().getByRole('button', { name: 'Close' }).click();
    await headline(/Armed: debugs are on at hub/);
    expect((await pair.status('hub')).arming).toMatchObject({ state: 'armed', by: 'person' });
    expect(journalOf('hub')).toContain('page 127.0.0.1');
    await pair.until('the spoke is armed, too', async () => (await pair.status('spoke')).arming.state === 'armed');
    await picture('armed');
  });

  test('an incident as it runs, to its seal and its report', async () => {
    pair.desync();
    await headline(/Incident with spoke1: /);
    await page.locator('.live .steps li').first().waitFor();
    await picture('running');
    await page.locator('.live', { hasText: 'Just over' }).waitFor();
    const report = page.locator('.live').getByRole('link', { name: /^Report of/ });
    await report.waitFor();
    await picture('sealed');
    expect(await words('.live')).toMatch(/Sealed, debugs verified off/);
    expect(await page.locator('.live .steps li').count()).toBeGreaterThan(3);
    const opened = page.context().waitForEvent('page');
    await report.click();
    const tab = await opened;
    await tab.locator('h1').waitFor();
    expect(await tab.locator('.verdict').count()).toBe(1);
    await tab.close();
    pair.quiet('hub', 'spoke');
  });

  test('loaded again, it is one of the past ones, with its steps', async () => {
    await page.reload();
    const first = page.locator('#rooms .list > li').first();
    await first.getByRole('link', { name: /^Report of/ }).waitFor();
    await first.locator('summary').click();
    await first.locator('.steps li').first().waitFor();
    await picture('past');
  });

  test('the agent restarts: the page says that it is gone, and is back by itself', async () => {
    await pair.stop('hub');
    await headline(/No word from the agent for/);
    await picture('gone');
    await pair.start('hub');
    await pair.ready('hub');
    await page.locator('#link', { hasText: 'live' }).waitFor();
    await page.locator('#first:not(.stale)').waitFor({ state: 'attached' });
  });

  test('hold and off again, without asking for the token once more', async () => {
    await page.locator('#actions').getByRole('button', { name: 'Hold', exact: true }).click();
    await dialog().getByRole('button', { name: 'Hold for 30 min' }).click();
    await dialog()
      .getByText(/On hold until .* UTC/)
      .waitFor();
    await dialog().getByRole('button', { name: 'Close' }).click();
    await page.locator('#who', { hasText: 'on hold' }).waitFor();
    await picture('hold');
    await page.locator('#actions').getByRole('button', { name: 'Take hold off' }).click();
    await dialog().getByRole('button', { name: 'Take the hold off' }).click();
    await dialog().getByText('The hold is off').waitFor();
    await dialog().getByRole('button', { name: 'Close' }).click();
    expect((await pair.status('hub')).hold.on).toBe(false);
  });

  test('the pair tested, and a capture asked for', async () => {
    await page.locator('#actions').getByRole('button', { name: 'Test the pair' }).click();
    await dialog().getByRole('button', { name: 'Say hello now' }).click();
    await dialog().getByText('The peer answered, and the ends fit.').waitFor();
    await picture('tested');
    await dialog().getByRole('button', { name: 'Close' }).click();
    await page.locator('#actions').getByRole('button', { name: 'Capture now' }).click();
    await dialog().getByRole('button', { name: 'Capture both ends' }).click();
    await dialog().getByText('The capture is under way').waitFor();
    await dialog().getByRole('button', { name: 'Close' }).click();
    await headline(/A capture is running/);
    await picture('capturing');
    await page.locator('.live', { hasText: 'Captured' }).waitFor();
    expect(pair.stage.boxes.hub.debugsOn()).toEqual([]);
  });

  test('nobody else was asked, and only what the test did was complained of', () => {
    expect(elsewhere).toEqual([]);
    // The wrong token, and the agent that was away.
    expect(
      complaints.filter((text) => !/401|ERR_CONNECTION_REFUSED|ERR_INCOMPLETE_CHUNKED|ERR_CONNECTION_RESET/.test(text)),
    ).toEqual([]);
  });
});
