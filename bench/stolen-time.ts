import { readFileSync } from 'node:fs';

/**
 * Begins to look how much of the processors a virtual machine's host gives to others; what it gives is for people to read.
 * Figures that were measured while a host took much say more about the host.
 */
export function watchStolenTime(): () => string {
  const before = read();
  return () => {
    const after = read();
    if (before === undefined || after === undefined) return 'unknown';
    return `${((100 * (after.stolen - before.stolen)) / Math.max(1, after.all - before.all)).toFixed(1)} %`;
  };
}

/** Undefined where the system does not tell: it is told on Linux, in hundredths of a second since its start. */
function read(): { readonly stolen: number; readonly all: number } | undefined {
  try {
    const [line = ''] = readFileSync('/proc/stat', 'utf8').split('\n', 1);
    const times = line.split(/\s+/).slice(1, 9).map(Number);
    return { stolen: times[7] ?? 0, all: times.reduce((sum, time) => sum + time, 0) };
  } catch {
    return undefined;
  }
}
