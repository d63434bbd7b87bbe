import { afterAll, beforeAll, expect, it } from 'vitest';
import { type ProxyRoute, routeTable } from '../../services/gateway/src/proxy/route-table.ts';
import { call, type RunningSuite, runSuite } from './running-suite.ts';

type Schema = Readonly<Record<string, unknown>>;
interface HandedOut {
  readonly operation: string;
  readonly method: string;
  readonly path: string;
  readonly member: string;
  /** `x-secret` of the member. */
  readonly mark: unknown;
}

/** Names of members that hold a secret, unless they are known to hold none. */
const secretName = /(?:^|_)(?:tokens?|secrets?|passwords?|codes?|api_key|private_key|jwt|assertion)$/;
/** `code` of a problem is no secret, and the CSRF token is made for the page. */
const harmless = ['code', 'csrf_token'];

let suite: RunningSuite;
let handedOut: readonly HandedOut[];

beforeAll(async () => {
  suite = await runSuite();
  const document = (await call('GET', `${suite.url}/docs/openapi.json`)).json;
  handedOut = Object.entries<Record<string, Schema>>(document.paths).flatMap(([path, operations]) =>
    Object.entries(operations).flatMap(([method, { responses }]) =>
      Object.entries((responses ?? {}) as Record<string, Schema>)
        .filter(([status]) => Number(status) < 400)
        .flatMap(([, response]) => membersOf(response, document))
        .filter(([name, schema]) => markOf(schema) !== undefined || (looksSecret(name) && schema.type !== 'boolean'))
        .map(([member, schema]) => ({
          operation: `${method.toUpperCase()} ${path}`,
          method,
          path,
          member,
          mark: markOf(schema),
        })),
    ),
  );
}, 60_000);
afterAll(() => suite?.stop());

function looksSecret(name: string): boolean {
  return secretName.test(name) && !harmless.includes(name);
}

/** Of the member itself, or of the text that it is where it is not null. */
function markOf(schema: Schema): unknown {
  const { anyOf = [], 'x-secret': mark } = schema as { anyOf?: Schema[]; 'x-secret'?: unknown };
  return mark ?? anyOf.map((one) => one['x-secret']).find((one) => one !== undefined);
}

/** Every member of every object in a part of the document. */
function membersOf(part: unknown, document: Schema): [string, Schema][] {
  if (typeof part !== 'object' || part === null) return [];
  if (Array.isArray(part)) return part.flatMap((one) => membersOf(one, document));
  const { $ref, properties, ...others } = part as Schema;
  const target = typeof $ref === 'string' ? $ref.slice(2).split('/') : undefined;
  const referred = target?.reduce<unknown>((at, name) => (at as Schema)[name], document);
  return [
    ...Object.entries((properties ?? {}) as Record<string, Schema>).flatMap(([name, schema]): [string, Schema][] => [
      [name, schema],
      ...membersOf(schema, document),
    ]),
    ...membersOf(referred, document),
    ...Object.values(others).flatMap((one) => membersOf(one, document)),
  ];
}

/** The route of the gateway that a path of the document takes: segment by segment, text before parameter before the rest. */
function routeOf(path: string): ProxyRoute | undefined {
  const rank = ({ url }: ProxyRoute) => url.split('/').map((part) => (part === '*' ? 2 : part.startsWith(':') ? 1 : 0));
  return routeTable
    .filter(({ url }) => {
      const pattern = url.replace(/[.@]/g, '\\$&').replace(/:\w+/g, '[^/]+').replace(/\*$/, '.+');
      return new RegExp(`^${pattern}$`).test(path);
    })
    .toSorted((one, other) => (rank(one).join('') < rank(other).join('') ? -1 : 1))[0];
}

it('finds what is handed out today', () => {
  const operations = [...new Set(handedOut.map(({ operation }) => operation))].sort();
  expect(operations).toEqual([
    'POST /auth/clients',
    'POST /auth/clients/{client}/secrets',
    'POST /auth/login',
    'POST /auth/reauthenticate',
    'POST /auth/refresh',
    'POST /auth/sso/exchange',
    'POST /auth/sso/hand-over',
    'POST /auth/switch',
    'POST /auth/tokens',
    'POST /cms/sites/{site}/webhooks',
    'POST /cms/sites/{site}/webhooks/{webhook}/rotate',
    'POST /oauth/token',
  ]);
});

it('marks every member of an answer that is named like a secret', () => {
  expect(handedOut.filter(({ mark }) => mark !== 'token' && mark !== 'secret')).toEqual([]);
});

it('gives none of it to a cookie but by the rules of the route table, and by POST alone', () => {
  const wrong = handedOut.filter(({ method, path, mark }) => {
    const route = routeOf(path);
    return method !== 'post' || route?.handsOut !== (mark === 'token' ? 'tokens' : 'secrets');
  });
  expect(wrong).toEqual([]);
});
