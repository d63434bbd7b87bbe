import { defineCommand } from '../command.ts';
import { flag } from '../option.ts';
import { runSuite } from '../suite-process.ts';

export const up = defineCommand({
  name: 'up',
  summary: 'Start the whole suite; Ctrl-C ends it',
  details: [
    'Does what npm start does. Settings are environment variables: PORT, GAIA_DATA_DIR, DATABASE_URL, REDIS_URL …',
  ],
  operands: {},
  options: {
    separate: flag({ doc: 'one process a service instead of one for all; needs REDIS_URL' }),
  },
  examples: ['gaia up', 'REDIS_URL=redis://127.0.0.1:6379 gaia up --separate'],
  run: ({ separate }, context) => runSuite(separate ? ['--separate'] : [], context),
});
