import { Command, type CommandUnknownOpts, Help } from '@commander-js/extra-typings';
import { addAssetsMove } from './commands/assets-move.ts';
import { addAuditVerify } from './commands/audit-verify.ts';
import { addDemo } from './commands/demo.ts';
import { addHealth } from './commands/health.ts';
import { addKeysCompromise } from './commands/keys-compromise.ts';
import { addKeysImport } from './commands/keys-import.ts';
import { addKeysList } from './commands/keys-list.ts';
import { addKeysRotate } from './commands/keys-rotate.ts';
import { addMigrate } from './commands/migrate.ts';
import { addSearchRebuild } from './commands/search-rebuild.ts';
import { addSearchStatus } from './commands/search-status.ts';
import { addSitesCreate } from './commands/sites-create.ts';
import { addSitesList } from './commands/sites-list.ts';
import { addTokenInspect } from './commands/token-inspect.ts';
import { addTokenMint } from './commands/token-mint.ts';
import { addTypesGenerate } from './commands/types-generate.ts';
import { addUp } from './commands/up.ts';
import { addUsersDemote, addUsersPromote } from './commands/users-administrator.ts';
import { addUsersCreate } from './commands/users-create.ts';
import { addUsersDelete } from './commands/users-delete.ts';
import { addUsersDisable, addUsersEnable } from './commands/users-disable.ts';
import { addUsersInvite } from './commands/users-invite.ts';
import { addUsersList } from './commands/users-list.ts';
import { addUsersSetPassword } from './commands/users-set-password.ts';
import { addUsersShow } from './commands/users-show.ts';
import { addWebhookSign } from './commands/webhook-sign.ts';
import type { CommandContext } from './context.ts';

type AddCommand = (parent: CommandUnknownOpts, context: CommandContext) => void;

const HELP_WIDTH = 100;

/** Every command, in the order of the help. A list is a group: its commands have two words. */
const commands: readonly (AddCommand | readonly [group: string, summary: string, ...AddCommand[]])[] = [
  addUp,
  addMigrate,
  addDemo,
  addHealth,
  ['token', 'Look into tokens and make them', addTokenInspect, addTokenMint],
  ['keys', 'Signing keys', addKeysList, addKeysRotate, addKeysImport, addKeysCompromise],
  ['audit', 'The audit logs', addAuditVerify],
  [
    'users',
    'Users and administrators',
    addUsersList,
    addUsersShow,
    addUsersCreate,
    addUsersSetPassword,
    addUsersPromote,
    addUsersDemote,
    addUsersDisable,
    addUsersEnable,
    addUsersDelete,
    addUsersInvite,
  ],
  ['sites', 'Sites', addSitesList, addSitesCreate],
  ['types', 'Content types', addTypesGenerate],
  ['assets', 'Files', addAssetsMove],
  ['search', 'The search index', addSearchRebuild, addSearchStatus],
  ['webhook', 'Webhooks', addWebhookSign],
];

/** `gaia` as commander knows it. Nothing in it ends the process; errors are thrown and printed by who runs it. */
export function createProgram(context: CommandContext): Command {
  const program = new Command('gaia')
    .description('Runs and looks after a Gaia installation.')
    .usage('<command> [options]')
    .helpOption('-h, --help', 'show this')
    .helpCommand(false)
    .exitOverride()
    .configureHelp({ formatHelp: formatHelpWithLeaves, subcommandTerm: fullName })
    .configureOutput({
      writeOut: (text) => context.stdout.write(text),
      writeErr: (text) => context.stderr.write(text),
      outputError: () => {},
      getOutHelpWidth: () => HELP_WIDTH,
      getErrHelpWidth: () => HELP_WIDTH,
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    });
  for (const entry of commands) {
    if (typeof entry === 'function') entry(program, context);
    else {
      const [name, summary, ...members] = entry;
      const group = program.command(name).description(`${summary}.`).usage('<command> [options]');
      for (const add of members) add(group, context);
    }
  }
  return program;
}

/** `gaia token mint`. */
export function fullName(command: CommandUnknownOpts): string {
  return command.parent === null ? command.name() : `${fullName(command.parent)} ${command.name()}`;
}

/** The help lists the commands within the groups too; suggestions look for the next word alone. */
function formatHelpWithLeaves(command: CommandUnknownOpts, help: Help): string {
  const withLeaves: Help = Object.assign(Object.create(help), { visibleCommands: leavesOf });
  return Help.prototype.formatHelp.call(help, command, withLeaves);
}

function leavesOf(command: CommandUnknownOpts): CommandUnknownOpts[] {
  return command.commands.flatMap((member) => (member.commands.length > 0 ? leavesOf(member) : [member]));
}
