import type { CommandUnknownOpts } from '@commander-js/extra-typings';
import type { CommandContext } from '../context.ts';
import { described } from '../described.ts';
import { runSuite } from '../suite-process.ts';

export function addUp(parent: CommandUnknownOpts, context: CommandContext): void {
  described(parent.command('up'), {
    summary: 'Start the whole suite; Ctrl-C ends it',
    details: [
      'Does what npm start does. Settings are environment variables: PORT, GAIA_DATA_DIR, DATABASE_URL, REDIS_URL …',
    ],
    examples: ['gaia up', 'REDIS_URL=redis://127.0.0.1:6379 gaia up --separate'],
  })
    .option('--separate', 'one process a service instead of one for all; needs REDIS_URL')
    .action(async ({ separate }) => context.setExitCode(await runSuite(separate ? ['--separate'] : [], context)));
}
