import { mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { sweepTemporaryFiles, temporaryName } from '../../src/storage/temporary-files.ts';

it('sweeps what dead processes have left and nothing else', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'gaia-store-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  const put = (name: string, ageSeconds: number) => {
    const path = join(directory, name);
    writeFileSync(path, 'half');
    const time = Date.now() / 1_000 - ageSeconds;
    utimesSync(path, time, time);
    return name;
  };
  const NO_PROCESS = 2 ** 30;
  put(temporaryName('dead', hostname(), NO_PROCESS), 1);
  put(temporaryName('before-us', hostname(), process.pid), process.uptime() + 60);
  put(temporaryName('old', 'another host', 1), 7 * 3_600);
  const kept = [
    put(temporaryName('ours'), 0),
    put(temporaryName('living', hostname(), process.ppid), 1),
    put(temporaryName('elsewhere', 'another host', 1), 60),
  ];
  await expect(sweepTemporaryFiles(directory, Date.now())).resolves.toBe(3);
  expect(readdirSync(directory).sort()).toEqual(kept.sort());
});
