import { openDatabase } from '@gaia/database/database';
import { migrate } from '@gaia/database/migrate';
import { testDatabase } from '@gaia/test-servers/postgres';
import { type Kysely, sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemActor } from '../src/actor.ts';
import { type Audit, createAudit } from '../src/audit.ts';
import { createAuditLog } from '../src/audit-log.ts';
import { verifyChain } from '../src/chain.ts';
import { type AuditTables, createAuditTables } from '../src/tables.ts';

const DAY = 86_400_000;
const actor = systemActor('test');
let database: Kysely<AuditTables>;
let audit: Audit<AuditTables>;
let at = Date.UTC(2026, 0, 1);
const failures: unknown[] = [];

beforeAll(async () => {
  database = await openAuditDatabase();
  audit = createAudit({ database, log: { error: (details) => failures.push(details) }, now: () => at });
});
afterAll(() => database.destroy());

async function openAuditDatabase(): Promise<Kysely<AuditTables>> {
  const { url } = await testDatabase('audit');
  const schema = 'audit';
  await migrate({ url, schema, migrations: [{ name: '0001-audit-log', up: createAuditTables }] });
  return openDatabase<AuditTables>({ url, schema, applicationName: 'test', maxConnections: 8 });
}

const note = (target: string) => audit.note(actor, { action: 'test.done', target });
const verify = (after = 0, limit = 10_000) => verifyChain(database, { after, limit });
/** With the rights of the owner of the database, and without the triggers. */
const tamper = (change: ReturnType<typeof sql>) =>
  database.transaction().execute(async (transaction) => {
    await sql`set local session_replication_role = replica`.execute(transaction);
    await change.execute(transaction);
  });

describe('the audit log', () => {
  it('chains everything, however many write at the same time', async () => {
    await Promise.all(
      Array.from({ length: 40 }, (_, index) =>
        index % 4 === 0
          ? database
              .transaction()
              .execute((transaction) => audit.append(transaction, actor, { action: 'test.changed' }))
          : note(`n${index}`),
      ),
    );
    expect(await verify()).toMatchObject({ intact: true, checked: 40, next: undefined, head: { seq: 40 } });
    const first = await verify(0, 15);
    expect(first).toMatchObject({ intact: true, checked: 15, next: 15 });
    expect(await verify(15)).toMatchObject({ intact: true, checked: 25 });
    expect(failures).toEqual([]);
  });

  it('has nothing of a change that was rolled back', async () => {
    const before = (await verify()).head;
    const change = database.transaction().execute(async (transaction) => {
      await audit.append(transaction, actor, { action: 'test.changed' });
      throw new Error('no');
    });
    await expect(change).rejects.toThrow('no');
    expect((await verify()).head).toEqual(before);
  });

  it('keeps what would break it as harmless text', async () => {
    await audit.record(actor, {
      action: 'test.done',
      target: `\u0000\ud800"\\\n'; drop table audit_log; --${'x'.repeat(9_999)}`,
    });
    const [last] = await createAuditLog(database).list({ limit: 1 });
    expect(last?.entry.target).toMatch(/^\ufffd\ufffd"\\\ufffd'; drop table audit_log; --x+$/);
    expect(String(last?.entry.target)).toHaveLength(256);
    expect((await verify()).intact).toBe(true);
  });

  it.each([
    ['changed', sql`update audit_log set entry = entry where seq = 3`],
    ['removed', sql`delete from audit_log where seq = 3`],
    ['emptied', sql`truncate audit_log`],
    ['without its head', sql`delete from audit_head`],
  ])('cannot be %s', async (_what, statement) => {
    await expect(statement.execute(database)).rejects.toThrow(/append-only/);
  });

  it.each([
    [
      'changed',
      sql`update audit_log set entry = replace(entry, 'test', 'best') where seq = 5`,
      sql`update audit_log set entry = replace(entry, 'best', 'test') where seq = 5`,
      { seq: 5, reason: 'changed' },
    ],
    [
      'moved away',
      sql`update audit_log set seq = 1000 where seq = 7`,
      sql`update audit_log set seq = 7 where seq = 1000`,
      { seq: 7, reason: 'missing' },
    ],
  ])('tells that an entry was %s', async (_what, change, undo, fault) => {
    await tamper(change);
    expect(await verify()).toMatchObject({ intact: false, fault });
    await tamper(undo);
    expect((await verify()).intact).toBe(true);
  });

  it('tells that its end was cut off, and that all of it was written anew', async () => {
    const { head } = await verify();
    const noted = { ...head, hash: '00'.repeat(32) };
    expect((await verifyChain(database, { after: 0, limit: 10_000, noted: head })).intact).toBe(true);
    expect(await verifyChain(database, { after: 0, limit: 10_000, noted })).toMatchObject({
      intact: false,
      fault: { seq: head.seq, reason: 'not_as_noted' },
    });
    await tamper(sql`delete from audit_log where seq = ${head.seq}`);
    expect(await verify()).toMatchObject({ intact: false, fault: { seq: head.seq, reason: 'cut_short' } });
  });
});

describe('retention', () => {
  it('forgets whole beginnings, and the rest still proves itself', async () => {
    const own = await openAuditDatabase();
    const mine = createAudit({ database: own, log: { error: (details) => failures.push(details) }, now: () => at });
    const log = createAuditLog(own);
    for (let day = 0; day < 10; day += 1) {
      await mine.record(actor, { action: 'test.done', target: `day ${day}` });
      at += DAY;
    }
    expect(await log.forgetBefore(at - 4 * DAY)).toBe(6);
    expect(await log.forgetBefore(at - 4 * DAY)).toBe(0);
    expect((await log.list({ limit: 100 })).map(({ seq }) => seq)).toEqual([10, 9, 8, 7]);
    expect(await verifyChain(own, { after: 0, limit: 100 })).toMatchObject({ intact: true, checked: 4 });
    expect(await log.forgetBefore(at + DAY)).toBe(4);
    await mine.record(actor, { action: 'test.done' });
    expect(await verifyChain(own, { after: 0, limit: 100 })).toMatchObject({
      intact: true,
      checked: 1,
      head: { seq: 11 },
    });
    await expect(sql`delete from audit_log`.execute(own)).rejects.toThrow(/append-only/);
    await own.destroy();
  });
});
