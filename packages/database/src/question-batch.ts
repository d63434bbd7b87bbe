import { DatabaseUnavailable } from './database-errors.ts';

export interface QuestionBatchOptions<Question, Answer> {
  /** One statement for all of them; answers in the order of the questions. */
  ask(questions: readonly Question[]): Promise<readonly Answer[]>;
  /** Statements under way at a time. */
  readonly parallel: number;
  /** Questions of one statement. */
  readonly largest: number;
}

interface Asked<Question, Answer> {
  readonly question: Question;
  readonly timer: NodeJS.Timeout | undefined;
  resolve(answer: Answer): void;
  reject(error: unknown): void;
}

/** As long as a query waits for a connection of the pool. */
const LONGEST_WAIT_MS = 5_000;
const MAX_WAITING = 10_000;

/**
 * Asks the same kind of question in few statements: the first go out at once, and what comes while so many are under way
 * goes out together when one of them is back. So nobody waits longer than a statement takes while there is little to do, and
 * much to do makes the statements larger instead of more. An answer is always read after its question was asked.
 *
 * Where a statement fails for several questions each is asked alone, so that none can spoil another's; DatabaseUnavailable
 * is all of theirs at once, and what a question gets that is not asked within five seconds.
 */
export function batchQuestions<Question, Answer>(
  options: QuestionBatchOptions<Question, Answer>,
): (question: Question) => Promise<Answer> {
  const { ask, parallel, largest } = options;
  const waiting = new Set<Asked<Question, Answer>>();
  let underWay = 0;

  async function answer(batch: readonly Asked<Question, Answer>[]): Promise<void> {
    try {
      const answers = await ask(batch.map(({ question }) => question));
      if (answers.length !== batch.length) throw new Error(`${answers.length} answers to ${batch.length} questions`);
      for (const [index, asked] of batch.entries()) asked.resolve(answers[index] as Answer);
    } catch (error) {
      if (batch.length > 1 && !(error instanceof DatabaseUnavailable)) for (const asked of batch) await answer([asked]);
      else for (const asked of batch) asked.reject(error);
    }
  }

  async function work(): Promise<void> {
    underWay += 1;
    while (waiting.size > 0) {
      const batch = waiting.values().take(largest).toArray();
      for (const asked of batch) {
        waiting.delete(asked);
        clearTimeout(asked.timer);
      }
      await answer(batch);
    }
    underWay -= 1;
  }

  return (question) =>
    new Promise((resolve, reject) => {
      const mustWait = underWay >= parallel;
      if (mustWait && waiting.size >= MAX_WAITING) return reject(new DatabaseUnavailable());
      const timeOut = () => {
        waiting.delete(asked);
        reject(new DatabaseUnavailable());
      };
      const timer = mustWait ? setTimeout(timeOut, LONGEST_WAIT_MS) : undefined;
      const asked = { question, timer, resolve, reject };
      waiting.add(asked);
      if (!mustWait) void work();
    });
}
