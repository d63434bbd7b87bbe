import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type RestartPolicy, supervise } from '../src/supervisor.ts';

const policy: RestartPolicy = { firstDelayMs: 1, longestDelayMs: 4, stableMs: 60_000, mostFailures: 3 };

/** Supervises processes that run until they are killed; `starts` tells of each whether it comes to answer. */
function supervised(starts: readonly boolean[], given: Partial<RestartPolicy> = {}) {
  let time = 0;
  const said: string[] = [];
  const children: ChildProcess[] = [];
  const givenUp = Promise.withResolvers<string>();
  const service = supervise({
    name: 'cms',
    now: () => time,
    policy: { ...policy, ...given },
    say: (line) => said.push(line),
    onGiveUp: (error) => givenUp.resolve(error.message),
    spawn() {
      const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1_000)'], { stdio: 'ignore' });
      onTestFinished(() => void child.kill('SIGKILL'));
      children.push(child);
      return child;
    },
    async answering(child) {
      if (child.pid === undefined || !starts[children.length - 1]) throw new Error('cms could not start');
    },
  });
  const kill = async () => {
    const child = children.at(-1);
    const ended = once(child as ChildProcess, 'exit');
    child?.kill('SIGKILL');
    await ended;
  };
  const advance = (ms: number) => {
    time += ms;
  };
  return { service, said, children, givenUp: givenUp.promise, kill, advance };
}

const restarts = (said: readonly string[]) => said.filter((line) => line.includes('started again'));

describe('a supervised process', () => {
  it('is started again whenever it has ended, after a wait that grows, and says so', async () => {
    const { service, said, children, kill } = supervised([true, true, true, true, true]);
    await service.started;
    for (let ends = 1; ends <= 4; ends += 1) {
      await kill();
      await expect.poll(() => children.length).toBe(ends + 1);
    }
    expect(restarts(said)).toEqual(
      [1, 2, 4, 4].map(
        (ms, index) =>
          `cms (process ${children[index]?.pid}) has ended: SIGKILL; it is started again in ${ms / 1_000} s`,
      ),
    );
    await service.end();
  });

  it('is waited for as the first time again after it has been stable', async () => {
    const { service, said, children, kill, advance } = supervised([true, true, true, true]);
    await service.started;
    for (const [ends, ms] of [59_999, 59_999, 60_000].entries()) {
      advance(ms);
      await kill();
      await expect.poll(() => children.length).toBe(ends + 2);
    }
    expect(restarts(said).map((line) => line.slice(-7))).toEqual(['0.001 s', '0.002 s', '0.001 s']);
    await service.end();
  });

  it('is given up when it cannot be started several times in a row', async () => {
    const { service, children, givenUp, kill } = supervised([true, false, false, true, false, false, false]);
    await service.started;
    await kill();
    await expect.poll(() => children.length).toBe(4);
    await kill();
    expect(await givenUp).toBe('cms could not start\ncms could not be started 3 times in a row.');
    expect(children).toHaveLength(7);
    await service.end();
  });

  it('rejects at once where the first start comes to nothing, and leaves nothing behind', async () => {
    const { service, children, said } = supervised([false]);
    await expect(service.started).rejects.toThrow('cms could not start');
    await service.end();
    expect(restarts(said)).toEqual([]);
    expect(children.map((child) => child.signalCode)).toEqual(['SIGKILL']);
  });

  it.each([
    ['when it runs', 1],
    ['while it waits for its restart', 600_000],
  ])('is not started again after it has been told to end (%s)', async (_name, firstDelayMs) => {
    const { service, said, children, kill } = supervised([true], { firstDelayMs });
    await service.started;
    if (firstDelayMs > 1) {
      await kill();
      await expect.poll(() => restarts(said)).toHaveLength(1);
    }
    await service.end();
    expect(children).toHaveLength(1);
    expect(restarts(said)).toHaveLength(firstDelayMs > 1 ? 1 : 0);
  });
});
