/** Permissions that an access token's `scope` can hold, each with what it allows. */
export const scopes = Object.freeze({
  'content:read': "Read the site's published content that is open to its members",
  'content:write': 'Create entries and edit those of which one is the author',
  'content:edit': 'See and edit the drafts and entries of every author',
  'content:publish': 'Publish and unpublish entries',
  'types:manage': 'Define content types',
  'assets:read': "Read the site's files",
  'assets:write': 'Upload files',
  'products:manage': 'Define products, and grant and withdraw them',
  'webhooks:manage': 'Manage the endpoints that take messages of other systems, and their secrets',
  'users:manage': "Manage the site's users and their roles",
  'site:manage': "Change the site's settings",
  'site:delete': 'Delete the site',
  'audit:read': 'Read the audit log',
  'sites:manage': 'Create sites and manage all of them (administrators of the installation)',
  'keys:manage': 'Rotate and retire signing keys (administrators of the installation)',
  'tokens:mint': 'Make access tokens for users, to look into what they see (administrators of the installation)',
  'clients:manage': 'Manage service accounts (administrators of the installation)',
  'search:manage': 'Build the search index anew (administrators of the installation)',
  'feed:read': 'Follow the change feed (services)',
  'account:export': 'Read what the user has made, on every site (auth alone, for an export that the user asks for)',
  'subjects:erase': 'Erase what is kept of a deleted user (auth alone)',
} as const);

export type Scope = keyof typeof scopes;

/** In tokens that auth makes for its own requests to the other services: no role, client or key ever has them. */
export const internalScopes: readonly Scope[] = Object.freeze(['account:export', 'subjects:erase']);

/** What a service account can be given. */
export const grantableScopes: readonly Scope[] = Object.freeze(
  (Object.keys(scopes) as Scope[]).filter((scope) => !internalScopes.includes(scope)),
);

const member: readonly Scope[] = ['content:read', 'assets:read'];
const author: readonly Scope[] = [...member, 'content:write', 'assets:write'];
const editor: readonly Scope[] = [...author, 'content:edit', 'content:publish'];
const admin: readonly Scope[] = [
  ...editor,
  'types:manage',
  'products:manage',
  'webhooks:manage',
  'users:manage',
  'site:manage',
  'audit:read',
];
const owner: readonly Scope[] = [...admin, 'site:delete'];

/** Built-in roles of a site, weakest first, with the permissions that each gives. */
export const siteRoles = Object.freeze({ member, author, editor, admin, owner });

export type SiteRole = keyof typeof siteRoles;

/** What an administrator of the installation may do beside being an owner of every site. */
export const administratorScopes: readonly Scope[] = Object.freeze([
  'sites:manage',
  'keys:manage',
  'tokens:mint',
  'clients:manage',
  'search:manage',
]);

/** Name that administrators of the installation carry in `roles`. */
export const ADMINISTRATOR_ROLE = 'administrator';
