import type { Sample } from './load.ts';
import type { RollingRestart } from './restarts.ts';
import { isGood, type Row } from './rounds.ts';

export interface Findings {
  readonly rows: readonly Row[];
  readonly restarts: readonly RollingRestart[];
  readonly downAndUp: readonly { readonly what: string; readonly instead?: string }[];
}

/** The page docs/faults.md. Rows that were not measured are those of `before`, the current page. */
export function faultPage(findings: Findings, faultMs: number, before = ''): string {
  return `# What happens when a part fails

\`npm run test:faults -- --write\` measures this on the cluster of docker-compose.yml and writes this page. Each part is killed,
paused, or disconnected from the network for ${faultMs / 1_000} seconds, and then started, resumed or connected again, while users
verify tokens in every service, read, write, search, list and upload files, log in and log out. No other repair takes place. A round
starts when the cluster without a fault is fast. A round that fails under other load of the machine is repeated, twice at most.

- **unaffected**: requests that do not need the part: successful of all.
- **handled**: requests that need the part: successful ones, and 503 with Retry-After within two seconds, of all until the recovery.
  Without the gateway there is no response.
- **lost writes**: acknowledged entries and uploads that cannot be read afterwards.
- **revoked accepted**: how often a service accepted a token of a session that had ended before or during the fault. A service
  that was disconnected does not know the sessions that ended meanwhile: for about a second after the fault, until the revocation
  feed is connected, it can accept their tokens. Routes with \`requireFresh\` refuse them.
- **recovery**: from the end of the fault until every kind of request succeeds.

${faultTable(findings.rows, before)}

## Rolling restarts

Two replicas of a service, restarted one after the other under the same load. Gateways are behind a load balancer that takes a gateway
out of rotation before its restart.

| service | requests | failed | slowest | lost writes | revoked accepted | |
|---|---|---|---|---|---|---|
${merged(findings.restarts.map(restartLine), before, 1, serviceOrder).join('\n')}

## \`docker compose down\`, then \`up\`

| check | passed |
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
      `${row.acceptedRevoked} of ${row.revoked}`,
      recovered,
    ];
    return `| ${cells.join(' | ')} | ${verdict(row)} |`;
  });
  return `| part | fault | unaffected | handled | lost writes | revoked accepted | recovery | |
|---|---|---|---|---|---|---|---|
${merged(lines, before, 2, partOrder).join('\n')}`;
}

const serviceOrder = ['auth', 'cms', 'assets', 'search', 'gateway'];
const partOrder = ['auth', 'cms', 'assets', 'search', 'redis', 'postgres', 'gateway', 'auth and redis'];

/** New lines and the lines of the current page with other keys (the first cells), in order. */
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
  return cell === 'part' || cell === 'service' || cell === 'check';
}

function downLine({ what, instead }: Findings['downAndUp'][number]): string {
  return `| ${what} | ${instead === undefined ? 'yes' : '**no**'} |`;
}

function verdict(row: Row): string {
  if (isGood(row)) return 'good';
  return row.isBusy ? '**bad**, under other load' : '**bad**';
}

export function isSmooth(restart: RollingRestart): boolean {
  return restart.failed.length === 0 && restart.lost === 0 && restart.acceptedRevoked === 0;
}

function restartLine(restart: RollingRestart): string {
  const { service, total, failed, slowestMs, lost, acceptedRevoked } = restart;
  const cells = [service, total, failed.length, seconds(slowestMs), lost, acceptedRevoked];
  return `| ${cells.join(' | ')} | ${isSmooth(restart) ? 'good' : '**bad**'} |`;
}

/** The failures of a round for the log. */
export function describeFailures(row: Row): string {
  return lines([
    row.isBusy ? 'other load on the machine' : '',
    summary('failed', row.mustWork.failed),
    summary('not handled', row.mayFail.improper),
    row.lost > 0 ? `${row.lost} writes lost` : '',
    row.acceptedRevoked > 0 ? `${row.acceptedRevoked} accepted revoked tokens` : '',
    row.recoveredAfterMs === undefined ? 'never recovered' : '',
  ]);
}

export function describeRestart({ failed, lost, acceptedRevoked }: RollingRestart): string {
  return lines([
    summary('failed', failed),
    lost > 0 ? `${lost} writes lost` : '',
    acceptedRevoked > 0 ? `${acceptedRevoked} accepted revoked tokens` : '',
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
