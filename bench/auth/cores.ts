import { execFileSync } from 'node:child_process';
import { availableParallelism } from 'node:os';

export interface Cores {
  readonly ofService: number;
  /** For people: who has which cores. */
  readonly described: string;
  /** Gives a process that has just begun the service's cores. */
  giveToService(pid: number): void;
}

/**
 * Gives the first core to the service alone, and the others to this process and what it starts from now on: the database,
 * Redis and the load have machines of their own elsewhere. With `apart` false, or where that cannot be done, all share all.
 */
export function divideCores(apart: boolean): Cores {
  const all = availableParallelism();
  const shared: Cores = {
    ofService: all,
    described: `${all} cores, shared by the service, PostgreSQL, Redis and the load`,
    giveToService: () => {},
  };
  if (!apart || all < 2) return shared;
  try {
    pin(process.pid, `1-${all - 1}`);
  } catch {
    return shared;
  }
  return {
    ofService: 1,
    described: `one core for the service alone, ${all - 1} for PostgreSQL, Redis and the load`,
    giveToService: (pid) => pin(pid, '0'),
  };
}

function pin(pid: number, cores: string): void {
  execFileSync('taskset', ['--all-tasks', '--pid', '--cpu-list', cores, String(pid)], { stdio: 'ignore' });
}
