import type { Context } from '../context.ts';
import { Failure, UsageError } from '../failure.ts';
import { isReadableOnTheWay } from '../suite-url.ts';
import { ask, askHidden } from '../terminal/questions.ts';
import { type ApiClient, createApiClient } from './client.ts';
import { ApiProblem } from './problem.ts';

export interface Credentials {
  readonly name: string;
  readonly password: string;
}

/** What the suite calls the administrator that its first start makes. */
const DEFAULT_NAME = 'admin@localhost';

/**
 * Logs in as an administrator, does the work with that login and ends it again, so that no login outlives its command;
 * except where what was made would end with it. The name and the password are GAIA_ADMIN_EMAIL and GAIA_ADMIN_PASSWORD, or are asked for on the terminal.
 */
export async function asAdministrator<T>(
  url: string,
  context: Context,
  work: (api: ApiClient) => Promise<T>,
  { keepsLogin = false, site }: { readonly keepsLogin?: boolean; readonly site?: string } = {},
): Promise<T> {
  const credentials = await readCredentials(context);
  if (isReadableOnTheWay(url)) {
    context.stderr.write(`warning: ${url} is not HTTPS: the password can be read on the way\n`);
  }
  const client = createApiClient(url, context);
  const login = await logIn(client, credentials, site);
  let isKept = false;
  try {
    const made = await work(client.withToken(login.accessToken));
    isKept = keepsLogin;
    return made;
  } finally {
    if (!isKept) await logOut(client, login, context);
  }
}

/** From GAIA_ADMIN_EMAIL and GAIA_ADMIN_PASSWORD, or asked for on the terminal. Throws UsageError where there is none. */
export async function readCredentials(context: Context): Promise<Credentials> {
  const { GAIA_ADMIN_EMAIL: name, GAIA_ADMIN_PASSWORD: password } = context.env;
  if (password) return { name: name || DEFAULT_NAME, password };
  if (!context.stdin.isTTY) {
    throw new UsageError(
      'an administrator must log in: set GAIA_ADMIN_EMAIL and GAIA_ADMIN_PASSWORD, or run this on a terminal',
    );
  }
  const asked = name || (await ask(`Administrator [${DEFAULT_NAME}]: `, context)) || DEFAULT_NAME;
  const typed = await askHidden(`Password of ${asked}: `, context);
  return { name: asked, password: typed };
}

interface Login {
  readonly accessToken: string;
  readonly refreshToken: string | undefined;
}

async function logIn(client: ApiClient, { name, password }: Credentials, site?: string): Promise<Login> {
  const { body } = await client.post('/auth/login', {
    body: { [name.includes('@') ? 'email' : 'username']: name, password, ...(site !== undefined && { site }) },
  });
  const { access_token: accessToken, refresh_token: refreshToken } = body;
  if (typeof accessToken !== 'string' || !isToken(accessToken)) {
    throw new Failure(`${client.url} answered the login without an access token; is it Gaia?`);
  }
  return { accessToken, refreshToken: typeof refreshToken === 'string' ? refreshToken : undefined };
}

/**
 * The refresh token alone, where there is one: a command that has dropped the key of its own access token still ends its
 * login. What has been done stays done when the login cannot be ended, so this only warns.
 */
async function logOut(client: ApiClient, { accessToken, refreshToken }: Login, { stderr }: Context): Promise<void> {
  try {
    if (refreshToken === undefined) await client.withToken(accessToken).post('/auth/logout', { body: {} });
    else await client.post('/auth/logout', { body: { refresh_token: refreshToken } });
  } catch (error) {
    const code = error instanceof ApiProblem ? (error.code ?? String(error.status)) : 'no answer';
    stderr.write(`warning: the login of this command could not be ended (${code}); it ends by itself when unused\n`);
  }
}

/** RFC 6750 §2.1 `b64token`; anything else could not travel in a header. */
export function isToken(text: string): boolean {
  return /^[A-Za-z0-9\-._~+/]{1,8192}=*$/.test(text);
}
