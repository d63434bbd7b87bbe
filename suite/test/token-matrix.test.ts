import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { dereferenced } from '@gaia/testing/dereferenced';
import { type TokenPurposeName, tokenPurposes } from '@gaia/tokens/purposes';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { login, runSuiteWithKnownKeys, type SuiteWithKnownKeys, site } from './known-keys.ts';
import { call } from './running-suite.ts';
import { type Claims, type PurposeKeys, signedWithKeyOf } from './signed-as.ts';
import type { Reply, TokenEndpoint, World } from './token-endpoint.ts';
import { tokenEndpoints } from './token-endpoints.ts';

interface Kind {
  readonly purpose: TokenPurposeName;
  readonly typ: string;
}

const purposes = Object.keys(tokenPurposes) as TokenPurposeName[];
/** Senders of webhooks may say `JWT`, as most libraries do unasked. */
const plain: Kind = { purpose: 'webhook', typ: 'JWT' };
const kinds: readonly Kind[] = [...purposes.map((purpose) => ({ purpose, typ: tokenPurposes[purpose].typ })), plain];
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
  const clientKey = generateKeyPairSync('ed25519').privateKey;
  world = { suite, token, webhook: { id: json.id }, clientKey };
  keys = { ...suite.keys, signing: suite.issuer.key, webhookSecret: json.secret, clientKey };
}, 60_000);
afterAll(() => suite?.stop());

describe('a token of one purpose is refused wherever another is taken', () => {
  it.each(tokenEndpoints)(
    '$name',
    async (endpoint) => {
      const { claims, present } = await endpoint.prepare(world);
      const isNewId = claims.jti !== undefined && !endpoint.refersByJti;
      const fresh = (): Claims => ({ ...claims, ...(isNewId && { jti: randomUUID() }) });
      const cells = new Map<Kind, string>();
      const { takes } = endpoint;
      const sign = takes && ((typ: string, payload: Claims) => signedWithKeyOf(takes, typ, payload, keys));
      for (const kind of kinds.filter(({ purpose }) => purpose !== takes)) {
        const { purpose, typ } = kind;
        cells.set(kind, refusalOf(await present(signedWithKeyOf(purpose, typ, fresh(), keys)), `${purpose} as ${typ}`));
        if (sign === undefined || typ === endpoint.alsoTakesType) continue;
        refusalOf(await present(sign(typ, fresh())), `${purpose} as ${typ}, with the right key`);
      }
      const taken = kinds.filter(({ purpose }) => purpose === takes);
      for (const typ of [...taken.map((kind) => kind.typ), endpoint.alsoTakesType ?? []].flat()) {
        const accepted = await present(sign?.(typ, fresh()) ?? '');
        expect([accepted.status, accepted.json?.code, accepted.refusal]).toEqual([
          endpoint.accepts ?? 200,
          endpoint.code,
          undefined,
        ]);
      }
      for (const kind of taken) cells.set(kind, '**taken**');
      rows.set(
        endpoint,
        kinds.map((kind) => cells.get(kind) ?? ''),
      );
    },
    30_000,
  );
});

it('has every place that the API describes as one for tokens', async () => {
  const { paths } = dereferenced((await call('GET', `${suite.url}/docs/openapi.json`)).json);
  const places = Object.entries<Record<string, Operation>>(paths).flatMap(([path, operations]) =>
    Object.entries(operations).flatMap(([method, operation]) =>
      namesOfTokens(operation).map((name) => `${method.toUpperCase()} ${path} ${name}`),
    ),
  );
  // HEAD is GET without the body, and is not described apart from it.
  expect(places.sort()).toEqual(placesForTokens.filter((place) => !place.startsWith('HEAD ')));
});

it('is what docs/token-matrix.md says (UPDATE_DOCS=1 writes it)', async () => {
  expect(rows.size).toBe(tokenEndpoints.length);
  const untaken = purposes.filter((purpose) => tokenEndpoints.every(({ takes }) => takes !== purpose));
  expect(untaken).toEqual([]);
  const [before, , after] = (await readFile(file, 'utf8')).split(/<!-- \/?matrix -->/);
  const wanted = `${before}<!-- matrix -->\n${table()}<!-- /matrix -->${after}`;
  if (process.env.UPDATE_DOCS === '1') await writeFile(file, wanted);
  expect(await readFile(file, 'utf8')).toBe(wanted);
});

/** Every endpoint needs a row of the matrix. */
const placesForTokens = [
  'GET /assets/{id} token',
  'GET /assets/{id}/{hash}/{name} token',
  'HEAD /assets/{id} token',
  'POST /auth/email-change token',
  'POST /auth/email-change/details token',
  'POST /auth/invitation token',
  'POST /auth/invitation/details token',
  'POST /auth/logout refresh_token',
  'POST /auth/refresh refresh_token',
  'POST /auth/reset token',
  'POST /auth/reset/details token',
  'POST /auth/sso/exchange token',
  'POST /auth/sso/logout refresh_token',
  'POST /auth/switch refresh_token',
  'POST /auth/verify token',
  'POST /auth/verify/details token',
  'POST /oauth/introspect client_assertion',
  'POST /oauth/introspect token',
  'POST /oauth/revoke client_assertion',
  'POST /oauth/revoke token',
  'POST /oauth/token client_assertion',
  'POST /oauth/token refresh_token',
  'POST /oauth/token subject_token',
];

interface Operation {
  readonly parameters?: readonly { readonly name: string }[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: BodySchema }>> };
}

interface BodySchema {
  readonly properties?: object;
  readonly anyOf?: readonly BodySchema[];
}

function namesOfTokens({ parameters = [], requestBody }: Operation): readonly string[] {
  const membersOf = ({ properties = {}, anyOf = [] }: BodySchema): readonly string[] => [
    ...Object.keys(properties),
    ...anyOf.flatMap(membersOf),
  ];
  const members = Object.values(requestBody?.content ?? {}).flatMap(({ schema }) => membersOf(schema));
  const names = [...parameters.map(({ name }) => name), ...members];
  return names.filter((name) => /(?:^|_)(?:token|assertion)$/.test(name));
}

/** The text of a cell: status and code, or what the place does instead. */
function refusalOf({ status, json, refusal }: Reply, token: string): string {
  if (refusal !== undefined) return refusal;
  expect([status >= 400 && status < 500, json?.code], `${token} was answered ${status}`).toEqual([
    true,
    expect.any(String),
  ]);
  return `${status} \`${json.code}\``;
}

function table(): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const lines = tokenEndpoints.map((endpoint) => line([endpoint.name, ...(rows.get(endpoint) ?? [])]));
  const head = ['shown at', ...kinds.map(({ purpose, typ }) => `${purpose}<br>\`${typ}\``)];
  return `${[line(head), line(head.map(() => '---')), ...lines].join('\n')}\n`;
}
