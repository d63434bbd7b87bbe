import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { socketPath } from '../src/socket-path.ts';

it('leads server and client to one socket in a directory whose path is too long', async () => {
  const base = mkdtempSync(join(tmpdir(), 'gaia-socket-path-'));
  const directory = join(base, 'long'.repeat(30), 'way to it');
  mkdirSync(directory, { recursive: true });
  const [ofServer, ofClient] = [socketPath(directory, 'a.sock'), socketPath(directory, 'a.sock')];
  expect(statSync(dirname(ofServer.directory)).mode & 0o777).toBe(0o700);

  const server = createServer((socket) => socket.end('here'));
  server.listen(join(ofServer.directory, 'a.sock'));
  await once(server, 'listening');
  ofServer.remove();
  const client = connect(join(ofClient.directory, 'a.sock'));
  const [text] = await once(client, 'data');
  expect(String(text)).toBe('here');

  ofClient.remove();
  expect(() => statSync(dirname(ofClient.directory))).toThrow('ENOENT');
  server.close();
  rmSync(base, { recursive: true });
});

it('leaves a short path as it is', () => {
  const path = socketPath('/run/gaia', 'a.sock');
  expect(path.directory).toBe('/run/gaia');
  path.remove();
});
