import { type DemoSite, demoSites, demoType } from './demo-content.ts';
import type { Administrator } from './first-start.ts';

export interface DemoOptions {
  readonly authUrl: string;
  readonly cmsUrl: string;
  readonly administrator: Administrator;
  /** Whether to make the demo sites; without, only the administrator's login is tried. */
  readonly sites: boolean;
  readonly say: (line: string) => void;
}

/**
 * Finishes a first start over the services' own HTTP: logs the administrator in and makes the demo sites.
 * Doing it again adds nothing. False when the login is refused: then the database had users before this start.
 */
export async function seedDemo(options: DemoOptions): Promise<boolean> {
  const { authUrl, cmsUrl, administrator, say } = options;
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
    await fillSite(cmsUrl, site, (await login(site.id)) ?? token);
    say(`made the demo site ${site.id}`);
  }
  return true;
}

async function fillSite(cmsUrl: string, site: DemoSite, token: string): Promise<void> {
  const base = `${cmsUrl}/cms/sites/${site.id}`;
  const made = await post(`${base}/types`, token, demoType);
  if (made.status !== 409) await expectJson(made, 201);
  const list = await expectJson(await fetch(`${base}/entries?limit=1`, { headers: bearer(token) }), 200);
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

function post(url: string, token: string | undefined, body?: unknown): Promise<Response> {
  return fetch(url, {
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
    throw new Error(
      `the first start did not work: ${where} answered ${answer.status} ${value.code ?? ''} ${value.detail ?? ''}`,
    );
  }
  return value;
}
