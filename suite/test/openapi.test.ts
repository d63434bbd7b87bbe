import { dereferenced } from '@gaia/testing/dereferenced';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { call, type RunningSuite, runSuite } from './running-suite.ts';

/** What tools that generate clients need of every operation of the suite. A route that is added must say it too. */

interface Content {
  readonly schema?: Readonly<Record<string, unknown>>;
}
interface Response {
  readonly $ref?: string;
  readonly description: string;
  readonly content?: Readonly<Record<string, Content>>;
  readonly 'x-problem-codes'?: readonly string[];
}
interface Operation {
  readonly operationId?: string;
  readonly summary?: string;
  readonly description?: string;
  readonly tags?: readonly string[];
  readonly security?: readonly Readonly<Record<string, unknown>>[];
  readonly requestBody?: { readonly content: Readonly<Record<string, Content>> };
  readonly responses: Readonly<Record<string, Response>>;
}
interface Described extends Operation {
  readonly name: string;
  readonly method: string;
  readonly path: string;
}

let suite: RunningSuite;
let document: {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, unknown>> };
  readonly tags: readonly { readonly name: string; readonly description?: string }[];
  readonly servers: readonly { readonly url: string }[];
};
let operations: readonly Described[];

beforeAll(async () => {
  suite = await runSuite();
  document = (await call('GET', `${suite.url}/docs/openapi.json`)).json;
  operations = Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => ({
      ...operation,
      method,
      path,
      name: `${method.toUpperCase()} ${path}`,
    })),
  );
});
afterAll(() => suite?.stop());

function isEmpty(scheme: object): boolean {
  return Object.keys(scheme).length === 0;
}

/** Names of the operations that do not hold to a rule. */
function without(rule: (operation: Described) => boolean): string[] {
  return operations.filter((operation) => !rule(operation)).map(({ name }) => name);
}

describe('the OpenAPI document of the suite', () => {
  it('has one server, relative to the host that it is read from', () => {
    expect(document.servers.map(({ url }) => url)).toEqual(['/']);
    expect(operations.length).toBeGreaterThan(100);
  });

  it('gives every operation an id in camelCase of its own', () => {
    expect(without(({ operationId = '' }) => /^[a-z][A-Za-z0-9]+$/.test(operationId))).toEqual([]);
    const byId = Map.groupBy(operations, ({ operationId }) => operationId);
    expect([...byId.values()].filter(({ length }) => length > 1)).toEqual([]);
  });

  it('gives every operation a short summary and a description', () => {
    expect(without(({ summary = '' }) => /^[A-Z].{3,70}[^.]$/.test(summary))).toEqual([]);
    expect(without(({ description = '' }) => /^.{5,}$/s.test(description))).toEqual([]);
  });

  it('groups operations by tasks, each with a description', () => {
    expect(without(({ tags = [] }) => tags.length === 1)).toEqual([]);
    const used = new Set(operations.flatMap(({ tags = [] }) => tags));
    expect(document.tags.map(({ name }) => name)).toEqual(expect.arrayContaining([...used]));
    expect(document.tags.filter(({ description }) => description === undefined)).toEqual([]);
  });

  it('names the schema of every body and of every successful response', () => {
    const isNamed = ({ schema }: Content) =>
      schema === undefined || '$ref' in schema || schema.type === 'string' || schema.type === 'array';
    const contents = ({ requestBody, responses }: Operation) => [
      ...Object.values(requestBody?.content ?? {}),
      ...Object.entries(responses)
        .filter(([status]) => status.startsWith('2'))
        .flatMap(([, response]) => Object.values(response.content ?? {})),
    ];
    expect(without((operation) => contents(operation).every(isNamed))).toEqual([]);
    // A dot: two services have given one name to two schemas.
    expect(Object.keys(document.components.schemas).filter((name) => !/^[A-Z][A-Za-z0-9]+$/.test(name))).toEqual([]);
  });

  it('says of every response what it means', () => {
    const responses = ({ responses: all }: Operation) => Object.values(all).filter(({ $ref }) => $ref === undefined);
    expect(
      without((operation) =>
        responses(operation).every(({ description }) => description !== '' && description !== 'Default Response'),
      ),
    ).toEqual([]);
  });

  it('lists the problem codes of every operation, for people and for compilers', () => {
    const codesOf = (operation: Operation, status: string) => operation.responses[status]?.['x-problem-codes'] ?? [];
    expect(without((operation) => codesOf(operation, '500').includes('internal_error'))).toEqual([]);
    expect(without((operation) => codesOf(operation, '429').includes('rate_limited'))).toEqual([]);
    expect(without((operation) => operation.responses.default !== undefined)).toEqual([]);
    const whole = dereferenced(document);
    expect(whole.paths['/auth/login']?.post?.responses['401']).toMatchObject({
      description: '`invalid_credentials`',
      'x-problem-codes': ['invalid_credentials'],
      content: {
        'application/problem+json': {
          schema: {
            allOf: [
              { required: expect.arrayContaining(['code', 'request_id']) },
              { properties: { code: { enum: ['invalid_credentials'] } } },
            ],
          },
        },
      },
    });
  });

  it('says of every operation whether it needs a token, and the services agree', async () => {
    expect(without(({ security }) => security !== undefined)).toEqual([]);
    const answers = await Promise.all(
      operations.map(async ({ method, path, security = [], requestBody }) => {
        const url = `${suite.url}${path.replaceAll(/\{\w+\}/g, 'a')}`;
        const type = Object.keys(requestBody?.content ?? {})[0];
        const response = await call(method.toUpperCase(), url, {
          ...(type !== undefined && { body: '{}', headers: { 'content-type': type } }),
        });
        const isGuarded = security.some((scheme) => 'bearer' in scheme) && !security.some(isEmpty);
        return { path: `${method} ${path}`, isGuarded, isRefused: response.json?.code === 'token_missing' };
      }),
    );
    expect(answers.filter(({ isGuarded, isRefused }) => isGuarded !== isRefused)).toEqual([]);
  });
});
