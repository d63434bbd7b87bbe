import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, chromium } from 'playwright-core';

export type { Browser, Page } from 'playwright-core';

const places = [process.env.CHROMIUM, '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** The browser of this machine, or undefined. */
export function chromiumPath(): string | undefined {
  return places.find((path) => path !== undefined && existsSync(path));
}

/** A headless Chromium with a profile of its own, which is removed when it is closed. */
export async function openChromium(): Promise<Browser> {
  const path = chromiumPath();
  if (path === undefined) throw new Error('there is no Chromium');
  const profile = mkdtempSync(join(tmpdir(), 'gaia-chromium-'));
  const browser = await chromium.launch({
    executablePath: path,
    headless: true,
    env: { ...process.env, HOME: profile, XDG_CONFIG_HOME: profile, XDG_CACHE_HOME: profile },
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--disable-dev-shm-usage',
    ],
  });
  browser.on('disconnected', () => rmSync(profile, { recursive: true, force: true, maxRetries: 3 }));
  return browser;
}
