import type { ChildProcess } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

/** Linux counts CPU time in hundredths of a second. */
const TICK_MICROSECONDS = 10_000;

/** CPU time that a process and its children have used, in microseconds. */
export function cpuMicrosecondsOf({ pid }: ChildProcess): number {
  const of = (id: string | number): number => {
    const fields = readFileSync(`/proc/${id}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ');
    return (Number(fields[11]) + Number(fields[12])) * TICK_MICROSECONDS;
  };
  const children = readdirSync(`/proc/${pid}/task`).flatMap((thread) =>
    readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8').split(' ').filter(Boolean),
  );
  return [pid ?? 0, ...children].reduce<number>((sum, id) => sum + of(id), 0);
}
