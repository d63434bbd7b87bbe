import { execFileSync } from 'node:child_process';
import { availableParallelism } from 'node:os';

export interface Cores {
  /** Password hashes at a time. */
  readonly hashes: number;
  /** For people: who has which cores. */
  readonly described: string;
  /** Gives a process that has just begun the service's cores. */
  giveToService(pid: number): void;
}

/**
 * By default all share all cores, and one is left to everything but hashes: the service's event loop, the database, Redis
 * and the load, most of which have machines of their own elsewhere. With `alone` the service has the first core for
 * itself, hashes and all, and this process and what it starts from now on have the others.
 */
export function divideCores(alone: boolean): Cores {
  const all = availableParallelism();
  if (!alone || all < 2) {
    const hashes = Math.max(1, all - 1);
    return {
      hashes,
      described: `${all} cores, shared by the service, PostgreSQL, Redis and the load; ${hashes} for hashes at a time`,
      giveToService: () => {},
    };
  }
  pin(process.pid, `1-${all - 1}`);
  return {
    hashes: 1,
    described: `one core for the service alone, ${all - 1} for PostgreSQL, Redis and the load`,
    giveToService: (pid) => pin(pid, '0'),
  };
}

function pin(pid: number, cores: string): void {
  execFileSync('taskset', ['--all-tasks', '--pid', '--cpu-list', cores, String(pid)], { stdio: 'ignore' });
}
