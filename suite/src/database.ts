import { join } from 'node:path';
import process from 'node:process';
import { startEmbeddedPostgres } from '@gaia/embedded-postgres';
import type { SuiteConfig } from './config.ts';
import type { ServiceName } from './environments.ts';

export interface SuiteDatabase {
  url(service: ServiceName): string;
  stop(): Promise<void>;
  /** For the start message. */
  readonly description: string;
}

const withDatabase: readonly ServiceName[] = ['auth', 'cms', 'assets', 'search'];

/**
 * The operator's server where DATABASE_URL names one (a schema a service), else an embedded one (a database a service).
 * `onUnexpectedEnd` hears of an embedded server that ends without having been told to.
 */
export async function openSuiteDatabase(
  config: SuiteConfig,
  onUnexpectedEnd: (error: Error) => void,
): Promise<SuiteDatabase> {
  const ownServer = config.DATABASE_URL;
  if (ownServer !== undefined) {
    return { url: () => ownServer, stop: async () => {}, description: 'PostgreSQL of DATABASE_URL' };
  }
  const postgres = await startEmbeddedPostgres({ dataDir: join(config.dataDir, 'postgres'), onUnexpectedEnd });
  try {
    for (const service of withDatabase) await postgres.ensureDatabase(`gaia_${service}`);
  } catch (error) {
    await postgres.stop();
    throw error;
  }
  // A process that ends at once (a second signal, the end of its time) stops the server all the same, and waits no more.
  const stopOnExit = () => stopNow(postgres.pid);
  process.once('exit', stopOnExit);
  return {
    url: (service) => postgres.url(`gaia_${service}`),
    async stop() {
      await postgres.stop();
      process.off('exit', stopOnExit);
    },
    description: postgres.adopted ? 'embedded PostgreSQL, taken over from an earlier start' : 'embedded PostgreSQL',
  };
}

function stopNow(pid: number): void {
  try {
    process.kill(pid, 'SIGINT');
  } catch {
    // It has ended already.
  }
}
