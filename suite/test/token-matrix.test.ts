import { randomUUID } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TokenPurposeName, tokenPurposes } from '@gaia/tokens/purposes';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { login, runSuiteWithKnownKeys, type SuiteWithKnownKeys, site } from './known-keys.ts';
import { call } from './running-suite.ts';
import { type Claims, type PurposeKeys, signedAs, signedWithKeyOf } from './signed-as.ts';
import { type TokenEndpoint, tokenEndpoints, type World } from './token-endpoints.ts';

const purposes = Object.keys(tokenPurposes) as TokenPurposeName[];
const file = join(import.meta.dirname, '..', '..', 'docs', 'token-matrix.md');
const rows = new Map<TokenEndpoint, string[]>();

let suite: SuiteWithKnownKeys;
let world: World;
let keys: PurposeKeys;
beforeAll(async () => {
  suite = await runSuiteWithKnownKeys();
  const { access: token } = await login(suite.url);
  await call('PATCH', `${suite.url}/auth/sites/${site}`, { token, body: { registration: 'invitation' } });
  const body = { name: 'payments' };
  const { json } = await call('POST', `${suite.url}/cms/sites/${site}/webhooks`, { token, body });
  world = { suite, token, webhook: { id: json.id } };
  keys = { ...suite.keys, signing: suite.issuer.key, webhookSecret: json.secret };
}, 60_000);
afterAll(() => suite?.stop());

describe('a token of one purpose is refused wherever another is taken', () => {
  it.each(tokenEndpoints.map((endpoint) => ({ endpoint, name: endpoint.name })))(
    '$name',
    async ({ endpoint }) => {
      const { claims, present } = await endpoint.prepare(world);
      const fresh = (): Claims => ({ ...claims, ...(claims.jti !== undefined && { jti: randomUUID() }) });
      const cells = new Map<TokenPurposeName, string>();
      const { takes } = endpoint;
      for (const purpose of purposes.filter((one) => one !== takes)) {
        const genuine = await present(signedAs(purpose, fresh(), keys));
        cells.set(purpose, refusalOf(genuine.status, genuine.json?.code, purpose));
        if (takes === undefined) continue;
        const sameKey = await present(signedWithKeyOf(takes, purpose, fresh(), keys));
        refusalOf(sameKey.status, sameKey.json?.code, `${purpose}, with the key of ${takes}`);
      }
      if (takes !== undefined) {
        const accepted = await present(signedAs(takes, fresh(), keys));
        expect([accepted.status, accepted.json?.code]).toEqual([endpoint.accepts ?? 200, undefined]);
        cells.set(takes, '**taken**');
      }
      rows.set(
        endpoint,
        purposes.map((purpose) => cells.get(purpose) ?? ''),
      );
    },
    30_000,
  );
});

it('is what docs/token-matrix.md says (UPDATE_DOCS=1 writes it)', async () => {
  expect(rows.size).toBe(tokenEndpoints.length);
  const untaken = purposes.filter((purpose) => tokenEndpoints.every(({ takes }) => takes !== purpose));
  expect(untaken).toEqual(['preview']);
  const [before, , after] = (await readFile(file, 'utf8')).split(/<!-- \/?matrix -->/);
  const wanted = `${before}<!-- matrix -->\n${table()}<!-- /matrix -->${after}`;
  if (process.env.UPDATE_DOCS === '1') await writeFile(file, wanted);
  expect(await readFile(file, 'utf8')).toBe(wanted);
});

function refusalOf(status: number, code: string | undefined, purpose: string): string {
  expect([status >= 400 && status < 500, code], `${purpose} was answered ${status}`).toEqual([
    true,
    expect.any(String),
  ]);
  return `${status} \`${code}\``;
}

function table(): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const lines = tokenEndpoints.map((endpoint) => line([endpoint.name, ...(rows.get(endpoint) ?? [])]));
  const head = ['shown at', ...purposes.map((purpose) => `${purpose}<br>\`${tokenPurposes[purpose].typ}\``)];
  return `${[line(head), line(head.map(() => '---')), ...lines].join('\n')}\n`;
}
