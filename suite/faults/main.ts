import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { dockerReason, type Fault, type Part, startCluster } from './cluster.ts';
import { isGood, type Row, runRound } from './rounds.ts';
import { describeFailures, faultTable } from './table.ts';

const allParts: readonly Part[] = ['auth', 'cms', 'assets', 'search', 'redis', 'postgres', 'gateway'];
const allFaults: readonly Fault[] = ['killed', 'frozen', 'cut off'];

/** Breaks every part of the cluster in every way, under load. Exit codes: 0 all good, 1 a promise was broken. */
async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      part: { type: 'string', multiple: true },
      fault: { type: 'string', multiple: true },
      write: { type: 'boolean', default: false },
    },
  });
  const reason = await dockerReason();
  if (reason !== undefined) {
    console.log(`the fault suite is skipped: ${reason}`);
    return;
  }
  const parts = allParts.filter((part) => values.part?.includes(part) ?? true);
  const faults = allFaults.filter((fault) => values.fault?.includes(fault) ?? true);
  console.log('building and starting the cluster ...');
  const cluster = await startCluster();
  const rows: Row[] = [];
  try {
    for (const part of parts) {
      for (const fault of faults) {
        const row = await runRound(cluster, part, fault, { beforeMs: 1_000, faultMs: 8_000, recoveryMs: 60_000 });
        rows.push(row);
        console.log(`${isGood(row) ? 'good' : 'BAD '}  ${part} ${fault}${describeFailures(row)}`);
      }
    }
  } finally {
    await cluster.remove();
  }
  const table = faultTable(rows);
  console.log(`\n${table}`);
  if (values.write) await writeFile(join(import.meta.dirname, '..', '..', 'docs', 'faults.md'), table);
  process.exitCode = rows.every(isGood) ? 0 : 1;
}

await main();
