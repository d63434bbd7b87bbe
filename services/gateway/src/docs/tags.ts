interface Tag {
  readonly name: string;
  readonly description: string;
}

/** The tasks that the API is for, in the order in which someone new comes to them. */
const tasks: readonly Tag[] = [
  { name: 'session', description: 'Sign in and out, refresh tokens, browser sessions' },
  { name: 'registration', description: 'Make an account and prove its e-mail address' },
  { name: 'recovery', description: 'Set a new password without the old one' },
  { name: 'account', description: 'What users do with their own account' },
  { name: 'content types', description: 'Define what entries hold' },
  { name: 'entries', description: 'Write, publish and read content' },
  { name: 'graphql', description: 'The same content through GraphQL' },
  { name: 'search', description: 'Full-text search' },
  { name: 'synonyms', description: 'Words that search takes for each other' },
  { name: 'files', description: 'Upload and download files and images' },
  { name: 'uploads', description: 'Upload large files in parts that can be resumed (tus)' },
  { name: 'products', description: 'Sell access: products, and which users hold them' },
  { name: 'webhooks', description: 'Take messages of other systems, such as payments' },
  { name: 'sites', description: 'Sites and their hosts' },
  { name: 'members', description: 'Members of a site and their roles' },
  { name: 'invitations', description: 'Invite people to a site' },
  { name: 'users', description: 'Accounts, for administrators and services' },
  { name: 'clients', description: 'Service accounts and their secrets' },
  { name: 'oauth', description: 'OAuth 2.0: tokens for programs' },
  { name: 'sso', description: 'One login for several sites' },
  { name: 'tokens', description: 'Access tokens for support' },
  { name: 'keys', description: 'Signing keys' },
  { name: 'identity', description: 'Who the caller is to a service' },
  { name: 'feed', description: 'The change feed, for services that follow content' },
  { name: 'index', description: 'Operate the search index' },
  { name: 'audit', description: 'What has happened, and the proof that nothing was changed' },
];

/** The tags in use, by task; those of services that are not ours come last. */
export function tagsByTask(used: readonly string[]): Partial<Tag>[] {
  const names = new Set(used);
  const known = tasks.filter(({ name }) => names.delete(name));
  return [...known, ...[...names].sort().map((name) => ({ name }))];
}
