import { openDatabase } from '@gaia/database/database';
import { testDatabase } from '@gaia/test-servers/postgres';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { AuthTables } from '../../src/database.ts';
import type { Mail, MailJob } from '../../src/mail/mail-job.ts';
import { createOutbox } from '../../src/mail/outbox.ts';
import { createMailQueue, LONGEST_RETRY_MS, MAX_ATTEMPTS } from '../../src/mail/queue.ts';
import { MailNotSent } from '../../src/mail/transport.ts';
import { createMailWorker } from '../../src/mail/worker.ts';
import { migrateAuth, SCHEMA } from '../../src/migrations.ts';
import { CLAIM_MS, retryDelay as delayAfter } from '../../src/outbox/queue.ts';
import { createClock } from '../support/auth-under-test.ts';

const clock = createClock();
let database: ReturnType<typeof openDatabase<AuthTables>>;

beforeAll(async () => {
  const { url } = await testDatabase('auth-mail');
  await migrateAuth({ DATABASE_URL: url });
  database = openDatabase<AuthTables>({ url, schema: SCHEMA, applicationName: 'test' });
});
beforeEach(() => database.deleteFrom('mail_outbox').execute());
afterAll(() => database.destroy());

const job: MailJob = { kind: 'password_reset', emailKey: 'a@gaia.test' };
const outbox = createOutbox({ wake: () => {}, now: clock.now });
const retryDelay = (attempt: number, random: number) => delayAfter(attempt, random, LONGEST_RETRY_MS);
const rows = () => database.selectFrom('mail_outbox').selectAll().execute();

/** A worker that is run by hand: its start is never called, so nothing happens but what a test asks for. */
function worker(send: (mail: Mail) => Promise<void>) {
  const outcomes: string[] = [];
  const made = createMailWorker({
    queue: createMailQueue({ database, now: clock.now, random: () => 0.5 }),
    transport: { send, close: () => {} },
    compose: async (id) => ({
      id,
      language: 'en',
      from: { name: 'A', address: 'a@a.test' },
      to: 'b@b.test',
      subject: 's',
      text: 't',
      html: 'h',
    }),
    log: { warn: () => {}, error: () => {} },
    onOutcome: (outcome) => outcomes.push(outcome),
  });
  return {
    outcomes,
    run: async () => {
      made.wake();
      await made.idle();
    },
  };
}

describe('the outbox', () => {
  it('belongs to the transaction', async () => {
    const rolledBack = database.transaction().execute(async (transaction) => {
      await outbox.add(transaction, {}, job);
      throw new Error('not after all');
    });
    await expect(rolledBack).rejects.toThrow('not after all');
    expect(await rows()).toEqual([]);
  });

  it('is sent once by any number of workers', async () => {
    await outbox.add(database, {}, ...Array.from({ length: 30 }, () => job));
    const sent: string[] = [];
    const workers = [1, 2, 3].map(() => worker(async (mail) => void sent.push(mail.id)));
    await Promise.all(workers.map((one) => one.run()));
    expect(sent).toHaveLength(30);
    expect(new Set(sent).size).toBe(30);
    expect(await rows()).toEqual([]);
  });

  it('is tried again later and later, with the same id, until it is sent', async () => {
    await outbox.add(database, {}, job);
    const ids: string[] = [];
    const one = worker(async (mail) => {
      ids.push(mail.id);
      if (ids.length < 3) throw new MailNotSent('ECONNREFUSED', { permanent: false });
    });
    await one.run();
    await one.run();
    expect(ids).toHaveLength(1);
    clock.advance(retryDelay(1, 0.5));
    await one.run();
    clock.advance(retryDelay(1, 0.5));
    await one.run();
    expect(ids).toHaveLength(2);
    clock.advance(retryDelay(2, 0.5));
    await one.run();
    expect(new Set(ids).size).toBe(1);
    expect(one.outcomes).toEqual(['later', 'later', 'sent']);
    expect(await rows()).toEqual([]);
  });

  it('keeps what cannot be sent as a dead letter, with the reason', async () => {
    await outbox.add(database, {}, job);
    const refused = worker(async () => {
      throw new MailNotSent('EENVELOPE 550', { permanent: true });
    });
    await refused.run();
    expect(await rows()).toMatchObject([{ last_error: 'EENVELOPE 550', died_at: new Date(clock.now()), attempts: 1 }]);

    await database.deleteFrom('mail_outbox').execute();
    await outbox.add(database, {}, job);
    const away = worker(async () => {
      throw new MailNotSent('ECONNREFUSED', { permanent: false });
    });
    for (let attempt = 1; attempt <= MAX_ATTEMPTS + 2; attempt += 1) {
      await away.run();
      clock.advance(2 * 3_600_000);
    }
    expect(await rows()).toMatchObject([{ last_error: 'ECONNREFUSED', attempts: MAX_ATTEMPTS }]);
    expect(away.outcomes.at(-1)).toBe('dead');
    clock.advance(31 * 86_400_000);
    await createMailQueue({ database, now: clock.now, random: Math.random }).prune();
    expect(await rows()).toEqual([]);
  });

  it('takes over what a worker that has died had', async () => {
    await outbox.add(database, {}, job);
    const queue = createMailQueue({ database, now: clock.now, random: Math.random });
    expect(await queue.claim(10)).toHaveLength(1);
    expect(await queue.claim(10)).toHaveLength(0);
    clock.advance(CLAIM_MS);
    expect(await queue.claim(10)).toMatchObject([{ job, attempt: 2 }]);
  });

  it('waits longer each time, up to an hour', () => {
    const delays = Array.from({ length: MAX_ATTEMPTS }, (_, index) => retryDelay(index + 1, 0.5));
    expect(delays.slice(0, 3)).toEqual([15_000, 30_000, 60_000]);
    expect(Math.max(...delays)).toBe(3_600_000);
    expect(retryDelay(1, 0)).toBe(12_000);
    expect(retryDelay(1, 1)).toBe(18_000);
  });
});
