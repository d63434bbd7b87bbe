import type { Context } from '../context.ts';

const WIDTH = 30;

export interface ProgressBar {
  /** Shows how far something is; `total` undefined where it is unknown. Nothing where there is no terminal. */
  show(done: number, total: number | undefined, unit: string): void;
  /** Takes the bar away. */
  end(): void;
}

/** A bar in one line of standard error that is written over and over. */
export function createProgressBar({ stderr }: Pick<Context, 'stderr'>): ProgressBar {
  let shown = 0;
  function write(line: string): void {
    if (stderr.isTTY !== true) return;
    stderr.write(`\r${line.padEnd(shown)}`);
    shown = line.length;
  }
  return {
    show(done, total, unit) {
      if (total === undefined || total <= 0) return write(`${done} ${unit}`);
      // The total is an estimate: what is not through is never called complete.
      const part = Math.min(0.99, done / total);
      const full = Math.round(part * WIDTH);
      write(
        `[${'#'.repeat(full)}${'-'.repeat(WIDTH - full)}] ${Math.floor(part * 100)} %  ${done} of ${total} ${unit}`,
      );
    },
    end() {
      if (shown === 0) return;
      write('');
      stderr.write('\r');
    },
  };
}
