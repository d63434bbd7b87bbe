import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** What the tour must have shown, in this order. */
const shown =
  /"email":"admin@localhost"[\s\S]*"code":"entry_not_found"[\s\S]*<mark>Hello<\/mark> Gaia[\s\S]*"code":"token_missing"[\s\S]*Members only\.[\s\S]*"code":"token_revoked"/;

/** Runs the tour of README.md word for word, against this URL. Throws when it shows anything else than it should. */
export async function runTour(url: string): Promise<void> {
  const readme = await readFile(join(import.meta.dirname, '..', '..', 'README.md'), 'utf8');
  const tour = /<!-- tour -->\s*```sh\n([\s\S]*?)```/.exec(readme)?.[1];
  if (tour === undefined) throw new Error('README.md has no tour');
  const script = tour.replace('http://localhost:8080', url);
  const { stdout } = await promisify(execFile)('bash', ['-eu', '-c', script], { timeout: 60_000 });
  if (!shown.test(stdout)) throw new Error(`the tour showed something else:\n${stdout}`);
}
