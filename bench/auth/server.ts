import type { AddressInfo } from 'node:net';
import { loadConfig } from '@gaia/auth/config';
import { start } from '@gaia/auth/start';
import { createLogger } from '@gaia/http-service/logger';

/** The service in a process of its own: says its port, and how much processor time it has used. */
process.on('message', async (message: { env: Record<string, string> } | 'cpu') => {
  if (message === 'cpu') {
    const { user, system } = process.cpuUsage();
    process.send?.({ cpuSeconds: (user + system) / 1e6 });
    return;
  }
  const logger = createLogger({ service: 'auth', level: 'warn' }, { write: (line) => process.stderr.write(line) });
  const app = await start(loadConfig(message.env), { logger });
  await app.listen({ host: '127.0.0.1', port: 0 });
  process.send?.({ port: (app.server.address() as AddressInfo).port });
});
