import type { CommandUnknownOpts } from '@commander-js/extra-typings';
import type { CommandContext } from '../context.ts';
import { described } from '../described.ts';
import { runSuite } from '../suite-process.ts';

export function addMigrate(parent: CommandUnknownOpts, context: CommandContext): void {
  described(parent.command('migrate'), {
    summary: 'Bring the databases of all services up to date, without starting the suite',
    details: ['The suite does this at every start; alone it is for upgrades in steps. Settings are those of gaia up.'],
    examples: ['gaia migrate', 'DATABASE_URL=postgres://… gaia migrate'],
  }).action(async () => context.setExitCode(await runSuite(['--migrate'], context)));
}
