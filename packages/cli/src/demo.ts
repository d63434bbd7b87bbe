import { type DemoSite, demoSites, demoType } from './demo-content.ts';
import { Failure } from './failure.ts';

export interface DemoOptions {
  readonly authUrl: string;
  readonly cmsUrl: string;
  readonly administrator: { readonly email: string; readonly password: string };
  /** Whether to make the demo sites; without, only the administrator's login is tried. */
  readonly sites: boolean;
  readonly say: (line: string) => void;
  readonly fetch: typeof fetch;
}

/**
 * Logs the administrator in and makes the demo sites, over the services' own HTTP.
 * Doing it again adds nothing. False when the login is refused.
 */
export async function seedDemo(options: DemoOptions): Promise<boolean> {
  const { authUrl, administrator, say } = options;
  const post = poster(options.fetch);
  const login = async (site?: string): Promise<string | undefined> => {
    const { email, password } = administrator;
    const answer = await post(`${authUrl}/auth/login`, undefined, {
      email,
      password,
      ...(site !== undefined && { site }),
    });
    if (answer.status === 401) return undefined;
    return String((await expectJson(answer, 200)).access_token);
  };
  const token = await login();
  if (token === undefined) return false;
  if (!options.sites) return true;
  for (const site of demoSites) {
    const made = await post(`${authUrl}/auth/sites`, token, { id: site.id, name: site.name });
    if (made.status !== 409) await expectJson(made, 201);
    await fillSite(options, site, (await login(site.id)) ?? token);
    say(`made the demo site ${site.id}`);
  }
  return true;
}

async function fillSite(options: DemoOptions, site: DemoSite, token: string): Promise<void> {
  const post = poster(options.fetch);
  const base = `${options.cmsUrl}/cms/sites/${site.id}`;
  const made = await post(`${base}/types`, token, demoType);
  if (made.status !== 409) await expectJson(made, 201);
  const list = await expectJson(await options.fetch(`${base}/entries?limit=1`, { headers: bearer(token) }), 200);
  if (Array.isArray(list.items) && list.items.length > 0) return;
  for (const entry of site.entries) {
    const fields = { title: entry.title, body: entry.body };
    const draft = { type: demoType.name, visibility: entry.visibility, fields };
    const { id } = await expectJson(await post(`${base}/entries`, token, draft), 201);
    if (entry.published) await expectJson(await post(`${base}/entries/${id}/publish`, token), 200);
  }
}

function bearer(token: string): Record<string, string> {
  return { authorization: `Bearer ${token}` };
}

type Post = (url: string, token: string | undefined, body?: unknown) => Promise<Response>;

function poster(fetch: typeof globalThis.fetch): Post {
  return (url, token, body) =>
    fetch(url, {
      method: 'POST',
      headers: {
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...(token !== undefined && bearer(token)),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(20_000),
    });
}

async function expectJson(answer: Response, status: number): Promise<Record<string, unknown>> {
  const value = (await answer.json().catch(() => ({}))) as Record<string, unknown>;
  if (answer.status !== status) {
    const where = new URL(answer.url).pathname;
    throw new Failure(
      `the demo sites could not be made: ${where} answered ${answer.status} ${value.code ?? ''} ${value.detail ?? ''}`,
    );
  }
  return value;
}
