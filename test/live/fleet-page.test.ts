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

  test('names that were made to do harm are text, wherever they stand', async () => {
    await open({ before: night, hash: `#where=${encodeURIComponent(`spoke=${HOSTILE_NAME}`)}` }, async (seen) => {
      const { page } = seen;
      expect(await words(page, '#rooms')).toContain('hub-3 – <img src=x onerror=alert(1)>\\x1b[31mred\\u{202e}');
      await page.locator('#lost a').or(page.locator('.events a')).first().click();
      await page.locator('#incident .end').first().waitFor();
      expect(await page.locator('main img, main script, main [onerror], main [style]').count()).toBe(0);
      await everyLook(seen, 'hostile');
    });
  });

  test('a click narrows, the address says so, and a link shows the same', async () => {
    await open({ before: night }, async ({ page, stand, complaints }) => {
      await page.locator('#top-hub-title ~ ul').getByRole('link', { name: 'hub-1', exact: true }).click();
      await page.getByRole('link', { name: /^hub=hub-1: take this condition away/ }).waitFor();
      expect(new URL(page.url()).hash).toBe('#where=hub%3Dhub-1');
      await expect.poll(() => words(page, '#headline')).toBe('✕ 1 critical alarm of agents');
      expect(await words(page, '#rooms')).not.toContain('hub-2 failed over');
      await page.getByRole('link', { name: '7 days' }).click();
      expect(new URL(page.url()).hash).toBe('#since=7d&where=hub%3Dhub-1');
      const other = await page.context().newPage();
      await other.goto(page.url());
      await other.locator('#rooms .room').first().waitFor();
      expect(await words(other, '#filters')).toContain('hub = hub-1');
      await page.goBack();
      await page.goBack();
      await expect.poll(() => words(page, '#rooms')).toContain('hub-2 failed over');
      expect([stand.page.refusals.size, complaints]).toEqual([0, []]);
    });
  });

  test('the process gone: the last picture, its age, and no claim of it', async () => {
    await open({ before: night }, async ({ page, stand }) => {
      await page.clock.install();
      await page.reload();
      await page.locator('#rooms .room').first().waitFor();
      await stand.page.close();
      await page.clock.runFor(40_000);
      await expect.poll(() => words(page, '#headline')).toMatch(/^✕ This page has heard nothing for /);
      expect(await words(page, '#answers')).toContain('not known; was: 4 black-holed');
      expect(await words(page, '#link')).toMatch(/^✕ stale /);
      expect(await page.title()).toBe('? spitrap fleet');
      if (shots) await page.screenshot({ path: join(shots, 'stale.png') });
    });
  });

  test('the engine gone: what was known, and that it is no more than that', async () => {
    const engineState = () => ({ connected: false, server: null, why: 'nats1: connection refused' });
    await open({ before: (stand) => stand.tell(told(failover(Date.now(), 5, 0)[0]!)), stand: { engineState } }, async (seen) => {
      expect(await words(seen.page, '#headline')).toBe('! The engine does not answer: nothing new is learnt');
      expect(await words(seen.page, '#index-title ~ dl')).toContain('away: nats1: connection refused');
      await everyLook(seen, 'engine-away');
    });
  });

  test('over the network the token is asked for, kept for this tab, and sent in no address', async () => {
    await open(
      { before: night, stand: { config: { loopback: 'token' } }, until: '#gate-token' },
      async ({ page, complaints }) => {
        const urls: string[] = [];
        page.on('request', (request) => urls.push(request.url()));
        await page.getByLabel('Token of this page').fill('not-the-token-of-this-page');
        await page.keyboard.press('Enter');
        await page.getByText('The token was refused').waitFor();
        await page.getByLabel('Token of this page').fill(TOKEN);
        await page.keyboard.press('Enter');
        await page.locator('#rooms .room').first().waitFor();
        await page.reload();
        await page.locator('#rooms .room').first().waitFor();
        expect(urls.filter((url) => url.includes(TOKEN))).toEqual([]);
        // The browser itself says what was refused; nothing else complains.
        expect(complaints.filter((text) => !text.includes('401'))).toEqual([]);
      },
    );
  });

  test('by keyboard: to the events, into one and back', async () => {
    await open({ before: night }, async ({ page }) => {
      await page.keyboard.press('Tab');
      await page.keyboard.press('Tab');
      await page.keyboard.press('Enter');
      for (let tabs = 0; tabs < 20; tabs++) {
        await page.keyboard.press('Tab');
        if (await page.evaluate(`document.activeElement.textContent.startsWith('hub-2 failed over')`)) break;
      }
      await page.keyboard.press('Enter');
      await page.locator('#group .events li').first().waitFor();
      expect(await page.evaluate(`document.activeElement.id`)).toBe('group');
      await page.keyboard.press('Tab');
      await page.keyboard.press('Enter');
      await page.locator('#group').waitFor({ state: 'detached' });
    });
  });

  test('thousands of incidents: lists end, and go on when asked', async () => {
    const many = (stand: FleetStand): Promise<void> => stand.tell(failover(Date.now(), 3_000, 700).flatMap(told));
    await open({ before: many }, async (seen) => {
      const { page } = seen;
      expect(await words(page, '#headline')).toBe('✕ 700 incidents still black-holed, of 3,000 in the last 24 hours');
      await page
        .getByRole('link', { name: /^hub-2 failed over/ })
        .first()
        .click();
      await page.locator('#group .events li').first().waitFor();
      expect(await words(page, '#group')).toContain('The newest 100 of them');
      const before = await page.locator('#group .member').count();
      await page.getByRole('button', { name: 'Show more of its 3,000' }).click();
      await expect.poll(() => page.locator('#group .member').count()).toBe(before + 100);
      await everyLook(seen, 'thousands');
    });
  }, 120_000);
});
