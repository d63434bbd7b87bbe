import type { Sample } from './load.ts';
import { isGood, type Row } from './rounds.ts';

/** The page docs/faults.md. */
export function faultTable(rows: readonly Row[]): string {
  const lines = rows.map((row) => {
    const kept = `${row.mustWork.total - row.mustWork.failed.length} of ${row.mustWork.total}`;
    const refused =
      row.mayFail.total === 0
        ? '–'
        : `${row.mayFail.total - row.mayFail.improper.length} of ${row.mayFail.total}, slowest ${seconds(row.mayFail.slowestMs)}`;
    const recovered = row.recoveredAfterMs === undefined ? 'never' : seconds(row.recoveredAfterMs);
    const cells = [row.part, row.fault, kept, refused, `${row.lost} of ${row.written}`, row.revived, recovered];
    return `| ${cells.join(' | ')} | ${isGood(row) ? 'good' : '**bad**'} |`;
  });
  return `# What happens when a part dies

Measured on the cluster of docker-compose.yml by \`npm run test:faults -- --write\`, which makes this page: each part is killed,
frozen (paused) and cut off (its network taken away) for eight seconds while users verify tokens in every service, read, write,
search, list files and log in, and then brought back.

- **kept on**: requests that the part is not needed for, and how many of them were answered as always.
- **refused properly**: requests that need the part, and how many of them were answered, or refused with 503 and
  Retry-After within two seconds. Without the gateway, the only door, there is nobody to refuse.
- **lost**: acknowledged writes that could not be read afterwards. **revived**: times that a revoked token was taken.
- **works again after**: from the return of the part until everything works, without a hand.

| part | fault | kept on | refused properly | lost | revived | works again after | |
|---|---|---|---|---|---|---|---|
${lines.join('\n')}
`;
}

/** What went wrong in a round, for the log; empty if nothing did. */
export function describeFailures(row: Row): string {
  const parts = [
    summary('should have worked', row.mustWork.failed),
    summary('not refused properly', row.mayFail.improper),
    row.lost > 0 ? `${row.lost} writes lost` : '',
    row.revived > 0 ? `${row.revived} times a revoked token was taken` : '',
    row.recoveredAfterMs === undefined ? 'never recovered' : '',
  ];
  return parts
    .filter((part) => part !== '')
    .map((part) => `\n      ${part}`)
    .join('');
}

function summary(title: string, samples: readonly Sample[]): string {
  if (samples.length === 0) return '';
  const counts = new Map<string, { count: number; slowest: number }>();
  for (const sample of samples) {
    const key = `${sample.kind}: ${sample.status} ${sample.code ?? ''}${sample.retryAfter ? '' : ' without Retry-After'}`;
    const entry = counts.get(key) ?? { count: 0, slowest: 0 };
    counts.set(key, { count: entry.count + 1, slowest: Math.max(entry.slowest, sample.ms) });
  }
  const list = [...counts].map(([key, { count, slowest }]) => `${count} × ${key} (up to ${slowest} ms)`);
  return `${title}: ${list.join('; ')}`;
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}
