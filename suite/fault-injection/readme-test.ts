import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const expectedOutput =
  /"email":"admin@localhost"[\s\S]*"code":"entry_not_found"[\s\S]*<mark>Hello<\/mark> Gaia[\s\S]*"code":"token_missing"[\s\S]*Members only\.[\s\S]*"code":"token_revoked"/;

/** Runs the example of README.md against a suite, word for word. */
export async function runReadmeTest(url: string): Promise<void> {
  const readme = await readFile(join(import.meta.dirname, '..', '..', 'README.md'), 'utf8');
  const example = /<!-- readme test -->\s*```sh\n([\s\S]*?)```/.exec(readme)?.[1];
  if (example === undefined) throw new Error('README.md has no example');
  const script = example.replace('http://localhost:8080', url);
  const { stdout } = await promisify(execFile)('bash', ['-eu', '-c', script], { timeout: 60_000 });
  if (!expectedOutput.test(stdout)) throw new Error(`unexpected output of the example in README.md:\n${stdout}`);
}
