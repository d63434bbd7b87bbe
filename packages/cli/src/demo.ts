import { type ApiClient, createApiClient } from './api/client.ts';
import type { Context } from './context.ts';
import { type DemoSite, demoSites, demoType } from './demo-content.ts';
import { Failure } from './failure.ts';

export interface DemoOptions extends Pick<Context, 'fetch'> {
  readonly authUrl: string;
  readonly cmsUrl: string;
  readonly administrator: { readonly email: string; readonly password: string };
  /** Whether to make the demo sites; without, only the administrator's login is tried. */
  readonly sites: boolean;
  readonly say: (line: string) => void;
}

/**
 * Logs the administrator in and makes the demo sites, over the services' own HTTP.
 * Doing it again adds nothing. False when the login is refused. Throws Failure.
 */
export async function seedDemo(options: DemoOptions): Promise<boolean> {
  const { say } = options;
  const { email, password } = options.administrator;
  const auth = createApiClient(options.authUrl, options);
  const login = async (site?: string): Promise<string | undefined> => {
    const body = { email, password, ...(site !== undefined && { site }) };
    const { status, body: tokens } = await auth.post('/auth/login', { body, alsoAccept: [401] });
    if (status === 401) return undefined;
    if (typeof tokens.access_token !== 'string') throw new Failure(`${auth.url} answered the login without a token`);
    return tokens.access_token;
  };
  const token = await login();
  if (token === undefined) return false;
  if (!options.sites) return true;
  for (const site of demoSites) {
    const body = { id: site.id, name: site.name };
    await auth.withToken(token).post('/auth/sites', { body, alsoAccept: [409] });
    const accessToken = (await login(site.id)) ?? token;
    await fillSite(createApiClient(options.cmsUrl, options, accessToken), site);
    say(`made the demo site ${site.id}`);
  }
  return true;
}

async function fillSite(cms: ApiClient, site: DemoSite): Promise<void> {
  const base = `/cms/sites/${site.id}`;
  await cms.post(`${base}/types`, { body: demoType, alsoAccept: [409] });
  const { items } = (await cms.get(`${base}/entries`, { query: { limit: '1' } })).body;
  if (Array.isArray(items) && items.length > 0) return;
  for (const { title, body, visibility, published } of site.entries) {
    const draft = { type: demoType.name, visibility, fields: { title, body } };
    const { id } = (await cms.post(`${base}/entries`, { body: draft })).body;
    if (published) await cms.post(`${base}/entries/${id}/publish`);
  }
}
