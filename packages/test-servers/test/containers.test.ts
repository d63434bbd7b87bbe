import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { startContainers } from '../src/containers.ts';

const place = mkdtempSync(join(tmpdir(), 'gaia-docker-'));
afterAll(() => rmSync(place, { recursive: true, force: true }));

describe('startContainers says why there are none', () => {
  it('when it is told not to', async () => {
    expect(await startContainers({ env: { GAIA_TEST_CONTAINERS: 'off' } })).toEqual({
      unavailable: 'GAIA_TEST_CONTAINERS is off',
    });
  });

  it('when no engine answers', async () => {
    expect(await startContainers({ env: {}, socketPath: join(place, 'none.sock') })).toEqual({
      unavailable: 'no Docker engine answers',
    });
  });

  it('when an engine lacks an image: none is downloaded', async () => {
    const asked: string[] = [];
    const engine = createServer((request, response) => {
      asked.push(`${request.method} ${request.url}`);
      response.writeHead(request.url === '/_ping' ? 200 : 404).end('{}');
    });
    const socketPath = join(place, 'engine.sock');
    await new Promise<void>((resolve) => engine.listen(socketPath, resolve));
    expect(await startContainers({ env: { DOCKER_HOST: `unix://${socketPath}` } })).toEqual({
      unavailable: 'the Docker engine has no image postgres:17',
    });
    expect(asked).toEqual(['GET /_ping', 'GET /images/postgres:17/json']);
    engine.close();
  });
});
