import { afterEach, describe, expect, it, vi } from 'vitest';
import { DatabaseUnavailable } from '../src/database-errors.ts';
import { batchQuestions } from '../src/question-batch.ts';

/** Statements that wait to be answered by hand. */
function statements(options: { parallel?: number; largest?: number } = {}) {
  const open: { questions: readonly number[]; answer(): void; fail(error: Error): void }[] = [];
  const ask = batchQuestions<number, string>({
    ask: (questions) =>
      new Promise((resolve, reject) => {
        open.push({ questions, answer: () => resolve(questions.map((one) => `answer ${one}`)), fail: reject });
      }),
    parallel: options.parallel ?? 1,
    largest: options.largest ?? 10,
  });
  const next = () => {
    const statement = open.shift();
    if (statement === undefined) throw new Error('no statement is under way');
    return statement;
  };
  return { ask, open, next };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

afterEach(() => void vi.useRealTimers());

describe('batchQuestions', () => {
  it('asks at once, and together what comes meanwhile', async () => {
    const { ask, open, next } = statements();
    const answers = [1, 2, 3].map(ask);
    expect(open.map((one) => one.questions)).toEqual([[1]]);
    next().answer();
    await settled();
    expect(open.map((one) => one.questions)).toEqual([[2, 3]]);
    next().answer();
    expect(await Promise.all(answers)).toEqual(['answer 1', 'answer 2', 'answer 3']);
    const later = ask(4);
    await settled();
    next().answer();
    expect(await later).toBe('answer 4');
  });

  it('keeps to the bounds of statements and of questions in one', async () => {
    const { ask, open, next } = statements({ parallel: 2, largest: 3 });
    const answers = [1, 2, 3, 4, 5, 6].map(ask);
    expect(open.map((one) => one.questions)).toEqual([[1], [2]]);
    next().answer();
    next().answer();
    await settled();
    expect(open.map((one) => one.questions)).toEqual([[3, 4, 5], [6]]);
    next().answer();
    next().answer();
    expect(await Promise.all(answers)).toHaveLength(6);
  });

  it('asks each alone where a statement fails, so that one question does not spoil the others', async () => {
    const { ask, next } = statements();
    const answers = [1, 2, 3].map(ask);
    const outcomes = Promise.allSettled(answers);
    next().answer();
    await settled();
    next().fail(new Error('one of them is no number'));
    await settled();
    next().fail(new Error('2 is no number'));
    await settled();
    next().answer();
    expect(await outcomes).toEqual([
      { status: 'fulfilled', value: 'answer 1' },
      { status: 'rejected', reason: new Error('2 is no number') },
      { status: 'fulfilled', value: 'answer 3' },
    ]);
  });

  it('lets all of them know at once that the database is unavailable, and goes on with those that came later', async () => {
    const { ask, open, next } = statements();
    const first = ask(1);
    const others = Promise.allSettled([ask(2), ask(3)]);
    next().answer();
    await first;
    await settled();
    const later = ask(4);
    next().fail(new DatabaseUnavailable());
    expect((await others).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    await settled();
    expect(open.map((one) => one.questions)).toEqual([[4]]);
    next().answer();
    expect(await later).toBe('answer 4');
  });

  it('rejects a question after five seconds in the queue', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const { ask, open, next } = statements();
    const underWay = ask(1);
    const late = expect(ask(2)).rejects.toBeInstanceOf(DatabaseUnavailable);
    vi.advanceTimersByTime(3_000);
    const inTime = ask(3);
    vi.advanceTimersByTime(2_000);
    await late;
    next().answer();
    expect(await underWay).toBe('answer 1');
    await settled();
    expect(open.map((one) => one.questions)).toEqual([[3]]);
    expect(vi.getTimerCount()).toBe(0);
    next().answer();
    expect(await inTime).toBe('answer 3');
  });

  it('takes a wrong number of answers for an error', async () => {
    const ask = batchQuestions<number, string>({ ask: async () => [], parallel: 1, largest: 10 });
    await expect(ask(1)).rejects.toThrow('0 answers to 1 questions');
  });
});
