/**
 * The page of a fleet in Debian's Chromium (playwright-core), over a real index: a night with one event of 412 spokes, nothing at all, names that
 * somebody made to do harm, the process gone, thousands of rows; on a phone and a desktop, light and dark, by keyboard. SPITRAP_SHOTS=DIR keeps
 * the pictures.
 */
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { failover, fleetNight, HOSTILE_NAME, told } from '../support/fleet-night.ts';
import { type FleetStand, type FleetStandOptions, standFleet } from '../support/fleet-stand.ts';
import { TOKEN } from '../support/page-stand.ts';
import { lowContrast, tooWide } from './page-probe.ts';

const CHROMIUM = '/usr/bin/chromium';
const isThere = existsSync(CHROMIUM);
const shots = process.env['SPITRAP_SHOTS'];
const desktop = { width: 1280, height: 800 };
const phone = { width: 390, height: 844 };
const looks: [string, BrowserContextOptions][] = [
  ['desktop-light', { viewport: desktop, colorScheme: 'light' }],
  ['desktop-dark', { viewport: desktop, colorScheme: 'dark' }],
  ['phone-light', { viewport: phone, colorScheme: 'light' }],
  ['phone-dark', { viewport: phone, colorScheme: 'dark' }],
];

test('chromium is there (test/live/setup.sh installs it)', () => {
  if (process.env['CI']) expect(isThere).toBe(true);
});

describe.skipIf(!isThere)('the page of a fleet in a browser (skipped without chromium)', () => {
  let browser: Browser;

  beforeAll(async () => {
    if (shots) mkdirSync(shots, { recursive: true });
    browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] });
  });
  afterAll(async () => {
    await browser?.close();
  });

  interface Seen {
    readonly page: Page;
    readonly stand: FleetStand;
    readonly elsewhere: string[];
    readonly complaints: string[];
  }

  interface Opening extends BrowserContextOptions {
    readonly stand?: FleetStandOptions;
    readonly before?: (stand: FleetStand) => Promise<void>;
    readonly hash?: string;
    readonly until?: string;
  }

  async function open<T>(
    { stand: options, before, hash = '', until, ...context }: Opening,
    look: (seen: Seen) => Promise<T>,
  ): Promise<T> {
    const stand = await standFleet(options);
    const at = await browser.newContext({ viewport: desktop, ...context });
    try {
      await before?.(stand);
      const page = await at.newPage();
      const elsewhere: string[] = [];
      const complaints: string[] = [];
      page.on('request', (request) => {
        if (!request.url().startsWith(stand.page.url)) elsewhere.push(request.url());
      });
      page.on('console', (message) => complaints.push(message.text()));
      page.on('pageerror', (error) => complaints.push(error.message));
      await page.goto(`${stand.page.url}/${hash}`);
      await page
        .locator(until ?? '#rooms .room')
        .first()
        .waitFor();
      return await look({ page, stand, elsewhere, complaints });
    } finally {
      await at.close();
      await stand.close();
    }
  }

  const night = async (stand: FleetStand): Promise<void> => {
    const { events, heartbeats } = fleetNight(Date.now());
    await stand.tell(events, heartbeats);
  };
  const words = async (page: Page, selector: string): Promise<string> =>
    (await page.locator(selector).innerText()).replaceAll('\u00a0', ' ').replace(/\s+/g, ' ');

  async function everyLook({ page, elsewhere, complaints }: Seen, name: string): Promise<void> {
    for (const [look, options] of looks) {
      await page.setViewportSize(options.viewport!);
      await page.emulateMedia({ colorScheme: options.colorScheme! });
      if (shots) {
        await page.screenshot({ path: join(shots, `${name}-${look}.png`) });
        await page.screenshot({ path: join(shots, `${name}-${look}-whole.png`), fullPage: true });
      }
      expect([look, await page.evaluate(lowContrast)]).toEqual([look, []]);
      expect([look, await page.evaluate(tooWide)]).toEqual([look, { page: 0, elements: [] }]);
    }
    expect(elsewhere).toEqual([]);
    expect(complaints).toEqual([]);
  }

  test('a night: what is still lost stands first, and the event is one', async () => {
    await open({ before: night }, async (seen) => {
      const { page } = seen;
      expect(await words(page, '#headline')).toMatch(/^✕ 4 incidents still black-holed, of 4\d\d in the last 24 hours$/);
      expect(await words(page, '#rooms')).toContain(
        'hub-2 failed over at 03:12 UTC: 412 spokes, 409 healed by themselves, 3 still black-holed',
      );
      await everyLook(seen, 'night');
    });
  });

  test('nothing yet', async () => {
    await open({}, async (seen) => {
      expect(await words(seen.page, '#headline')).toBe('· No agent has told anything yet');
      await everyLook(seen, 'empty');
    });
  });

  test('the event opens its incidents, worst first, and an incident both its ends', async () => {
    await open({ before: night }, async (seen) => {
      const { page } = seen;
      await page
        .getByRole('link', { name: /^hub-2 failed over/ })
        .first()
        .click();
      await page.locator('#group .events li').first().waitFor();
      expect(await words(page, '#group .events li >> nth=0')).toContain('black-holed');
      await everyLook(seen, 'group');
      await page.locator('#group .events a').first().click();
      await page.locator('#incident .end').first().waitFor();
      expect(await page.locator('#incident .end').count()).toBe(2);
      await everyLook(seen, 'incident');
    });
  });
});

void [failover, told, HOSTILE_NAME, TOKEN];
