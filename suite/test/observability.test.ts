import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { login, site } from './known-keys.ts';
import { call, password, type RunningSuite, runSuite } from './running-suite.ts';

const lines: string[] = [];
let suite: RunningSuite;
beforeAll(async () => {
  const logTo = { write: (line: string) => void lines.push(line) };
  suite = await runSuite({ RATE_LIMIT: 'off', LOG_LEVEL: 'info' }, { logTo });
}, 60_000);
afterAll(() => suite?.stop());

describe('logs', () => {
  it('carry one request id from the gateway to the last service', async () => {
    const { access: token } = await login(suite.url);
    const cms = `${suite.url}/cms/sites/${site}`;
    const fields = [
      { name: 'title', type: 'text' },
      { name: 'picture', type: 'asset' },
    ];
    expect((await call('POST', `${cms}/types`, { token, body: { name: 'photo', fields } })).status).toBe(201);
    const form = new FormData();
    form.append('file', new Blob(['a heron, drawn']), 'heron.txt');
    const file = await call('POST', `${suite.url}/assets/sites/${site}/files`, { token, body: form });
    const body = { type: 'photo', fields: { title: 'The heron', picture: file.json.id } };
    expect((await call('POST', `${cms}/entries`, { token, body })).status).toBe(201);

    const query = '{ photo_list(limit: 1) { items { picture { file_name } } } search(q: "welcome") { total } }';
    const answer = await call('POST', `${suite.url}/graphql`, { token, body: { query } });
    expect(answer.json.data.photo_list.items).toEqual([{ picture: { file_name: 'heron.txt' } }]);
    const id = answer.headers.get('x-request-id');
    await vi.waitFor(() => {
      const seen = linesOf(id).map(({ service, path }) => `${service} ${path}`);
      expect(seen.toSorted()).toEqual([
        `assets /assets/sites/${site}/metadata`,
        'cms /graphql',
        'gateway /graphql',
        'search /search',
      ]);
    }, 10_000);
  });

  it('carry the id that a problem answer tells', async () => {
    const refused = await call('GET', `${suite.url}/search/whoami`);
    expect(refused.json).toMatchObject({ status: 401, request_id: refused.headers.get('x-request-id') });
    await vi.waitFor(() => {
      const seen = linesOf(refused.json.request_id).map(({ service, status }) => [service, status]);
      expect(seen.toSorted()).toEqual([
        ['gateway', 401],
        ['search', 401],
      ]);
    }, 10_000);
  });

  it('hold no secret: no password, token, cookie or link', async () => {
    const answer = await call('POST', `${suite.url}/auth/login`, {
      body: { email: 'admin@localhost', password, site },
    });
    const { access_token: token, refresh_token: refresh } = answer.json;
    const renewed = await call('POST', `${suite.url}/auth/refresh`, { body: { refresh_token: refresh } });
    const browser = await call('POST', `${suite.url}/session`, {
      body: { email: 'admin@localhost', password, site },
    });
    const cookie = /gaia-\d+=([^;]+)/.exec(browser.headers.get('set-cookie') ?? '')?.[1];
    const form = new FormData();
    form.append('file', new Blob(['secret']), 'secret.txt');
    const file = await call('POST', `${suite.url}/assets/sites/${site}/files`, { token, body: form });
    const link = await call('POST', `${suite.url}/assets/${file.json.id}/link`, { token });
    const linkToken = new URL(link.json.url).searchParams.get('token');
    const last = await call('GET', link.json.url);
    await call('POST', `${suite.url}/auth/login`, { body: { email: 'admin@localhost', password: 'wrong-Pass-4711' } });
    await vi.waitFor(() => expect(linesOf(last.headers.get('x-request-id'))).toHaveLength(2), 10_000);
    const text = lines.join('');
    const secrets = [password, 'wrong-Pass-4711', token, refresh, renewed.json.refresh_token, cookie, linkToken];
    for (const secret of secrets) {
      expect(secret).toEqual(expect.stringMatching(/.{10}/));
      expect(text).not.toContain(secret);
    }
  });
});

describe('metrics', () => {
  it('are those of docs/metrics.md, each of the services that it names', async () => {
    const counters = [
      'gaia_auth_logins_total{outcome="ok"}',
      'gaia_auth_logins_total{outcome="invalid_credentials"}',
      'gaia_auth_refreshes_total{outcome="rotated"}',
      'gaia_auth_refreshes_total{outcome="repeated"}',
    ];
    const before = await metricsOf('auth');
    const wrong = { email: 'admin@localhost', password: 'wrong-Pass-4711' };
    await call('POST', `${suite.url}/auth/login`, { body: wrong });
    const { refresh_token } = (
      await call('POST', `${suite.url}/auth/login`, { body: { email: 'admin@localhost', password, site } })
    ).json;
    await call('POST', `${suite.url}/auth/refresh`, { body: { refresh_token } });
    await call('POST', `${suite.url}/auth/refresh`, { body: { refresh_token } });

    const found: string[] = [];
    for (const service of Object.keys(ports) as (keyof typeof ports)[]) {
      for (const [, name] of (await metricsOf(service)).matchAll(/^# HELP (gaia_\S+)/gm)) {
        found.push(`${name} of ${service}`);
      }
    }
    expect(found.toSorted()).toEqual((await documented()).toSorted());

    const auth = await metricsOf('auth');
    const increases = counters.map((series) => seriesValue(auth, series) - seriesValue(before, series));
    expect(increases).toEqual([1, 1, 1, 1]);
    expect(seriesValue(auth, 'gaia_auth_password_hashes{state="waiting"}')).toBe(0);
    expect(seriesValue(auth, 'gaia_revocations_age_seconds')).toBeGreaterThanOrEqual(0);
  });

  it('of the gateway are not on its public port', async () => {
    expect((await call('GET', `${suite.url}/metrics`)).text).not.toContain('gaia_http_request_duration_seconds');
  });
});

/** The services, by the distance of their port from the suite's; the gateway's is that of its metrics. */
const ports = { gateway: 5, auth: 1, cms: 2, assets: 3, search: 4 };

async function metricsOf(service: keyof typeof ports): Promise<string> {
  const { status, text } = await call('GET', `http://127.0.0.1:${suite.port + ports[service]}/metrics`);
  expect(status).toBe(200);
  return text;
}

/** A series that is not there yet counts as 0. */
function seriesValue(metrics: string, series: string): number {
  const line = metrics.split('\n').find((one) => one.startsWith(series));
  return Number(line?.split(' ')[1] ?? 0);
}

function linesOf(id: string | null): { service: string; path: string; status: number }[] {
  return lines.map((line) => JSON.parse(line)).filter((line) => line.request_id === id && line.msg === 'request');
}

/** `<metric> of <service>`, as the table says. */
async function documented(): Promise<string[]> {
  const page = await readFile(join(import.meta.dirname, '..', '..', 'docs', 'metrics.md'), 'utf8');
  const rows = [...page.matchAll(/^\| `(gaia_\w+)` \|[^|]*\|([^|]*)\|/gm)];
  return rows.flatMap(([, name, services = '']) =>
    services.split(',').map((service) => `${name} of ${service.trim()}`),
  );
}
