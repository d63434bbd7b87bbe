import { loadConfig } from '@gaia/cms/config';
import { start } from '@gaia/cms/start';
import { createLogger } from '@gaia/http-service/logger';
import { startFloor } from './floor.ts';

export interface Order {
  readonly start: 'gaia' | 'by hand';
  readonly databaseUrl: string;
  readonly jwksUrl: string;
  readonly typeId: string;
  readonly connections: number;
}

// Ended so, it leaves a profile behind when it was asked for one (NODE_OPTIONS=--cpu-prof).
process.on('disconnect', () => process.exit());

/** One contestant in a process of its own: says its port, and how much processor time it has used. */
process.on('message', async (message: Order | 'cpu') => {
  if (message === 'cpu') {
    const { user, system } = process.cpuUsage();
    process.send?.({ cpuSeconds: (user + system) / 1e6 });
    return;
  }
  const { databaseUrl, jwksUrl, typeId, connections } = message;
  if (message.start === 'by hand') {
    process.send?.({ port: await startFloor(databaseUrl, typeId, connections) });
    return;
  }
  const config = loadConfig({
    DATABASE_URL: databaseUrl,
    JWKS_URL: jwksUrl,
    CMS_KEK: '0'.repeat(64),
    DATABASE_POOL_SIZE: String(connections),
  });
  const app = await start(config, { logger: createLogger({ service: 'cms', level: 'silent' }) });
  process.send?.({ port: Number(new URL(await app.listen({ host: '127.0.0.1', port: 0 })).port) });
});
