import type { Reporter, TestModule } from 'vitest/node';

/**
 * Ends a run with one line for scripts: `N passed, N failed, N skipped`. A file that does not load counts as failed.
 * Before it stand the tests that passed only at a second attempt.
 */
export default class PlainLineReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly unknown[]): void {
    const count = { passed: 0, failed: unhandled.length, skipped: 0 };
    for (const module of modules) {
      let broken = module.errors().length > 0;
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        if (state === 'passed' || state === 'failed') count[state] += 1;
        else count.skipped += 1;
        if (test.diagnostic()?.flaky)
          process.stdout.write(`second attempt: ${module.relativeModuleId} > ${test.fullName}\n`);
        if (state === 'failed') broken = false;
      }
      if (broken) count.failed += 1;
    }
    process.stdout.write(`${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped\n`);
  }
}
