import type { Command } from './command.ts';
import { auditVerify } from './commands/audit-verify.ts';
import { demo } from './commands/demo.ts';
import { health } from './commands/health.ts';
import { keysCompromise } from './commands/keys-compromise.ts';
import { keysImport } from './commands/keys-import.ts';
import { keysList } from './commands/keys-list.ts';
import { keysRotate } from './commands/keys-rotate.ts';
import { migrate } from './commands/migrate.ts';
import { searchRebuild } from './commands/search-rebuild.ts';
import { searchStatus } from './commands/search-status.ts';
import { sitesCreate } from './commands/sites-create.ts';
import { sitesList } from './commands/sites-list.ts';
import { tokenInspect } from './commands/token-inspect.ts';
import { tokenMint } from './commands/token-mint.ts';
import { up } from './commands/up.ts';
import { usersDemote, usersPromote } from './commands/users-administrator.ts';
import { usersCreate } from './commands/users-create.ts';
import { usersDelete } from './commands/users-delete.ts';
import { usersDisable, usersEnable } from './commands/users-disable.ts';
import { usersInvite } from './commands/users-invite.ts';
import { usersList } from './commands/users-list.ts';
import { usersSetPassword } from './commands/users-set-password.ts';
import { usersShow } from './commands/users-show.ts';
import { webhookSign } from './commands/webhook-sign.ts';

/** Every command, in the order of the help. Those of one first word are a group. */
export const commands: readonly Command[] = Object.freeze([
  up,
  migrate,
  demo,
  health,
  tokenInspect,
  tokenMint,
  keysList,
  keysRotate,
  keysImport,
  keysCompromise,
  auditVerify,
  usersList,
  usersShow,
  usersCreate,
  usersSetPassword,
  usersPromote,
  usersDemote,
  usersDisable,
  usersEnable,
  usersDelete,
  usersInvite,
  sitesList,
  sitesCreate,
  searchRebuild,
  searchStatus,
  webhookSign,
]);
