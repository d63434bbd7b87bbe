import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { createClient } from '@gaia/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { site } from './known-keys.ts';
import { password, type RunningSuite, runSuite } from './running-suite.ts';

const root = join(import.meta.dirname, '..', '..');
const examples = join(root, 'suite', 'examples');
const title = 'A <heron> & a kingfisher';

let suite: RunningSuite;
beforeAll(async () => {
  suite = await runSuite({ RATE_LIMIT: 'off' });
  const gaia = createClient({ url: suite.url, site });
  await gaia.auth.signIn({ email: 'admin@localhost', password });
  const { id } = await gaia.entries('article').create({ visibility: 'public', fields: { title, body: '' } });
  await gaia.entries('article').publish(id);
}, 120_000);
afterAll(() => suite?.stop());

const env = (more: object) => ({ PATH: process.env.PATH, GAIA_URL: suite.url, ...more });
const run = (file: string, more: object) =>
  promisify(execFile)(process.execPath, [join(examples, file)], { env: env(more) });

describe('examples of the SDK', () => {
  it.each(['list-articles.ts', 'server-rendered.ts'])('%s stands in the guide as it is', async (file) => {
    const guide = await readFile(join(root, 'docs', 'guides', 'sdk.md'), 'utf8');
    const code = await readFile(join(examples, file), 'utf8');
    expect(guide).toContain(`\`\`\`ts\n// ${file}\n${code}\`\`\`\n`);
  });

  it('lists articles from a script', async () => {
    const { stdout } = await run('list-articles.ts', { GAIA_PASSWORD: password });
    expect(stdout).toContain(` published ${title}\n`);
  });

  it('tells a script why it is refused, without the password', async () => {
    const wrong = 'a-password-of-somebody-else';
    const failed = await run('list-articles.ts', { GAIA_PASSWORD: wrong }).catch((error: object) => error);
    expect(failed).toMatchObject({ code: 1, stderr: 'Invalid credentials (invalid_credentials)\n' });
    expect(JSON.stringify(failed)).not.toContain(wrong);
  });

  it('renders a page on a server, with texts escaped', async () => {
    const child = spawn(process.execPath, [join(examples, 'server-rendered.ts')], { env: env({ PORT: '0' }) });
    try {
      const [origin] = (await once(createInterface(child.stdout), 'line')) as [string];
      const page = await fetch(origin);
      expect(page.headers.get('content-security-policy')).toBe("default-src 'none'");
      expect(await page.text()).toContain('<li>A &lt;heron&gt; &amp; a kingfisher</li>');
    } finally {
      child.kill();
      await once(child, 'exit');
    }
  });
});
