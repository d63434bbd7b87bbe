import { writeFile } from 'node:fs/promises';
import type { CommandUnknownOpts } from '@commander-js/extra-typings';
import { asAdministrator } from '../api/administrator.ts';
import type { CommandContext } from '../context.ts';
import { described } from '../described.ts';
import { Failure } from '../failure.ts';
import { requiredOption, suiteOption, textOption } from '../options.ts';
import { suiteUrl } from '../suite-url.ts';
import { readContentTypes } from '../types/content-type.ts';
import { siteTypes } from '../types/site-types.ts';

export function addTypesGenerate(parent: CommandUnknownOpts, context: CommandContext): void {
  described(parent.command('generate'), {
    summary: 'Write TypeScript types of a site’s content types, for @gaia/client',
    details: [
      'The module has an interface Site: with createClient<Site>() the compiler checks the names and values of fields, ' +
        'filters, sorts and expanded references. Who logs in must be able to read content of the site.',
    ],
    examples: [
      'gaia types generate --site site-a.localhost --output src/gaia-site.ts',
      'gaia types generate --site site-a.localhost | less',
    ],
  })
    .addOption(requiredOption('--site <site>', 'the id of the site', 253))
    .addOption(textOption('--output <file>', 'where to write it; standard output if absent'))
    .addOption(suiteOption())
    .action(async ({ site, output, url }) => {
      const { body } = await asAdministrator(
        suiteUrl(url, context),
        context,
        (api) => api.get(`/cms/sites/${encodeURIComponent(site)}/types`),
        { site },
      );
      const text = siteTypes(site, readContentTypes(body.items));
      if (output === undefined) context.stdout.write(text);
      else await written(output, text);
    });
}

async function written(file: string, text: string): Promise<void> {
  try {
    await writeFile(file, text);
  } catch (error) {
    throw new Failure(`${file} cannot be written (${(error as NodeJS.ErrnoException).code ?? 'unknown error'})`);
  }
}
