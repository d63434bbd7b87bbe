import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { type Cluster, dockerReason, type Fault, type Part, type Service, startCluster } from './cluster.ts';
import { checkConfinement } from './confinement.ts';
import { describeFailures, describeRestart, type Findings, faultPage, isSmooth } from './faults-page.ts';
import { runReadmeTest } from './readme-test.ts';
import { downAndUp, type RollingRestart, restartRolling } from './restarts.ts';
import { isGood, type Row, runRound } from './rounds.ts';
import { checkScale } from './scale.ts';

const services: readonly Service[] = ['auth', 'cms', 'assets', 'search', 'gateway'];
const allParts: readonly (readonly Part[])[] = [
  ...(['auth', 'cms', 'assets', 'search', 'redis', 'postgres', 'gateway'] as const).map((part): [Part] => [part]),
  ['auth', 'redis'],
];
const allFaults: readonly Fault[] = ['killed', 'paused', 'disconnected'];
const FAULT_MS = 8_000;
/** Of a failed round under other load. */
const REPEATS = 2;

const usage = `npm run test:faults -- [--part auth …] [--fault killed …] [--only faults|restarts|down …] [--short] [--write]

  --part, --fault  these rounds only; "auth+redis" breaks both at the same time
  --only           this part of the suite only
  --short          what does not depend on how busy the machine is: the README test, replicas, down and up; and one round,
                   auth and redis killed, whose result is printed only
  --write          writes docs/faults.md; rows that were not measured stay`;

/** Every fault on every part under load. Exit codes: 0 all good, 1 a promise was broken. */
async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      part: { type: 'string', multiple: true },
      fault: { type: 'string', multiple: true },
      only: { type: 'string', multiple: true },
      short: { type: 'boolean', default: false },
      write: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    console.log(usage);
    return;
  }
  const reason = await dockerReason();
  if (reason !== undefined) {
    console.log(`fault injection is skipped: ${reason}`);
    return;
  }
  const wants = (half: string) => values.only?.includes(half) ?? true;
  const started = Date.now();
  console.log('building and starting the cluster ...');
  const cluster = await startCluster();
  const remove = removing(cluster);
  console.log(`ready after ${since(started)}`);
  let findings: Findings;
  try {
    await runReadmeTest(cluster.gateways.next());
    console.log('good  README test');
    await checkConfinement(cluster);
    console.log('good  healthy, confined, and only the gateway is published');
    await checkScale(cluster);
    console.log('good  three cms, two gateways');
    if (values.short) {
      await runRounds(cluster, ['auth+redis'], ['killed']);
      const results = await takeDown(cluster);
      process.exitCode = results.every(({ instead }) => instead === undefined) ? 0 : 1;
      return;
    }
    findings = {
      rows: wants('faults') ? await runRounds(cluster, values.part, values.fault) : [],
      restarts: wants('restarts') ? await restartAll(cluster, values.part) : [],
      downAndUp: wants('down') ? await takeDown(cluster) : [],
    };
  } finally {
    await remove();
  }
  console.log(`\n${faultPage(findings, FAULT_MS)}\nafter ${since(started)}`);
  if (values.write) {
    const file = join(import.meta.dirname, '..', '..', 'docs', 'faults.md');
    const before = await readFile(file, 'utf8').catch(() => '');
    await writeFile(file, faultPage(findings, FAULT_MS, before));
  }
  const good =
    findings.rows.every(isGood) &&
    findings.restarts.every(isSmooth) &&
    findings.downAndUp.every(({ instead }) => instead === undefined);
  process.exitCode = good ? 0 : 1;
}

async function runRounds(cluster: Cluster, parts?: readonly string[], faults?: readonly string[]): Promise<Row[]> {
  const rows: Row[] = [];
  for (const some of allParts.filter((each) => parts?.includes(each.join('+')) ?? true)) {
    for (const fault of allFaults.filter((each) => faults?.includes(each) ?? true)) {
      const durations = { beforeMs: 1_500, calmMs: 12_000, faultMs: FAULT_MS, recoveryMs: 60_000 };
      let row = await runRound(cluster, some, fault, durations);
      for (let again = 0; again < REPEATS && row.isBusy && !isGood(row); again += 1) {
        console.log(`again ${some.join(' and ')} ${fault}${describeFailures(row)}`);
        row = await runRound(cluster, some, fault, durations);
      }
      rows.push(row);
      console.log(`${isGood(row) ? 'good' : 'BAD '}  ${some.join(' and ')} ${fault}${describeFailures(row)}`);
    }
  }
  return rows;
}

async function restartAll(cluster: Cluster, only?: readonly string[]): Promise<RollingRestart[]> {
  const restarts: RollingRestart[] = [];
  for (const service of services.filter((each) => only?.includes(each) ?? true)) {
    const restart = await restartRolling(cluster, service);
    restarts.push(restart);
    console.log(`${isSmooth(restart) ? 'good' : 'BAD '}  ${service} restarted${describeRestart(restart)}`);
  }
  return restarts;
}

async function takeDown(cluster: Cluster): Promise<Findings['downAndUp']> {
  const results = await downAndUp(cluster);
  for (const { what, instead } of results) {
    console.log(instead === undefined ? `good  down and up: ${what}` : `BAD   down and up: ${what}: ${instead}`);
  }
  return results;
}

/** Removes the cluster at the end, and when the run is interrupted. */
function removing(cluster: Cluster): () => Promise<void> {
  let removed: Promise<void> | undefined;
  const remove = () => {
    removed ??= cluster.remove();
    return removed;
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => {
      remove().finally(() => process.exit(130));
    });
  }
  return remove;
}

function since(started: number): string {
  return `${((Date.now() - started) / 1_000).toFixed(0)} s`;
}

await main();
