/**
 * The page in Debian's Chromium (playwright-core) before an agent that is all play (support/page-fixture.ts): each state that it must have
 * a face for, on a phone and a desktop, light and dark; each action with the right and a wrong token; by keyboard alone; hostile text.
 * page-agent.test.ts has the same page before a real agent. SPITRAP_SHOTS=DIR keeps the pictures.
 */
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { PageFixture, refusal } from '../support/page-fixture.ts';
import { alarms, armed, calm, empty, hostile, type PageState, running } from '../support/page-states.ts';
import { lowContrast, tooWide } from './page-probe.ts';

const CHROMIUM = '/usr/bin/chromium';
const isThere = existsSync(CHROMIUM);
const shots = process.env['SPITRAP_SHOTS'];
const desktop = { width: 1280, height: 800 };
const phone = { width: 390, height: 844 };

/** A promise, and what opens it. */
function gate(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve = (): void => {};
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}

const states: Record<string, (now: number) => PageState> = { calm, armed, running, alarms, empty, hostile };

test('chromium is there (test/live/setup.sh installs it)', () => {
  if (process.env['CI']) expect(isThere).toBe(true);
});

describe.skipIf(!isThere)('the page in a browser (skipped without chromium)', () => {
  let browser: Browser;

  beforeAll(async () => {
    if (shots) mkdirSync(shots, { recursive: true });
    // As root, as in CI, there is no sandbox to be had; the page is ours.
    browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] });
  });
  afterAll(async () => {
    await browser?.close();
  });

  interface Seen {
    readonly page: Page;
    readonly agent: PageFixture;
    /** Asked of anybody but the agent. */
    readonly elsewhere: string[];
    readonly complaints: string[];
  }

  interface Opening extends BrowserContextOptions {
    readonly before?: (agent: PageFixture) => void;
    /** Default: until something of the agent is drawn. */
    readonly until?: string;
  }

  async function open<T>(state: PageState, { before, until, ...options }: Opening, look: (seen: Seen) => Promise<T>): Promise<T> {
    const agent = new PageFixture(state.status);
    agent.incidents = state.incidents;
    agent.timelines = state.timelines;
    before?.(agent);
    await agent.start();
    const context = await browser.newContext({ viewport: desktop, ...options });
    const page = await context.newPage();
    const elsewhere: string[] = [];
    const complaints: string[] = [];
    page.on('request', (request) => {
      if (!request.url().startsWith(agent.url)) elsewhere.push(request.url());
    });
    page.on('console', (message) => complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(error.message));
    try {
      await page.goto(agent.url);
      await page
        .locator(until ?? '#rooms .room')
        .first()
        .waitFor();
      return await look({ page, agent, elsewhere, complaints });
    } finally {
      await context.close();
      await agent.stop();
    }
  }

  const picture = async (page: Page, name: string, fullPage = false): Promise<void> => {
    if (shots) await page.screenshot({ path: join(shots, `${name}.png`), fullPage });
  };
  const words = async (page: Page, selector: string): Promise<string> =>
    (await page.locator(selector).innerText()).replaceAll('\u00a0', ' ').replace(/\s+/g, ' ');
  const button = (page: Page, name: string) => page.locator('#actions').getByRole('button', { name, exact: true });
  const dialog = (page: Page) => page.getByRole('dialog');

  const looks: [string, BrowserContextOptions][] = [
    ['desktop-light', { viewport: desktop, colorScheme: 'light' }],
    ['desktop-dark', { viewport: desktop, colorScheme: 'dark' }],
    ['phone-light', { viewport: phone, colorScheme: 'light' }],
    ['phone-dark', { viewport: phone, colorScheme: 'dark' }],
  ];

  describe.each(Object.keys(states))('%s', (name) => {
    test('light and dark, wide and narrow: every text readable, nothing too wide, nobody else asked, no complaint', async () => {
      await open(states[name]!(Date.now()), {}, async ({ page, elsewhere, complaints }) => {
        for (const [look, options] of looks) {
          await page.setViewportSize(options.viewport!);
          await page.emulateMedia({ colorScheme: options.colorScheme! });
          await picture(page, `${name}-${look}`);
          await picture(page, `${name}-${look}-whole`, true);
          await page.evaluate('document.querySelectorAll("details").forEach((one) => { one.open = true; })');
          expect(await page.evaluate(tooWide), look).toEqual({ page: 0, elements: [] });
          expect(await page.evaluate(lowContrast), look).toEqual([]);
        }
        for (const width of [400, 320]) {
          await page.setViewportSize({ width, height: 800 });
          await picture(page, `${name}-${width}`);
          expect(await page.evaluate(tooWide), `${width} px`).toEqual({ page: 0, elements: [] });
        }
        expect({ elsewhere, complaints }).toEqual({ elsewhere: [], complaints: [] });
      });
    });
  });

  describe('the first screen of a phone', () => {
    test.each<[string, (now: number) => PageState, string[]]>([
      ['calm', calm, ['All quiet at hub1', 'Nothing', 'None running', 'Off']],
      ['armed', armed, ['Armed: debugs are on at hub1', 'at the latest', 'lease 1']],
      ['running', running, ['Incident with spoke1: debugs stop in', 'SPI 0x68842105', 'stop at']],
      ['alarms', alarms, ['could not be verified off', '2 critical alarms', 'log in to hub1 (192.0.2.1) and type: undebug all']],
    ])('%s: what is wrong, running, on and to be typed, without scrolling', async (_, state, said) => {
      await open(state(Date.now()), { viewport: phone }, async ({ page }) => {
        const seen = await words(page, '#first');
        for (const text of said) expect(seen).toContain(text);
        const box = (await page.locator('#answers').boundingBox())!;
        expect(box.y + box.height).toBeLessThanOrEqual(phone.height);
      });
    });

    test('nothing jumps while it comes in', async () => {
      const context = await browser.newContext({ viewport: phone });
      const page = await context.newPage();
      await page.addInitScript(
        'window.shifted = 0; new PerformanceObserver((list) => { for (const one of list.getEntries()) window.shifted += one.value; }).observe({ type: "layout-shift", buffered: true });',
      );
      const state = alarms(Date.now());
      const agent = new PageFixture(state.status);
      await agent.start();
      try {
        await page.goto(agent.url);
        await page.locator('#rooms .room').first().waitFor();
        agent.tell({ at: new Date().toISOString() });
        await page.waitForFunction(
          'new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(() => resolve(true))))',
        );
        expect(await page.evaluate('window.shifted')).toBeLessThan(0.1);
      } finally {
        await context.close();
        await agent.stop();
      }
    });
  });

  describe('empty', () => {
    test('each empty room says what it means and what to do', async () => {
      await open(empty(Date.now()), {}, async ({ page }) => {
        const seen = await words(page, '#rooms');
        for (const text of [
          'No incident yet',
          'No peer is configured',
          'No source is configured',
          'Nothing was turned away',
          'told to nobody',
          'not armed',
        ])
          expect(seen).toContain(text);
        expect(await words(page, '#answers')).toMatch(/Wrong ✓ Nothing Incident · None Debugs ✓ Off/);
      });
    });
  });

  describe('what goes wrong with the agent', () => {
    test('gone: how old the picture is, nothing claimed, nothing to press; back again: live', async () => {
      await open(armed(Date.now()), { viewport: phone }, async ({ page, agent, elsewhere }) => {
        const { port } = agent;
        await agent.stop();
        await page.getByRole('heading', { level: 1, name: /No word from the agent for/ }).waitFor();
        await picture(page, 'gone-phone-light');
        expect(await words(page, '#first')).toMatch(
          /Below is how it was at .* UTC.*The agent does not answer.*Not known; was: on until/,
        );
        expect(await words(page, '#answers')).toContain('on the agent’s host type: spitrap status');
        expect(await words(page, '#link')).toMatch(/✕ stale [\d:]+ UTC/);
        expect(await page.title()).toBe('? hub1 · spitrap');
        expect(await button(page, 'Renew').isDisabled()).toBe(true);
        expect(await page.evaluate(lowContrast)).toEqual([]);
        await page.emulateMedia({ colorScheme: 'dark' });
        await picture(page, 'gone-phone-dark');
        expect(await page.evaluate(lowContrast)).toEqual([]);
        // Its own agent, once more, on the port that the page knows.
        const again = new PageFixture(calm(Date.now()).status);
        await again.start(port);
        try {
          await page.getByRole('heading', { level: 1, name: /All quiet at hub1/ }).waitFor();
          expect(await words(page, '#link')).toMatch(/✓ live/);
          expect(await button(page, 'Arm').isDisabled()).toBe(false);
        } finally {
          await again.stop();
        }
        expect(elsewhere).toEqual([]);
      });
    });

    test('never there: says so, and goes on trying', async () => {
      const options = {
        before: (agent: PageFixture) => {
          agent.readRefusal = refusal(503, 'too-many-streams', '16 look at events already; close one');
        },
        until: '#first.bad',
      };
      await open(calm(Date.now()), options, async ({ page, agent }) => {
        expect(await words(page, '#first')).toMatch(
          /The agent can not be looked at now 16 look at events already; close one. Next try/,
        );
        await picture(page, 'too-many');
        agent.readRefusal = null;
        await page.getByRole('heading', { level: 1, name: /All quiet/ }).waitFor();
      });
    });

    test('403: whom it does not serve is told why', async () => {
      const message = 'the name evil.example is not this agent’s: open it by an address, or set page.names';
      const options = {
        before: (agent: PageFixture) => {
          agent.readRefusal = refusal(403, 'cross-site', message);
        },
        until: '#first.bad',
      };
      await open(calm(Date.now()), options, async ({ page }) => {
        expect(await words(page, '#first')).toContain(`The agent does not serve you ${message}`);
        await picture(page, 'forbidden');
      });
    });

    test('a new version of the agent asks for a new page', async () => {
      await open(calm(Date.now()), {}, async ({ page, agent }) => {
        agent.tell({ version: '0.2.0' });
        await page.getByText('The agent is now spitrap 0.2.0; this page is of 0.1.0').waitFor();
        await picture(page, 'version');
        await page.getByRole('button', { name: 'Load the new page' }).click();
        await page.getByText('spitrap 0.2.0, process').waitFor();
        expect(await page.locator('.notice').count()).toBe(0);
      });
    });

    test('a status that the page does not understand is said, not hidden', async () => {
      await open(calm(Date.now()), {}, async ({ page, agent }) => {
        agent.tell({ peers: 12 as never });
        await page.getByRole('heading', { level: 1, name: 'This page does not understand its agent' }).waitFor();
        agent.tell({ peers: [] });
        await page.getByRole('heading', { level: 1, name: /All quiet/ }).waitFor();
      });
    });

    test('without JavaScript it says where to look instead', async () => {
      const agent = new PageFixture(calm(Date.now()).status);
      await agent.start();
      const context = await browser.newContext({ viewport: phone, javaScriptEnabled: false });
      try {
        const page = await context.newPage();
        await page.goto(agent.url);
        expect(await words(page, 'noscript')).toMatch(/This page needs JavaScript.*spitrap status.*spitrap incidents/);
        expect(await page.locator('#first').isVisible()).toBe(false);
        await picture(page, 'no-script');
      } finally {
        await context.close();
        await agent.stop();
      }
    });
  });

  describe('the token, to read', () => {
    const asked = {
      before: (agent: PageFixture) => {
        agent.readNeedsToken = true;
      },
      until: '#gate-form',
    };

    test('asked first; a wrong one is refused in place, the right one opens; never in an address, gone with the tab', async () => {
      await open(calm(Date.now()), { ...asked, viewport: phone }, async ({ page, agent }) => {
        const urls: string[] = [];
        page.on('request', (request) => urls.push(request.url()));
        await picture(page, 'gate');
        expect(await page.evaluate('document.activeElement.id')).toBe('gate-token');
        await page.keyboard.type('wrong token');
        await page.keyboard.press('Enter');
        await page.getByText('The agent refused the token: that is not the token').waitFor();
        await picture(page, 'gate-wrong');
        await page.keyboard.type(agent.token);
        await page.keyboard.press('Enter');
        await page.getByRole('heading', { level: 1, name: /All quiet/ }).waitFor();
        expect(await page.locator('#gate').isVisible()).toBe(false);
        expect(urls.filter((url) => /token/.test(url))).toEqual([]);
        expect(await page.evaluate('[localStorage.length, document.cookie, sessionStorage.length]')).toEqual([0, '', 1]);
        await page.reload();
        await page.getByRole('heading', { level: 1, name: /All quiet/ }).waitFor();
      });
    });

    test('reports are read here, since a link can not carry it', async () => {
      await open(calm(Date.now()), asked, async ({ page, agent }) => {
        await page.locator('#gate-token').fill(agent.token);
        await page.keyboard.press('Enter');
        await page
          .getByRole('button', { name: /^Read the report/ })
          .first()
          .click();
        await dialog(page).getByText('Report of 01HV').waitFor();
        await dialog(page).getByRole('button', { name: 'Close' }).click();
        const download = page.waitForEvent('download');
        await page
          .getByRole('button', { name: /^Save the report/ })
          .first()
          .click();
        expect((await download).suggestedFilename()).toMatch(/^spitrap-01HV\w+\.html$/);
      });
    });
  });

  describe('actions', () => {
    const armAnswer = {
      state: 'armed',
      was: 'disarmed',
      debugs: ['Crypto ISAKMP debugging', 'Crypto IPSEC debugging'],
      conditions: ['11.1.1.3'],
      warnings: [],
      leaseLeftMs: 900_000,
      deadManS: 1_800,
      said: 'read back',
      peers: [{ peer: 'spoke1', told: true, detail: '' }],
    };

    test('arm: says what it will do, takes a wrong token badly, the right one well, shows the answer in place', async () => {
      const done = gate();
      const before = (agent: PageFixture): void => {
        agent.answers['arm'] = async () => {
          await done.promise;
          return { status: 200, body: armAnswer };
        };
      };
      await open(calm(Date.now()), { before, viewport: phone }, async ({ page, agent, complaints }) => {
        await button(page, 'Arm').click();
        expect(await words(page, 'dialog')).toContain('Arms debugs on hub1 and asks spoke1 to; lease 15 min.');
        await picture(page, 'arm-asks');
        expect(await page.evaluate(lowContrast)).toEqual([]);
        await dialog(page).getByLabel('hub1 alone').check();
        expect(await words(page, 'dialog')).toContain('Arms debugs on hub1; lease 15 min.');
        await dialog(page).getByLabel('hub1 and spoke1').check();
        await dialog(page).getByLabel('5 min', { exact: true }).check();
        await dialog(page).getByLabel('Token of this agent').fill('wrong');
        await dialog(page).getByRole('button', { name: 'Arm hub1 and ask the peers' }).click();
        await dialog(page).getByText('The agent refused the token. Nothing was done.').waitFor();
        await picture(page, 'arm-wrong-token');
        expect(agent.asked).toEqual([]);
        expect(await page.evaluate('document.activeElement.id')).toBe('token');
        await dialog(page).getByLabel('Token of this agent').fill(agent.token);
        await page.keyboard.press('Enter');
        const running = dialog(page).getByRole('button', { name: 'Arming', exact: true });
        await running.waitFor();
        expect(await running.isDisabled()).toBe(true);
        await picture(page, 'arm-runs');
        expect(await page.evaluate(lowContrast)).toEqual([]);
        done.resolve();
        await dialog(page)
          .getByText(/^✓ Armed: Crypto ISAKMP debugging and Crypto IPSEC debugging on hub1; lease until/)
          .waitFor();
        await picture(page, 'arm-answer');
        expect(agent.asked).toEqual([{ action: 'arm', body: { change: { pair: true, leaseMs: 300_000, who: 'page' } } }]);
        await dialog(page).getByRole('button', { name: 'Close' }).click();
        expect(await words(page, '#actions .last')).toMatch(/✓ Arm, [\d:]+ UTC: Armed: Crypto ISAKMP debugging/);
        // Asked once: the next action has it.
        await button(page, 'Disarm').click();
        expect(await page.locator('#token').count()).toBe(0);
        // The browser itself tells of the 401; nothing else complained.
        expect(complaints.filter((text) => !/401/.test(text))).toEqual([]);
      });
    });

    test.each<[string, string, string, RegExp, unknown]>([
      [
        'disarm',
        'Disarm',
        'Disarm hub1 and ask the peers',
        /Turns our debugs off on hub1 and asks spoke1 to/,
        { change: { pair: true, leaseMs: null, who: 'page' } },
      ],
      [
        'hold',
        'Hold',
        'Hold for 30 min',
        /Holds hub1 for 30 min: no new incident acts/,
        { change: { on: true, forMs: 1_800_000 } },
      ],
    ])('%s: confirms in words and asks for just that', async (action, name, go, does, body) => {
      const answers: Record<string, unknown> = {
        disarm: { ...armAnswer, state: 'disarmed', was: 'armed', debugs: [], conditions: [], said: 'verified off' },
        hold: { on: true, until: new Date(Date.now() + 1_800_000).toISOString(), by: 'page' },
      };
      const before = (agent: PageFixture): void => {
        agent.answers[action] = () => ({ status: 200, body: answers[action] });
      };
      await open(armed(Date.now()), { before }, async ({ page, agent }) => {
        await button(page, name).click();
        expect(await words(page, 'dialog')).toMatch(does);
        await dialog(page).getByLabel('Token of this agent').fill(agent.token);
        await dialog(page).getByRole('button', { name: go }).click();
        await dialog(page).getByRole('button', { name: 'Close' }).waitFor();
        await picture(page, `${action}-answer`);
        expect(agent.asked).toEqual([{ action, body }]);
      });
    });

    test('an alarm is taken over', async () => {
      const before = (agent: PageFixture): void => {
        agent.answers['ack'] = () => {
          const taken = agent.status.alarms.map((one) => (one.id === 'A1' ? { ...one, acknowledged: true } : one));
          agent.tell({ alarms: taken });
          return { status: 200, body: taken[0] };
        };
      };
      await open(alarms(Date.now()), { before, viewport: phone }, async ({ page, agent }) => {
        await page.getByRole('button', { name: 'Acknowledge A1' }).click();
        await picture(page, 'ack-asks');
        await dialog(page).getByLabel('Token of this agent').fill(agent.token);
        await dialog(page).getByRole('button', { name: 'I take it over' }).click();
        await dialog(page).getByText('A1 is acknowledged').waitFor();
        expect(agent.asked).toEqual([{ action: 'ack', body: { alarm: 'A1' } }]);
        await dialog(page).getByRole('button', { name: 'Close' }).click();
        expect(await page.getByRole('button', { name: 'Acknowledge A1' }).count()).toBe(0);
      });
    });

    test('what the agent refuses is shown in its own words', async () => {
      const why = 'hub1 was not armed: CPU 71 % over five seconds, the limit is 50 %; wait, or raise arming.cpuMax';
      const before = (agent: PageFixture): void => {
        agent.answers['arm'] = () => refusal(409, 'ARM_REFUSED', why);
      };
      await open(calm(Date.now()), { before, viewport: phone }, async ({ page, agent }) => {
        await button(page, 'Arm').click();
        await dialog(page).getByLabel('Token of this agent').fill(agent.token);
        await page.keyboard.press('Enter');
        await dialog(page).getByText(`Refused: ${why}`).waitFor();
        await picture(page, 'arm-refused');
        expect(await page.evaluate(lowContrast)).toEqual([]);
        expect(await dialog(page).getByRole('button', { name: 'Arm hub1 and ask the peers' }).isDisabled()).toBe(false);
      });
    });

    test('an agent that goes while it is asked: not known whether it was done', async () => {
      const before = (agent: PageFixture): void => {
        agent.answers['disarm'] = async () => {
          await agent.stop();
          return { status: 200, body: {} };
        };
      };
      await open(armed(Date.now()), { before }, async ({ page, agent }) => {
        await button(page, 'Disarm').click();
        await dialog(page).getByLabel('Token of this agent').fill(agent.token);
        await page.keyboard.press('Enter');
        await dialog(page).getByText('The agent does not answer. Whether it was done is not known').waitFor();
      });
    });

    test('an action goes on when its dialog is closed, its buttons wait, and its answer comes', async () => {
      const done = gate();
      const before = (agent: PageFixture): void => {
        agent.answers['disarm'] = async () => {
          await done.promise;
          return { status: 200, body: { ...armAnswer, state: 'disarmed', was: 'armed', conditions: [] } };
        };
      };
      await open(armed(Date.now()), { before }, async ({ page, agent }) => {
        await button(page, 'Disarm').click();
        await dialog(page).getByLabel('Token of this agent').fill(agent.token);
        await page.keyboard.press('Enter');
        await dialog(page).getByRole('button', { name: 'Close, it goes on' }).click();
        expect(await button(page, 'Disarming').isDisabled()).toBe(true);
        expect(await button(page, 'Hold').isDisabled()).toBe(true);
        done.resolve();
        await page.getByText(/^✓ Disarm, [\d:]+ UTC: Disarmed: our debugs are off on hub1.$/).waitFor();
        expect(await button(page, 'Disarm').isDisabled()).toBe(false);
      });
    });
  });

  describe('an incident', () => {
    test('appears, goes through its phases with its steps, is sealed, and its report is a link', async () => {
      const now = Date.now();
      await open(armed(now), {}, async ({ page, agent, complaints }) => {
        const live = running(now);
        agent.timelines = live.timelines;
        agent.tell(live.status);
        await page.getByRole('heading', { level: 1, name: /Incident with spoke1: debugs stop in/ }).waitFor();
        await page.locator('.steps li').nth(3).waitFor();
        expect(await page.locator('.phases [aria-current=step]').innerText()).toBe('alert');
        expect(await words(page, '#say')).toContain('Incident with spoke1');
        const { id } = live.status.incidents[0]!;
        agent.emit('decision', {
          at: new Date(now + 900).toISOString(),
          incident: id,
          reason: 'stop-due',
          text: 'undebug all sent to hub1',
        });
        await page.locator('.steps li').first().getByText('undebug all sent to hub1').waitFor();
        agent.tell(running(now, 'verifying').status);
        await page.locator('.phases [aria-current=step]', { hasText: 'verify' }).waitFor();
        const sealed = {
          ...live.status.incidents[0]!,
          phase: 'sealed',
          outcome: 'complete',
          debugsOff: 'verified',
          verdict: 'persistent' as const,
        };
        agent.incidents = [
          {
            ...sealed,
            cause: { name: 'x', title: 'Failover without the SAs', confidence: 'certain' },
            bundle: true,
            report: true,
            twoEnded: true,
          },
        ];
        agent.tell({ incidents: [sealed] });
        await page
          .locator('.live')
          .getByRole('link', { name: /^Report of/ })
          .waitFor();
        await picture(page, 'sealed');
        expect(await words(page, '.live')).toMatch(
          /Just over: spoke1.*Sealed, debugs verified off.*Cause: Failover without the SAs \(certain\)/,
        );
        const tab = page.context().waitForEvent('page');
        await page
          .locator('.live')
          .getByRole('link', { name: /^Report of/ })
          .click();
        expect(await (await tab).title()).toBe(`Report ${id}`);
        expect(complaints).toEqual([]);
      });
    });

    test('a past one shows its steps when it is opened', async () => {
      await open(calm(Date.now()), {}, async ({ page }) => {
        await page.locator('#rooms summary').first().click();
        await page.getByText('debugs of hub1 are verified off').waitFor();
        await picture(page, 'past-steps', true);
      });
    });
  });

  describe('by keyboard', () => {
    test('two links lead past the head, and every stop is seen', async () => {
      await open(alarms(Date.now()), { viewport: phone }, async ({ page }) => {
        await page.keyboard.press('Tab');
        expect(await page.evaluate('document.activeElement.textContent')).toBe('To the state');
        await page.keyboard.press('Tab');
        expect(await page.evaluate('document.activeElement.textContent')).toBe('To the actions');
        await page.keyboard.press('Enter');
        await page.keyboard.press('Tab');
        expect(await page.evaluate('document.activeElement.textContent')).toBe('Renew');
        const stops: string[] = [];
        while (await page.evaluate('document.activeElement !== document.body')) {
          const seen = (await page.evaluate(
            '(() => { const at = document.activeElement; const box = at.getBoundingClientRect(); const style = getComputedStyle(at); return { what: at.textContent.slice(0, 30), ring: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2, in: box.top >= 0 && box.bottom <= innerHeight, high: box.height }; })()',
          )) as { what: string; ring: boolean; in: boolean; high: number };
          expect(seen, seen.what).toMatchObject({ ring: true, in: true });
          expect(seen.high, seen.what).toBeGreaterThanOrEqual(24);
          stops.push(seen.what);
          await page.keyboard.press('Tab');
        }
        expect(stops.slice(0, 6)).toEqual(['Renew', 'Disarm', 'Hold', 'Capture now', 'Test the pair', 'Report']);
        expect(stops.at(-1)).toMatch(/^Steps /);
      });
    });

    test('a dialog keeps the focus, Escape closes it, and the focus comes back', async () => {
      await open(calm(Date.now()), {}, async ({ page }) => {
        await button(page, 'Hold').focus();
        await page.keyboard.press('Enter');
        await dialog(page).waitFor();
        for (let stop = 0; stop < 9; stop++) {
          await page.keyboard.press('Tab');
          expect(
            await page.evaluate('document.activeElement === document.body || document.activeElement.closest("dialog") !== null'),
          ).toBe(true);
        }
        await page.keyboard.press('Escape');
        expect(await dialog(page).count()).toBe(0);
        expect(await page.evaluate('document.activeElement.textContent')).toBe('Hold');
      });
    });

    test('what is drawn anew takes neither the focus nor an open fold away, and is read out only when it is another thing', async () => {
      await open(calm(Date.now()), {}, async ({ page, agent }) => {
        const fold = page.locator('#rooms details').first();
        await fold.locator('summary').focus();
        await page.keyboard.press('Enter');
        await page.evaluate(
          'window.said = 0; new MutationObserver(() => { window.said += 1; }).observe(document.getElementById("say"), { childList: true, characterData: true, subtree: true })',
        );
        for (let lines = 1; lines < 4; lines++) {
          agent.tell({
            at: new Date(Date.now() + lines * 1_000).toISOString(),
            sources: agent.status.sources.map((one) => ({ ...one, lines: one.lines + 1_000 * lines })),
          });
          await page.getByText(`${(120_003 + [0, 1_000, 3_000, 6_000][lines]!).toLocaleString('en-US')} lines`).waitFor();
        }
        expect(await fold.evaluate((one) => (one as unknown as { open: boolean }).open)).toBe(true);
        expect(await page.evaluate('document.activeElement.tagName')).toBe('SUMMARY');
        expect(await page.evaluate('window.said')).toBe(0);
        agent.tell(armed(Date.now()).status);
        // Not a string: the page's policy lets nobody evaluate one, once the first look was in vain.
        await page.waitForFunction(() => (globalThis as unknown as { said: number }).said > 0);
        expect(await words(page, '#say')).toContain('Armed: debugs are on at hub1');
      });
    });

    test('landmarks, one heading at the top, names for what is pressed', async () => {
      await open(alarms(Date.now()), {}, async ({ page }) => {
        expect(await page.getByRole('main').count()).toBe(1);
        expect(await page.getByRole('heading', { level: 1 }).count()).toBe(1);
        for (const name of [
          'Actions',
          'Incidents',
          'Arming',
          'Device',
          'Peers',
          'Sources',
          'Turned away and lost',
          'Kept and told',
          'Alarm A1',
        ])
          expect(await page.getByRole('region', { name, exact: name !== 'Incidents' }).count(), name).toBe(1);
      });
    });
  });

  describe('hostile text', () => {
    test('stays text, in every field', async () => {
      await open(hostile(Date.now()), {}, async ({ page, elsewhere, complaints }) => {
        await page.evaluate('document.querySelectorAll("details").forEach((one) => { one.open = true; })');
        expect(await page.evaluate('window.hacked')).toBeUndefined();
        expect(await page.locator('main img, main script, iframe, object, [onload], [onerror], [style]').count()).toBe(0);
        const seen = (await page.evaluate('document.body.innerText + document.title')) as string;
        expect(seen).toContain('<img src=x onerror="window.hacked=1">');
        expect(seen).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u206f]/u);
        expect(seen.length).toBeLessThan(60_000);
        expect({ elsewhere, complaints }).toEqual({ elsewhere: [], complaints: [] });
      });
    });

    test('even markup that got into it would neither run nor fetch', async () => {
      await open(calm(Date.now()), {}, async ({ page, elsewhere, complaints }) => {
        await page.evaluate(
          'document.body.insertAdjacentHTML("beforeend", \'<img src="https://192.0.2.1/x.png" onerror="window.hacked=1"><b style="color:red">b</b><form action="https://192.0.2.1/"></form>\')',
        );
        await expect.poll(() => complaints.join('\n')).toMatch(/Content Security Policy/);
        expect(await page.evaluate('window.hacked')).toBeUndefined();
        expect(elsewhere.filter((url) => !url.startsWith('https://192.0.2.1/'))).toEqual([]);
        expect(complaints.join('\n')).toMatch(/img-src/);
      });
    });
  });

  test('who wants no motion gets none', async () => {
    await open(running(Date.now()), { reducedMotion: 'reduce' }, async ({ page }) => {
      expect(await page.evaluate('document.getAnimations().length')).toBe(0);
    });
  });
});
