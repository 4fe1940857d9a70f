/**
 * The report in Debian's Chromium (playwright-core): what a person sees first, on a desktop and a phone, in both schemes and on paper; that
 * nothing leaves the page and nothing of a device's text acts; that it can be read by keyboard. SPITRAP_SHOTS=DIR keeps the pictures.
 */
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { reportHtml } from '../../shared/analyze/report/page.ts';
import type { Told } from '../support/diagnosis/build.ts';
import { failover } from '../support/diagnosis/failover.ts';
import { cannotTell, hostile, oneEnded, storm, transient } from '../support/diagnosis/others.ts';
import { lowContrast, tooWide } from './page-probe.ts';

const CHROMIUM = '/usr/bin/chromium';
const isThere = existsSync(CHROMIUM);
const shots = process.env['SPITRAP_SHOTS'];

const cases: Record<string, Told> = {
  failover: failover(),
  'one-end': oneEnded(),
  storm: storm(),
  transient: transient(),
  'cannot-tell': cannotTell(),
  hostile: hostile(),
};
const desktop = { width: 1280, height: 800 };
const phone = { width: 390, height: 844 };

test('chromium is there (test/live/setup.sh installs it)', () => {
  if (process.env['CI']) expect(isThere).toBe(true);
});

describe.skipIf(!isThere)('the report in a browser (skipped without chromium)', () => {
  const folder = mkdtempSync(join(tmpdir(), 'spitrap-page-'));
  let browser: Browser;

  beforeAll(async () => {
    for (const [name, { diagnosis, bundles }] of Object.entries(cases))
      writeFileSync(join(folder, `${name}.html`), reportHtml(diagnosis, bundles));
    if (shots) mkdirSync(shots, { recursive: true });
    // As root, as in CI, there is no sandbox to be had; the page is ours and has no script.
    browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] });
  });
  afterAll(async () => {
    await browser?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  interface Seen {
    readonly page: Page;
    readonly requests: string[];
    readonly complaints: string[];
  }

  async function open<T>(name: string, options: BrowserContextOptions, look: (seen: Seen) => Promise<T>): Promise<T> {
    const context = await browser.newContext({ viewport: desktop, ...options });
    const page = await context.newPage();
    const requests: string[] = [];
    const complaints: string[] = [];
    const own = pathToFileURL(join(folder, `${name}.html`)).href;
    await page.route('**/*', (route) => {
      if (route.request().url() === own) return route.continue();
      requests.push(route.request().url());
      return route.abort();
    });
    page.on('console', (message) => complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(error.message));
    try {
      await page.goto(own);
      return await look({ page, requests, complaints });
    } finally {
      await context.close();
    }
  }

  const picture = async (page: Page, name: string, fullPage = false): Promise<void> => {
    if (shots) await page.screenshot({ path: join(shots, `${name}.png`), fullPage });
  };
  const bottomOf = async (page: Page, selector: string): Promise<number> => {
    const box = await page.locator(selector).first().boundingBox();
    return box === null ? Number.POSITIVE_INFINITY : box.y + box.height;
  };

  const looks: [string, BrowserContextOptions][] = [
    ['desktop-light', { viewport: desktop, colorScheme: 'light' }],
    ['desktop-dark', { viewport: desktop, colorScheme: 'dark' }],
    ['phone-light', { viewport: phone, colorScheme: 'light' }],
    ['phone-dark', { viewport: phone, colorScheme: 'dark' }],
  ];

  describe.each(Object.keys(cases))('%s', (name) => {
    test.each(looks)('%s: no request, no complaint, nothing too wide, every text readable', async (look, options) => {
      await open(name, options, async ({ page, requests, complaints }) => {
        await picture(page, `${name}-${look}`);
        await page.evaluate('document.querySelectorAll("details").forEach((one) => { one.open = true; })');
        expect(await page.evaluate(tooWide)).toEqual({ page: 0, elements: [] });
        expect(await page.evaluate(lowContrast)).toEqual([]);
        expect({ requests, complaints }).toEqual({ requests: [], complaints: [] });
      });
    });

    test('nothing is wider than 400 px, nor than 320 px', async () => {
      for (const width of [400, 320])
        await open(name, { viewport: { width, height: 800 } }, async ({ page }) =>
          expect(await page.evaluate(tooWide)).toEqual({ page: 0, elements: [] }),
        );
    });
  });

  describe.each(['failover', 'one-end', 'storm', 'transient', 'cannot-tell'])('%s: the first screen', (name) => {
    test.each([
      ['desktop', desktop],
      ['phone', phone],
    ])('on a %s: verdict, both ends and what to do, without scrolling', async (_, viewport) => {
      await open(name, { viewport }, async ({ page }) => {
        for (const selector of ['h1', '.chip', '.card.l0', '.card.l1', '.do'])
          expect(await bottomOf(page, selector), selector).toBeLessThanOrEqual(viewport.height);
      });
    });
  });

  test('which end, what, why and what to do are in the words of the first screen', async () => {
    await open('failover', { viewport: phone }, async ({ page }) => {
      const words = (await page.locator('.verdict, .ends, .do').allInnerTexts()).join('\n');
      for (const said of [
        'hub-b took over',
        '0x68842105',
        'certain',
        'no such SA',
        'off, verified',
        'clear crypto sa peer 213.163.222.7',
      ])
        expect(words).toContain(said);
    });
  });

  test('the picture lies across on a desktop and stands on a phone', async () => {
    await open('failover', {}, async ({ page }) => {
      expect(await page.locator('svg.across').isVisible()).toBe(true);
      expect(await page.locator('svg.down').isVisible()).toBe(false);
    });
    await open('failover', { viewport: phone }, async ({ page }) => {
      expect(await page.locator('svg.across').isVisible()).toBe(false);
      const box = (await page.locator('svg.down').boundingBox())!;
      expect(box.height).toBeGreaterThan(box.width);
      // Text of 11 px at least: the drawing is not scaled down.
      expect(await page.evaluate('document.querySelector("svg.down").getCTM().a')).toBeGreaterThan(0.9);
    });
  });

  test('a quote leads to its line, opened, in sight and marked, by keyboard alone', async () => {
    await open('failover', {}, async ({ page }) => {
      const link = page.locator('.reasons a', { hasText: 'device.log line 82' }).first();
      const target = (await link.getAttribute('href'))!;
      expect(await page.locator(target).isVisible()).toBe(false);
      await link.focus();
      await page.keyboard.press('Enter');
      await page.waitForFunction(`location.hash === ${JSON.stringify(target)}`);
      const line = page.locator(target);
      expect(await line.isVisible()).toBe(true);
      expect(await line.innerText()).toContain('%CRYPTO-4-RECVD_PKT_INV_SPI');
      const box = (await line.boundingBox())!;
      expect(box.y).toBeGreaterThanOrEqual(0);
      expect(box.y).toBeLessThan(desktop.height);
      await picture(page, 'failover-quoted-line');
    });
  });

  test('folded parts open by keyboard, and the first stop of the Tab key leads past the head', async () => {
    await open('failover', {}, async ({ page }) => {
      await page.keyboard.press('Tab');
      expect(await page.evaluate('document.activeElement.textContent')).toBe('To the evidence');
      const first = page.locator('.raw').first();
      await first.locator('summary').focus();
      await page.keyboard.press('Enter');
      expect(await first.locator('pre').first().isVisible()).toBe(true);
      await page.keyboard.press('Enter');
      expect(await first.locator('pre').first().isVisible()).toBe(false);
    });
  });

  test('landmarks, one main heading, names for pictures and tables', async () => {
    await open('failover', {}, async ({ page }) => {
      expect(await page.getByRole('main').count()).toBe(1);
      expect(await page.getByRole('heading', { level: 1 }).count()).toBe(1);
      expect(await page.getByRole('img', { name: 'What happened at both ends, in time' }).count()).toBe(1);
      for (const name of ['Do now', 'Change', 'What happened', 'Why we say so', 'What speaks against it', 'What is not known'])
        expect(await page.getByRole('region', { name, exact: true }).count(), name).toBe(1);
      expect(await page.getByRole('columnheader', { name: 'At its receiver, inbound' }).count()).toBe(1);
    });
  });

  test('hostile text stays text', async () => {
    await open('hostile', {}, async ({ page, requests, complaints }) => {
      await page.evaluate('document.querySelectorAll("details").forEach((one) => { one.open = true; })');
      expect(await page.evaluate('window.hacked')).toBeUndefined();
      expect(await page.locator('script, img, iframe, object, [onload], [onerror]').count()).toBe(0);
      expect(await page.title()).toContain('</pre></title><script>');
      expect({ requests, complaints }).toEqual({ requests: [], complaints: [] });
    });
  });

  test('even a script that got into it would not run, nor fetch', async () => {
    const page = reportHtml(cases['failover']!.diagnosis, cases['failover']!.bundles);
    const evil =
      '<script>window.hacked=1</script><img src="https://192.0.2.1/x.png" onerror="window.hacked=1"><b style="color:red">b</b>';
    writeFileSync(join(folder, 'injected.html'), page.replace('</main>', `${evil}</main>`));
    await open('injected', {}, async ({ page, requests, complaints }) => {
      expect(await page.evaluate('window.hacked')).toBeUndefined();
      expect(requests).toEqual([]);
      expect(complaints.join('\n')).toMatch(/Content Security Policy/);
    });
  });

  test('the probes see what is wrong', async () => {
    const wrong = '<p>pale</p><p class="on">on its own ground</p><div class="wide">wide</div>';
    const style = 'p{color:#999;background:#fff}.on{color:#000;background:#222}.wide{width:2000px}';
    writeFileSync(join(folder, 'wrong.html'), `<!doctype html><style>${style}</style>${wrong}`);
    await open('wrong', {}, async ({ page }) => {
      expect(await page.evaluate(lowContrast)).toEqual([
        ['pale', 2.85],
        ['on its own ground', 1.32],
      ]);
      expect(await page.evaluate(tooWide)).toMatchObject({ page: 728, elements: ['<div class="wide">wide</div>'] });
    });
  });

  test('without scripts it is the same page', async () => {
    await open('failover', { javaScriptEnabled: false }, async ({ page }) => {
      expect(await page.locator('h1').innerText()).toContain('hub-b took over');
      await page.locator('.raw summary').first().click();
      expect(await page.locator('.raw pre').first().isVisible()).toBe(true);
    });
  });

  test.each(['failover', 'storm', 'hostile'])('%s on paper: light, whole, without raw outputs', async (name) => {
    await open(name, { colorScheme: 'dark', viewport: { width: 718, height: 1000 } }, async ({ page }) => {
      await page.emulateMedia({ media: 'print' });
      expect(await page.evaluate('getComputedStyle(document.body).backgroundColor')).toBe('rgb(255, 255, 255)');
      expect(await page.locator('.raws').first().isVisible()).toBe(false);
      expect(await page.locator('.only-print').isVisible()).toBe(true);
      expect(await page.locator('svg.across').isVisible()).toBe(true);
      expect(await page.evaluate(tooWide)).toEqual({ page: 0, elements: [] });
      expect(await page.evaluate(lowContrast)).toEqual([]);
      const paper = await page.pdf({ format: 'A4', printBackground: true });
      const pages = paper.toString('latin1').match(/\/Type\s*\/Page\b/g)!.length;
      if (shots) writeFileSync(join(shots, `${name}.pdf`), paper);
      expect(pages).toBeLessThanOrEqual(name === 'failover' ? 6 : 20);
    });
  });
});
