import { readCredentials } from '../api/administrator.ts';
import { defineCommand } from '../command.ts';
import { seedDemo } from '../demo.ts';
import { exitCodes, Failure } from '../failure.ts';
import { baseUrl } from '../option.ts';
import { suiteUrl } from '../suite-url.ts';

export const demo = defineCommand({
  name: 'demo',
  summary: 'Make two demo sites with a few entries (needs an administrator)',
  operands: {},
  options: { url: baseUrl({ doc: 'the suite' }) },
  examples: ['gaia demo --url http://localhost:8080'],
  run: async ({ url }, context) => {
    const base = suiteUrl(url, context);
    const { name, password } = await readCredentials(context);
    const done = await seedDemo({
      authUrl: base,
      cmsUrl: base,
      administrator: { email: name, password },
      sites: true,
      say: (line) => context.stdout.write(`${line}\n`),
      fetch: context.fetch,
    });
    if (!done) throw new Failure('the login was refused: wrong e-mail address or password');
    return exitCodes.ok;
  },
});
