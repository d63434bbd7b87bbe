import { defineCommand } from '../command.ts';
import { runSuite } from '../suite-process.ts';

export const migrate = defineCommand({
  name: 'migrate',
  summary: 'Bring the databases of all services up to date, without starting the suite',
  details: ['The suite does this at every start; alone it is for upgrades in steps. Settings are those of gaia up.'],
  operands: {},
  options: {},
  examples: ['gaia migrate', 'DATABASE_URL=postgres://… gaia migrate'],
  run: (_values, context) => runSuite(['--migrate'], context),
});
