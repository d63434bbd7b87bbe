import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

export interface Contestant {
  readonly port: number;
  readonly process: ChildProcess;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function open(
  command: (port: number) => readonly string[],
  env: Record<string, string> = {},
): Promise<Contestant> {
  const port = await freePort();
  const [program = '', ...args] = command(port);
  const child = spawn(program, args, {
    env: { PATH: process.env.PATH ?? '', PORT: String(port), ...env },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  for (let tries = 0; tries < 200; tries += 1) {
    if ((await statusOf(port)) !== undefined) return { port, process: child };
    await sleep(50);
  }
  throw new Error(`${program} ${args[0]} does not listen`);
}

function statusOf(port: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    request({ port, host: '127.0.0.1', path: '/search' }, (answer) => {
      answer.resume().on('end', () => resolve(answer.statusCode));
    })
      .on('error', () => resolve(undefined))
      .end();
  });
}

export const openUpstream = (): Promise<Contestant> =>
  open((port) => [process.execPath, here('./upstream.ts'), String(port)]);

/** A service as Gaia's are, which takes the tokens of the upstream. */
export const openService = (upstream: number): Promise<Contestant> =>
  open((port) => [
    process.execPath,
    here('./service.ts'),
    String(port),
    `http://127.0.0.1:${upstream}/.well-known/jwks.json`,
  ]);

/** What a proxy passes on: `/cms/…` to a service, all else to the upstream. */
export interface Behind {
  readonly service: number;
  readonly upstream: number;
}

export const openHttpProxy = ({ service, upstream }: Behind): Promise<Contestant> =>
  open((port) => [process.execPath, here('./http-proxy.ts'), ...[port, service, upstream].map(String)]);

export function openGateway({ service, upstream }: Behind, env: Record<string, string> = {}): Promise<Contestant> {
  const url = `http://127.0.0.1:${upstream}`;
  return open(
    (port) => [
      process.execPath,
      ...(env.PROFILE ? ['--cpu-prof', `--cpu-prof-dir=${env.PROFILE}`] : []),
      here('../../services/gateway/src/main.ts'),
      String(port),
    ],
    {
      AUTH_URL: url,
      CMS_URL: `http://127.0.0.1:${service}`,
      ASSETS_URL: url,
      SEARCH_URL: url,
      METRICS_PORT: '0',
      LOG_LEVEL: 'info',
      RATE_LIMIT_PER_MINUTE: '10000000',
      ...env,
    },
  );
}

/** Undefined where there is no nginx. One worker process, as the others are one process. */
export async function openNginx({ service, upstream }: Behind): Promise<Contestant | undefined> {
  const nginx = ['/usr/sbin/nginx', '/usr/bin/nginx'].find((path) => existsSync(path));
  if (nginx === undefined) return undefined;
  const directory = mkdtempSync(join(tmpdir(), 'gaia-bench-nginx-'));
  const file = join(directory, 'nginx.conf');
  return open((port) => {
    writeFileSync(
      file,
      `daemon off; worker_processes 1; pid ${directory}/pid; error_log ${directory}/error.log;
events { worker_connections 4096; }
http {
  access_log ${directory}/access.log; keepalive_requests 1000000;
  client_body_temp_path ${directory}/b; proxy_temp_path ${directory}/p; fastcgi_temp_path ${directory}/f;
  uwsgi_temp_path ${directory}/u; scgi_temp_path ${directory}/s;
  upstream service { server 127.0.0.1:${service}; keepalive 128; keepalive_requests 1000000; }
  upstream bare { server 127.0.0.1:${upstream}; keepalive 128; keepalive_requests 1000000; }
  proxy_http_version 1.1; proxy_set_header Connection "";
  server { listen 127.0.0.1:${port}; location / { proxy_pass http://bare; } location /cms/ { proxy_pass http://service; } }
}`,
    );
    return [nginx, '-c', file, '-p', directory, '-e', join(directory, 'error.log')];
  });
}
