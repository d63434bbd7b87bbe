import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type Browser, chromiumPath, openChromium, type Page } from '@gaia/test-servers/chromium';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { password as adminPassword, call, type RunningSuite, runSuite } from './running-suite.ts';

const missing = chromiumPath() === undefined ? ' (skipped: there is no Chromium on this machine)' : '';
const root = join(import.meta.dirname, '..', '..');
const SITE = 'site-a.localhost';
const login = { email: 'admin@localhost', password: adminPassword };

/** What `app.js` leaves in its page. */
interface InPage {
  readonly gaia: {
    readonly auth: {
      signIn(login: object): Promise<{ status: string }>;
      signOut(): Promise<void>;
      session(): Promise<unknown>;
      me(): Promise<{ email: string }>;
    };
  };
  readonly changes: readonly string[];
  readonly localStorage: { getItem(key: string): string | null };
}

const app = (gaia: string) => `
import { createClient } from '/client/client.js';
import { browserStorage } from '/client/session/browser-storage.js';
globalThis.gaia = createClient({ url: '${gaia}', site: '${SITE}', storage: browserStorage() });
globalThis.changes = [];
globalThis.gaia.auth.onChange(({ status, reason }) => globalThis.changes.push(status + ' ' + reason));
new Worker('/worker.js', { type: 'module' }).onmessage = ({ data }) => { document.title = data; };
`;
const worker = (gaia: string) => `
import { createClient } from '/client/client.js';
const gaia = createClient({ url: '${gaia}', site: '${SITE}' });
await gaia.auth.signIn(${JSON.stringify(login)});
const { items } = await gaia.entries('article').list({ limit: 1 });
postMessage('worker ' + items.length);
`;

describe.skipIf(missing !== '')(`the client in Chromium${missing}`, { timeout: 120_000 }, () => {
  let suite: RunningSuite;
  let browser: Browser;
  let modules: string;
  let frontEnd: { readonly origin: string; close(): void };
  let gaia: string;

  beforeAll(async () => {
    modules = await mkdtemp(join(tmpdir(), 'gaia-client-'));
    const compile = [
      join(root, 'node_modules/typescript/bin/tsc'),
      '-p',
      join(root, 'packages/client/tsconfig.build.json'),
    ];
    [suite, browser] = await Promise.all([
      runSuite({ RATE_LIMIT: 'off', ACCESS_TOKEN_SECONDS: '6' }),
      openChromium(),
      promisify(execFile)(process.execPath, [...compile, '--outDir', modules]),
    ]);
    gaia = `http://${SITE}:${suite.port}`;
    frontEnd = await serveFrontEnd(gaia, modules);
    const token = (await call('POST', `${suite.url}/auth/login`, { body: login })).json.access_token;
    const body = { origins: [frontEnd.origin] };
    expect((await call('PATCH', `${suite.url}/auth/sites/${SITE}`, { token, body })).status).toBe(200);
  }, 120_000);
  afterAll(async () => {
    frontEnd?.close();
    await browser?.close();
    await suite?.stop();
    await rm(modules, { recursive: true, force: true });
  });

  /** Tabs of one browser, and the refresh tokens that each of them has sent. */
  async function openTabs(count: number) {
    const context = await browser.newContext();
    onTestFinished(() => context.close());
    context.setDefaultTimeout(60_000);
    const wrong: string[] = [];
    const tabs = await Promise.all(
      Array.from({ length: count }, async () => {
        const page = await context.newPage();
        const refreshed: string[] = [];
        page.on('request', (request) => {
          if (request.url().endsWith('/auth/refresh') && request.method() === 'POST') {
            refreshed.push(JSON.parse(request.postData() ?? '{}').refresh_token);
          }
        });
        page.on('pageerror', (error) => wrong.push(error.message));
        await page.goto(frontEnd.origin);
        await page.waitForFunction(() => 'changes' in globalThis);
        return { page, refreshed };
      }),
    );
    return { tabs: tabs as [Tab, Tab], wrong };
  }
  interface Tab {
    readonly page: Page;
    readonly refreshed: string[];
  }

  const signIn = (page: Page) =>
    page.evaluate((given) => (globalThis as unknown as InPage).gaia.auth.signIn(given), login);
  const stored = (page: Page): Promise<{ expiresAt: number; skew: number; refreshToken: string }> =>
    page.evaluate(() => JSON.parse((globalThis as unknown as InPage).localStorage.getItem('gaia') ?? 'null'));
  const ask = (page: Page, times: number) =>
    page.evaluate(async (count) => {
      const { auth } = (globalThis as unknown as InPage).gaia;
      const asked = Array.from({ length: count }, () => auth.me());
      return (await Promise.all(asked)).map(({ email }) => email);
    }, times);
  const changes = (page: Page) => page.evaluate(() => (globalThis as unknown as InPage).changes);

  it('twelve requests of a tab that slept past the end of its token refresh it once, and the other tab goes on', async () => {
    const { tabs, wrong } = await openTabs(2);
    const [awake, asleep] = tabs;
    expect(await signIn(awake.page)).toMatchObject({ status: 'signed_in' });
    expect(await ask(asleep.page, 1)).toEqual([login.email]);
    const { expiresAt, skew, refreshToken } = await stored(awake.page);
    await expect.poll(() => Date.now() + skew > expiresAt).toBe(true);
    asleep.refreshed.length = 0;
    const before = (await stored(asleep.page)).refreshToken;
    expect(await ask(asleep.page, 12)).toEqual(Array.from({ length: 12 }, () => login.email));
    expect(await ask(awake.page, 12)).toEqual(Array.from({ length: 12 }, () => login.email));
    expect(asleep.refreshed.filter((token) => token === before)).toHaveLength(1);
    for (const { refreshed } of tabs) expect(refreshed).toEqual([...new Set(refreshed)]);
    expect(before === refreshToken || awake.refreshed.includes(refreshToken)).toBe(true);
    expect(wrong).toEqual([]);
  });

  it('a tab sees that another has signed out', async () => {
    const { tabs } = await openTabs(2);
    const [first, second] = tabs;
    await signIn(first.page);
    await expect.poll(() => changes(second.page)).toEqual(['signed_in other_tab']);
    await first.page.evaluate(() => (globalThis as unknown as InPage).gaia.auth.signOut());
    await expect.poll(() => changes(second.page)).toContain('signed_out other_tab');
    expect(await second.page.evaluate(() => (globalThis as unknown as InPage).gaia.auth.session())).toBeUndefined();
    expect(await stored(second.page)).toBeNull();
  });

  it('works in a module worker, under a policy that allows scripts of the origin only', async () => {
    const { tabs, wrong } = await openTabs(1);
    await expect.poll(() => tabs[0].page.title(), { timeout: 60_000 }).toMatch(/^worker \d$/);
    expect(wrong).toEqual([]);
  });

  it('signs in with a cookie on the site’s own host, and changes content there', async () => {
    const context = await browser.newContext({ bypassCSP: true });
    onTestFinished(() => context.close());
    const page = await context.newPage();
    await page.goto(`${gaia}/sign-in`);
    const result = await page.evaluate(`(async () => {
      const { createCookieClient } = await import('${frontEnd.origin}/client/cookie.js');
      const gaia = createCookieClient({ url: location.origin, site: '${SITE}' });
      const { status } = await gaia.auth.signIn(${JSON.stringify(login)});
      const { id } = await gaia.entries('article').create({ fields: { title: 'By cookie', body: '' } });
      await gaia.entries('article').publish(id);
      await gaia.auth.signOut();
      const code = await gaia.auth.me().catch((error) => error.code);
      return [status, document.cookie, code];
    })()`);
    expect(result).toEqual(['signed_in', '', 'token_missing']);
  });
});

/** A front end at an origin of its own, with the modules of the package as they are built. */
async function serveFrontEnd(gaia: string, modules: string): Promise<{ origin: string; close(): void }> {
  const policy = `default-src 'none'; script-src 'self'; worker-src 'self'; connect-src ${gaia}`;
  const pages: Record<string, [type: string, text: string]> = {
    '/': ['text/html', '<!doctype html><title>Front end</title><script type="module" src="/app.js"></script>'],
    '/app.js': ['text/javascript', app(gaia)],
    '/worker.js': ['text/javascript', worker(gaia)],
  };
  const server = createServer(async ({ url = '/' }, outgoing) => {
    const headers = { 'content-security-policy': policy, 'access-control-allow-origin': '*' };
    try {
      const [type, text] = pages[url] ?? [
        'text/javascript',
        await readFile(join(modules, url.replace('/client/', ''))),
      ];
      outgoing.writeHead(200, { ...headers, 'content-type': type }).end(text);
    } catch {
      outgoing.writeHead(404).end();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    origin: `http://front.localhost:${(server.address() as AddressInfo).port}`,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}
