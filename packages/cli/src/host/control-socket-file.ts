import { join } from 'node:path';

/** Where auth listens for commands on the host, in the data folder of a suite. */
export function controlSocketFile(dataDir: string): string {
  return join(dataDir, 'run', 'auth.sock');
}
