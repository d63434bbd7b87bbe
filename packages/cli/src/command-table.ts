import type { Command } from './command.ts';
import { demo } from './commands/demo.ts';
import { health } from './commands/health.ts';
import { migrate } from './commands/migrate.ts';
import { sitesCreate } from './commands/sites-create.ts';
import { sitesList } from './commands/sites-list.ts';
import { tokenInspect } from './commands/token-inspect.ts';
import { tokenMint } from './commands/token-mint.ts';
import { up } from './commands/up.ts';
import { usersCreate } from './commands/users-create.ts';
import { usersList } from './commands/users-list.ts';
import { usersShow } from './commands/users-show.ts';

/** Every command, in the order of the help. Those of one first word are a group. */
export const commands: readonly Command[] = Object.freeze([
  up,
  migrate,
  demo,
  health,
  tokenInspect,
  tokenMint,
  usersList,
  usersShow,
  usersCreate,
  sitesList,
  sitesCreate,
]);
