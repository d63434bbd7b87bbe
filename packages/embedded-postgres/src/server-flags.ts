import { createHash } from 'node:crypto';
import type { Binaries } from './binaries.ts';

/**
 * The server's settings, on its command line so that a later version of Gaia can change them. The socket stands in the
 * data directory, which only the server's user may enter; there is no TCP port.
 * `name` stands for all of it: a server found running is taken over only if it was started just so.
 */
export function serverFlags(binaries: Binaries, durable: boolean): { readonly name: string; readonly args: string[] } {
  const settings: Record<string, string> = {
    listen_addresses: '',
    unix_socket_directories: '.',
    unix_socket_permissions: '0700',
    port: '5432',
    max_connections: durable ? '120' : '300',
    shared_buffers: '64MB',
    max_wal_size: '256MB',
    min_wal_size: '64MB',
    // Processes and memory for a machine that Gaia has for itself would be too much beside everything else on a small one.
    huge_pages: 'off',
    io_method: 'sync',
    max_parallel_workers_per_gather: '0',
    max_parallel_maintenance_workers: '0',
    max_worker_processes: '4',
    max_logical_replication_workers: '0',
    autovacuum_max_workers: '2',
    jit: 'off',
    timezone: 'UTC',
    // Errors belong to the client that gets them; statements and details hold people's data.
    log_min_messages: 'log',
    log_min_error_statement: 'panic',
    log_error_verbosity: 'terse',
    log_checkpoints: 'off',
    log_timezone: 'UTC',
  };
  if (!durable) Object.assign(settings, { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' });
  const args = Object.entries(settings).flatMap(([key, value]) => ['-c', `${key}=${value}`]);
  const digest = createHash('sha256')
    .update(JSON.stringify([binaries.postgres, binaries.version, args]))
    .digest('hex');
  const name = `gaia-${digest.slice(0, 12)}`;
  return { name, args: [...args, '-c', `cluster_name=${name}`] };
}
