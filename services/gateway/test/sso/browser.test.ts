import type { Page } from 'playwright-core';
import { expect, it, onTestFinished } from 'vitest';
import { chromiumPath, openChromium } from '../support/chromium.ts';
import { openSites } from '../support/sites.ts';

const missing = chromiumPath() === undefined ? ' (skipped: there is no Chromium on this machine)' : '';

async function signIn(page: Page): Promise<void> {
  await page.getByLabel('E-mail address or user name').fill('ann@example.org');
  await page.getByLabel('Password', { exact: true }).fill('right');
  await page.getByRole('button', { name: 'Sign in' }).click();
}

it.skipIf(missing !== '')(
  `signs in once, walks over, and out everywhere, in a browser without scripts${missing}`,
  async () => {
    const sites = await openSites();
    const browser = await openChromium();
    onTestFinished(() => browser.close());
    const context = await browser.newContext({ javaScriptEnabled: false, locale: 'en-GB' });
    const page = await context.newPage();
    const links: string[] = [];
    page.on('request', (request) => {
      if (request.url().includes('/sso?token=')) links.push(request.url());
    });

    await page.goto(`${sites.a}/account`);
    await signIn(page);
    expect(page.url()).toBe(`${sites.a}/account`);

    await page.getByRole('link', { name: 'Bergen Choir' }).click();
    expect(page.url()).toBe(`${sites.b}/account`);
    expect(await page.getByText('Signed in as Ann').isVisible()).toBe(true);
    expect(links).toHaveLength(1);

    const replayed = await page.goto(links[0] ?? '');
    expect(replayed?.status()).toBe(403);

    // A password first, because there is no session yet: the answer to that form leads on to the other site.
    const other = await (await browser.newContext({ javaScriptEnabled: false, locale: 'en-GB' })).newPage();
    await other.goto(`${sites.b}/sso?return=/account`);
    expect(new URL(other.url()).origin).toBe(sites.central);
    await signIn(other);
    expect(other.url()).toBe(`${sites.b}/account`);

    // An attacker takes a link that was made for a browser of their own, unused, to somebody else's.
    const attacker = await sites.signedInAtA();
    const start = await attacker.get(`${sites.b}/sso?from=site-a.localhost`);
    const planted = String((await attacker.get(String(start.headers.location))).headers.location);
    const victim = await (await browser.newContext({ javaScriptEnabled: false, locale: 'en-GB' })).newPage();
    const refused = await victim.goto(planted);
    expect(refused?.status()).toBe(403);
    expect(await victim.getByText('This link signs nobody in here').isVisible()).toBe(true);
    await victim.goto(`${sites.b}/account`);
    expect(victim.url()).toContain('/sign-in');

    await page.goto(`${sites.b}/account`);
    await page.getByRole('button', { name: 'Sign out everywhere' }).click();
    expect(await page.getByRole('heading', { name: 'You are signed out' }).isVisible()).toBe(true);
    for (const origin of [sites.a, sites.b]) {
      await expect.poll(async () => (await page.goto(`${origin}/account`))?.url()).toContain('/sign-in');
    }
  },
  40_000,
);
