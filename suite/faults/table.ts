import type { Sample } from './load.ts';
import type { RollingRestart } from './restarts.ts';
import { isGood, type Row } from './rounds.ts';

export interface Findings {
  readonly rows: readonly Row[];
  readonly restarts: readonly RollingRestart[];
  readonly downAndUp: readonly { readonly what: string; readonly instead?: string }[];
}

/** The page docs/faults.md; what was not measured this time stays as `before`, the present page, has it. */
export function faultPage(findings: Findings, faultMs: number, before = ''): string {
  return `# What happens when a part dies

Measured on the cluster of docker-compose.yml by \`npm run test:faults -- --write\`, which makes this page: each part is killed,
frozen (paused) and cut off (its network taken away) for ${faultMs / 1_000} seconds while users verify tokens in every service,
read, write, search, list and upload files, log in and log out, and is then brought back. Nobody helps. A round begins when the
unbroken cluster answers swiftly; one that goes wrong while the machine is busy with other things is run again, twice at most.

- **kept on**: requests that the part is not needed for, and how many of them were answered as always.
- **refused properly**: requests that need the part, and how many of them were answered, or refused with 503 and
  Retry-After within two seconds, until everything worked again. Without the gateway, the only door, there is nobody to refuse.
- **lost**: acknowledged writes and uploads that could not be read afterwards.
- **revived**: times that a token was taken whose session had been ended with success, before or during the fault. A service
  that was cut off has not heard of the sessions that ended meanwhile: for about a second after its return, until it has Redis'
  word, it can take a token of theirs. Routes that ask for \`requireFresh\` refuse instead.
- **works again after**: from the return of the part until everything works.

${faultTable(findings.rows, before)}

## Rolling restarts

Two replicas of a service, restarted one after the other under the same load; of the gateway, behind a balancer that leaves out
the one that is about to restart.

| service | requests | failed | slowest | lost | revived | |
|---|---|---|---|---|---|---|
${merged(findings.restarts.map(restartLine), before, 1, serviceOrder).join('\n')}

## \`docker compose down\`, then \`up\`

| what was there before | is there after |
|---|---|
${merged(findings.downAndUp.map(downLine), before, 1).join('\n')}
`;
}

function faultTable(rows: readonly Row[], before: string): string {
  const lines = rows.map((row) => {
    const kept = `${row.mustWork.total - row.mustWork.failed.length} of ${row.mustWork.total}`;
    const refused = row.parts.includes('gateway')
      ? '–'
      : `${row.mayFail.total - row.mayFail.improper.length} of ${row.mayFail.total}, slowest ${seconds(row.mayFail.slowestMs)}`;
    const recovered = row.recoveredAfterMs === undefined ? 'never' : seconds(row.recoveredAfterMs);
    const cells = [
      row.parts.join(' and '),
      row.fault,
      row.mustWork.total === 0 ? '–' : kept,
      refused,
      `${row.lost} of ${row.acknowledged}`,
      `${row.revived} of ${row.revoked}`,
      recovered,
    ];
    return `| ${cells.join(' | ')} | ${verdict(row)} |`;
  });
  return `| part | fault | kept on | refused properly | lost | revived | works again after | |
|---|---|---|---|---|---|---|---|
${merged(lines, before, 2, partOrder).join('\n')}`;
}

const serviceOrder = ['auth', 'cms', 'assets', 'search', 'gateway'];
const partOrder = ['auth', 'cms', 'assets', 'search', 'redis', 'postgres', 'gateway', 'auth and redis'];

/** The lines, and those of the present page's table of as many columns whose first cells none of them has; in order. */
function merged(lines: readonly string[], before: string, keyCells: number, order: readonly string[] = []): string[] {
  const cellsOf = (line: string) => line.split('|').map((cell) => cell.trim());
  const keyOf = (line: string) =>
    cellsOf(line)
      .slice(1, 1 + keyCells)
      .join();
  const columns = { 2: 10, 1: order.length > 0 ? 9 : 4 }[keyCells];
  const fresh = new Set(lines.map(keyOf));
  const old = before
    .split('\n')
    .filter((line) => line.startsWith('| ') && cellsOf(line).length === columns && !isHeading(cellsOf(line)[1]))
    .filter((line) => !fresh.has(keyOf(line)));
  const rank = (line: string) => order.indexOf(cellsOf(line)[1] ?? '');
  return [...lines, ...old].sort((one, other) => rank(one) - rank(other));
}

function isHeading(cell: string | undefined): boolean {
  return cell === 'part' || cell === 'service' || cell === 'what was there before';
}

function downLine({ what, instead }: Findings['downAndUp'][number]): string {
  return `| ${what} | ${instead === undefined ? 'yes' : '**no**'} |`;
}

function verdict(row: Row): string {
  if (isGood(row)) return 'good';
  return row.isBusy ? '**bad**, on a machine that was busy with other things' : '**bad**';
}

export function isSmooth(restart: RollingRestart): boolean {
  return restart.failed.length === 0 && restart.lost === 0 && restart.revived === 0;
}

function restartLine(restart: RollingRestart): string {
  const { service, total, failed, slowestMs, lost, revived } = restart;
  const cells = [service, total, failed.length, seconds(slowestMs), lost, revived];
  return `| ${cells.join(' | ')} | ${isSmooth(restart) ? 'good' : '**bad**'} |`;
}

/** What went wrong in a round, for the log; empty if nothing did. */
export function describeFailures(row: Row): string {
  return lines([
    row.isBusy ? 'the machine was busy with other things' : '',
    summary('should have worked', row.mustWork.failed),
    summary('not refused properly', row.mayFail.improper),
    row.lost > 0 ? `${row.lost} writes lost` : '',
    row.revived > 0 ? `${row.revived} times a revoked token was taken` : '',
    row.recoveredAfterMs === undefined ? 'never recovered' : '',
  ]);
}

export function describeRestart({ failed, lost, revived }: RollingRestart): string {
  return lines([
    summary('failed', failed),
    lost > 0 ? `${lost} writes lost` : '',
    revived > 0 ? `${revived} times a revoked token was taken` : '',
  ]);
}

function lines(parts: readonly string[]): string {
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
