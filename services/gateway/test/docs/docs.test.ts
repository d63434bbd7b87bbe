import { describe, expect, it } from 'vitest';
import { mergeDocuments, type Part } from '../../src/docs/merge.ts';
import { openGateway } from '../support/gateway.ts';
import { answerJson } from '../support/servers.ts';

const options = {
  title: 'T',
  description: 'D',
  version: '1',
  missing: [],
  isPublic: () => true,
  complete: () => {},
};

function service(paths: Record<string, unknown>, components = {}) {
  return (incoming: { url?: string | undefined }, outgoing: Parameters<typeof answerJson>[0]) => {
    if (incoming.url === '/openapi.json') answerJson(outgoing, 200, { openapi: '3.1.0', paths, components });
    else answerJson(outgoing, 404, {});
  };
}

describe('mergeDocuments', () => {
  it('keeps apart what two services call by one name, and shares what is the same', () => {
    const reference = { $ref: '#/components/schemas/Item' };
    const problem = { type: 'object', required: ['code'] };
    const part = (name: string, type: string): Part => ({
      name,
      document: {
        paths: { [`/${name}`]: { get: { responses: { 200: { description: '', ...reference } } } } },
        components: {
          schemas: { Item: { type, self: reference }, Problem: problem },
          securitySchemes: { bearer: { type: 'http' } },
        },
      },
    });
    expect(mergeDocuments([part('cms', 'object'), part('auth', 'string')], options)).toMatchObject({
      servers: [{ url: '/' }],
      paths: {
        '/cms': { get: { responses: { 200: reference } } },
        '/auth': { get: { responses: { 200: { $ref: '#/components/schemas/auth.Item' } } } },
      },
      components: {
        schemas: {
          Item: { type: 'object', self: reference },
          'auth.Item': { type: 'string', self: { $ref: '#/components/schemas/auth.Item' } },
          Problem: problem,
        },
        securitySchemes: { bearer: { type: 'http' } },
      },
    });
  });

  it('survives hostile documents', () => {
    let deep: object = {};
    for (let index = 0; index < 5_000; index += 1) deep = { deep };
    const document = { paths: { '/x': { get: deep }, __proto__: { a: 1 } }, components: { constructor: { a: 1 } } };
    const merged = mergeDocuments([{ name: 'x', document: document as never }], options);
    expect(JSON.stringify(merged)).toContain('/x');
    expect(({} as { a?: number }).a).toBeUndefined();
  });
});

describe('/docs', () => {
  it('merges the documents of all services and the gateway’s own', async () => {
    const gateway = await openGateway({
      cms: service({ '/cms/whoami': { get: { summary: 'Who', responses: {} } }, '/hidden': { get: {} } }),
      assets: service({ '/assets/{id}': { get: { responses: {} } } }),
      search: service({ '/search': { get: { responses: {} } }, '/searching': { get: {} } }),
    });
    const document = (await gateway.send('/docs/openapi.json')).json<{
      paths: object;
      info: { description: string };
    }>();
    expect(Object.keys(document.paths)).toEqual([
      '/assets/{id}',
      '/cms/whoami',
      '/search',
      '/session',
      '/session/reauthenticate',
      '/session/site',
    ]);
    expect(document).toMatchObject({ openapi: '3.1.0', components: { securitySchemes: { bearer: {} } } });
    expect((await gateway.send('/docs/json')).json()).toEqual(document);
  });

  it('leaves out a service that is away, and notes it', async () => {
    const gateway = await openGateway({
      cms: service({ '/cms/whoami': { get: { responses: {} } } }),
      assets: (_incoming, outgoing) => answerJson(outgoing, 500, {}),
      search: (incoming) => void incoming.socket.destroy(),
    });
    const document = (await gateway.send('/docs/openapi.json')).json<{ info: { description: string } }>();
    expect(document).toMatchObject({ 'x-missing-services': ['assets', 'search'] });
    expect(document.info.description).toContain('assets, search');
  });

  it('is a page without scripts from elsewhere', async () => {
    const gateway = await openGateway();
    const page = await gateway.send('/docs');
    expect(page.headers['content-type']).toContain('text/html');
    const policy = String(page.headers['content-security-policy']);
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toMatch(/https?:|unsafe-eval|script-src[^;]*unsafe-inline/);
    expect(page.text).not.toMatch(/(?:src|href)="(?:https?:)?\/\//);
    const scripts = [...page.text.matchAll(/(?:src|href)="([^"]+)"/g)].map((match) => match[1] ?? '');
    expect(scripts).toEqual(
      expect.arrayContaining([
        '/docs/static/swagger-ui.css',
        '/docs/static/swagger-ui-bundle.js',
        '/docs/static/swagger-initializer.js',
      ]),
    );
    for (const path of scripts) expect((await gateway.send(path)).status).toBe(200);
  });

  it('and / carry security headers', async () => {
    const gateway = await openGateway();
    for (const path of ['/', '/docs', '/nowhere', '/session']) {
      expect((await gateway.send(path)).headers).toMatchObject({
        'x-content-type-options': 'nosniff',
        'x-frame-options': 'DENY',
        'content-security-policy': expect.stringContaining("frame-ancestors 'none'"),
      });
    }
    expect((await gateway.send('/')).text).toContain('href="/docs"');
  });
});
