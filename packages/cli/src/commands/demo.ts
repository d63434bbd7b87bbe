import type { CommandUnknownOpts } from '@commander-js/extra-typings';
import { readCredentials } from '../api/administrator.ts';
import type { CommandContext } from '../context.ts';
import { seedDemo } from '../demo.ts';
import { described } from '../described.ts';
import { Failure } from '../failure.ts';
import { suiteOption } from '../options.ts';
import { suiteUrl } from '../suite-url.ts';

export function addDemo(parent: CommandUnknownOpts, context: CommandContext): void {
  described(parent.command('demo'), {
    summary: 'Make two demo sites with a few entries (needs an administrator)',
    examples: ['gaia demo --url http://localhost:8080'],
  })
    .addOption(suiteOption())
    .action(async ({ url }) => {
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
    });
}
