import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Browser, chromiumPath, openChromium, type Page } from '@gaia/test-servers/chromium';
import axe from 'axe-core';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { mailedLink } from './mailed-link.ts';
import { createPerson } from './person.ts';
import { password as adminPassword, call, type RunningSuite, runSuite } from './running-suite.ts';

const missing = chromiumPath() === undefined ? ' (skipped: there is no Chromium on this machine)' : '';
const A = 'site-a.localhost';
const B = 'site-b.localhost';
const EMAIL = 'ann@example.org';
const PASSWORD = 'seven herons in the reeds';
const FRONT_END = 'front.localhost';
const waitOptions = { timeout: 60_000 };

/** A browser beside the whole suite needs its time on a busy machine. */
describe.skipIf(missing !== '')(`in Chromium${missing}`, { timeout: 120_000 }, () => {
  let suite: RunningSuite;
  let browser: Browser;
  let a: string;
  let b: string;
  let frontEnd: { port: number; close(): void };

  beforeAll(async () => {
    [suite, browser, frontEnd] = await Promise.all([runSuite({ RATE_LIMIT: 'off' }), openChromium(), servePage()]);
    [a, b] = [A, B].map((host) => `http://${host}:${suite.port}`) as [string, string];
    const login = { email: 'admin@localhost', password: adminPassword };
    const admin = (await call('POST', `${suite.url}/auth/login`, { body: login })).json.access_token;
    const body = { email: EMAIL, password: PASSWORD, name: 'Ann' };
    const user = await call('POST', `${suite.url}/auth/users`, { token: admin, body });
    for (const site of [A, B]) {
      const url = `${suite.url}/auth/sites/${site}/members/${user.json.id}`;
      const set = await call('PUT', url, { token: admin, body: { roles: ['member'] } });
      expect(set.status, set.text).toBe(201);
    }
    const origins = [`http://${FRONT_END}:${frontEnd.port}`];
    const changed = await call('PATCH', `${suite.url}/auth/sites/${A}`, {
      token: admin,
      body: { origins, registration: 'open' },
    });
    expect(changed.json.origins).toEqual(origins);
  }, 120_000);
  afterAll(async () => {
    frontEnd?.close();
    await browser?.close();
    await suite?.stop();
  });

  const withoutScripts = async () => {
    const context = await browser.newContext({ javaScriptEnabled: false, locale: 'en-GB' });
    context.setDefaultTimeout(waitOptions.timeout);
    return context.newPage();
  };

  it('tries requests out in /docs as the user who is signed in, at the address of a site', async () => {
    const page = await (await browser.newContext()).newPage();
    page.setDefaultTimeout(waitOptions.timeout);
    await page.goto(`${a}/docs`);
    const status = await page.evaluate(
      async (body) =>
        (await fetch('/session', { method: 'POST', headers: { 'content-type': 'application/json' }, body })).status,
      JSON.stringify({ email: 'admin@localhost', password: adminPassword }),
    );
    expect(status).toBe(200);
    await page.reload();
    await page.locator('#operations-tag-products').click();
    const operation = page.locator('#operations-products-createProduct');
    await operation.locator('.opblock-summary-control').click();
    await operation.locator('.try-out__btn').click();
    await operation.locator('input[placeholder=site]').fill(A);
    await operation
      .locator('textarea')
      .first()
      .fill(JSON.stringify({ id: 'tried', name: 'Tried out' }));
    await operation.locator('.execute').click();
    await expect
      .poll(() => operation.locator('.live-responses-table .response-col_status').allTextContents(), waitOptions)
      .toContainEqual(expect.stringContaining('201'));
    await page.context().close();
  });

  /** Signs in, and waits until the browser is where that leads. */
  async function signIn(page: Page, to: string): Promise<void> {
    await page.getByLabel('E-mail address or user name').fill(EMAIL);
    await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.waitForURL(to, waitOptions);
  }

  it('a person signs in once, walks over to the other site, and out everywhere, without a script', async () => {
    const page = await withoutScripts();
    const links: string[] = [];
    page.on('request', (request) => {
      if (request.url().includes('/sso?token=')) links.push(request.url());
    });
    await page.goto(`${a}/account`);
    await signIn(page, `${a}/account`);
    await page.locator(`a[href^="${b}/sso"]`).click();
    await page.waitForURL(`${b}/account`, waitOptions);
    expect(await page.getByText('Signed in as Ann').isVisible()).toBe(true);
    expect(links).toHaveLength(1);

    const replayed = await page.goto(links[0] ?? '');
    expect(replayed?.status()).toBe(403);
    expect(await page.getByText('This link signs nobody in here').isVisible()).toBe(true);

    await page.goto(`${b}/account`);
    await page.getByRole('button', { name: 'Sign out everywhere' }).click();
    await page.getByRole('heading', { name: 'You are signed out' }).waitFor(waitOptions);
    for (const origin of [a, b]) {
      await expect.poll(async () => (await page.goto(`${origin}/account`))?.url(), waitOptions).toContain('/sign-in');
    }
  });

  it('who has no session anywhere signs in at the installation and lands on the site', async () => {
    const page = await withoutScripts();
    await page.goto(`${b}/sso?return=/account`);
    expect(new URL(page.url()).origin).toBe(suite.url);
    await signIn(page, `${b}/account`);
  });

  it('rejects a link that an attacker made and has not used', async () => {
    const attacker = createPerson();
    await attacker.submit(await attacker.visit(`${a}/sign-in`), { name: EMAIL, password: PASSWORD });
    const start = await attacker.send('GET', `${b}/sso?from=${A}`);
    const planted = (await attacker.send('GET', String(start.headers.location))).headers.location;
    const page = await withoutScripts();
    const refused = await page.goto(String(planted));
    expect([refused?.status(), page.url()]).toEqual([403, planted]);
    await page.goto(`${b}/account`);
    expect(page.url()).toContain('/sign-in');
  });

  it('every page is accessible, in light and dark, and fits the smallest screen', async () => {
    const page = await browser.newPage({ colorScheme: 'dark', viewport: { width: 320, height: 640 }, locale: 'fr' });
    page.setDefaultTimeout(waitOptions.timeout);
    onTestFinished(() => page.close());
    const audited = (rules?: readonly string[]) =>
      page.evaluate(async (only) => {
        const { run } = (globalThis as unknown as InPage).axe;
        const { violations } = await run(only === undefined ? {} : { runOnly: only });
        return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
      }, rules);
    const look = async () => {
      await page.evaluate(axe.source);
      const found = await audited();
      await page.emulateMedia({ colorScheme: 'light' });
      found.push(...(await audited(['color-contrast'])));
      await page.emulateMedia({ colorScheme: 'dark' });
      const { scrollWidth, clientWidth, lang } = await page.evaluate(() => {
        const { documentElement } = (globalThis as unknown as InPage).document;
        const { scrollWidth, clientWidth, lang } = documentElement;
        return { scrollWidth, clientWidth, lang };
      });
      return { found, fits: scrollWidth <= clientWidth, lang };
    };
    const fine = { found: [], fits: true, lang: 'fr' };
    const body = { email: 'newcomer@example.org', name: 'Nova' };
    expect((await call('POST', `${suite.url}/auth/sites/${A}/registrations`, { body })).status).toBe(202);
    const link = `/verify?token=${await mailedLink(suite.dataDir, body.email, '/verify')}`;
    for (const path of ['/register', link, '/reset?token=x', '/sso?from=nowhere.example']) {
      await page.goto(a + path);
      expect([path, await look()]).toEqual([path, fine]);
    }
    await page.goto(`${a}/sign-in`);
    await page.locator('#name').fill(EMAIL);
    await page.locator('#password').fill('not the password');
    await page.locator('main button').click();
    await page.getByRole('alert').waitFor(waitOptions);
    expect(await look()).toEqual(fine);
    expect(await page.locator(':focus').getAttribute('id')).toBe('password');
    await page.locator('#password').fill(PASSWORD);
    await page.locator('main button').click();
    await page.waitForURL(`${a}/account`, waitOptions);
    expect(await look()).toEqual(fine);
    await page.goto(suite.url);
    expect(await look()).toEqual({ ...fine, lang: 'en' });
  });

  it('/docs shows the API of all services under its policy', async () => {
    const page = await browser.newPage();
    page.setDefaultTimeout(waitOptions.timeout);
    const wrong: string[] = [];
    page.on('console', (message) => {
      if (message.type() === 'error') wrong.push(message.text());
    });
    page.on('pageerror', (error) => wrong.push(error.message));
    page.on('requestfailed', (request) => wrong.push(`${request.url()} failed`));
    const elsewhere: string[] = [];
    page.on('request', (request) => {
      const { protocol, origin } = new URL(request.url());
      if (protocol !== 'data:' && origin !== suite.url) elsewhere.push(request.url());
    });
    await page.goto(`${suite.url}/docs`);
    for (const tag of ['session', 'keys', 'entries', 'files', 'search']) {
      await page.locator(`#operations-tag-${tag}`).waitFor(waitOptions);
    }
    expect([wrong, elsewhere]).toEqual([[], []]);
    await page.close();
  });

  it('CORS allows a registered front end with a token, no other origin, and no cookies', async () => {
    const login = { email: EMAIL, password: PASSWORD, site: A };
    const token: string = (await call('POST', `${suite.url}/auth/login`, { body: login })).json.access_token;
    const page = await browser.newPage();
    page.setDefaultTimeout(waitOptions.timeout);
    onTestFinished(() => page.close());
    const ask = (options: { authorization?: string; credentials?: 'include' }) =>
      page.evaluate(
        async ([url, { authorization, credentials }]) => {
          const headers = { ...(authorization !== undefined && { authorization }) };
          try {
            const answer = await fetch(url, { headers, ...(credentials && { credentials }) });
            return [answer.status, answer.headers.get('x-request-id') !== null];
          } catch {
            return 'refused';
          }
        },
        [`${a}/cms/whoami`, options] as const,
      );
    await page.goto(`http://${FRONT_END}:${frontEnd.port}`);
    expect(await ask({ authorization: `Bearer ${token}` })).toEqual([200, true]);
    expect(await ask({})).toEqual([401, true]);
    expect(await ask({ credentials: 'include' })).toBe('refused');
    await page.goto(`http://other.localhost:${frontEnd.port}`);
    expect(await ask({ authorization: `Bearer ${token}` })).toBe('refused');
    expect(await ask({})).toBe('refused');
  });
});

/** What a page of the browser has. */
interface InPage {
  readonly document: {
    readonly documentElement: { readonly scrollWidth: number; readonly clientWidth: number; readonly lang: string };
  };
  readonly axe: {
    run(options: {
      readonly runOnly?: readonly string[];
    }): Promise<{ readonly violations: readonly { id: string; nodes: readonly { html: string }[] }[] }>;
  };
}

/** A front end: the same page under every host name. */
async function servePage(): Promise<{ port: number; close(): void }> {
  const server = createServer((_, outgoing) => {
    outgoing.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html><title>Front end</title>');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}
