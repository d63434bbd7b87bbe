import { openDatabase } from '@gaia/database/database';
import { migrate } from '@gaia/database/migrate';
import { testDatabase } from '@gaia/test-servers/postgres';
import { type Kysely, sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemActor } from '../src/actor.ts';
import { createAuditLog } from '../src/audit-log.ts';
import { verifyChain } from '../src/chain.ts';
import { createDeferredAudit, type DeferredAudit } from '../src/deferred-audit.ts';
import { type AuditTables, createAuditTables, createPendingAuditTable } from '../src/tables.ts';

const actor = systemActor('test');
const failures: unknown[] = [];
let database: Kysely<AuditTables>;
/** Two processes on one database. */
let audits: DeferredAudit<AuditTables>[];

beforeAll(async () => {
  const { url } = await testDatabase('audit');
  const schema = 'audit';
  const migrations = [
    { name: '0001-audit-log', up: createAuditTables },
    { name: '0002-audit-pending', up: createPendingAuditTable },
  ];
  await migrate({ url, schema, migrations });
  database = openDatabase<AuditTables>({ url, schema, applicationName: 'test', maxConnections: 8 });
  const log = { error: (details: object) => failures.push(details) };
  audits = [1, 2].map(() => createDeferredAudit({ database, log, now: Date.now }));
});
afterAll(async () => {
  await Promise.all(audits.map((audit) => audit.stop()));
  await database.destroy();
});

const first = () => audits[0] as DeferredAudit<AuditTables>;
const verify = () => verifyChain(database, { after: 0, limit: 10_000 });
const append = (audit: DeferredAudit<AuditTables>, target: string) =>
  database.transaction().execute((transaction) => audit.append(transaction, actor, { action: 'test.done', target }));
const targets = async () =>
  (await createAuditLog(database).list({ limit: 1_000 })).map(({ entry }) => entry.target).toReversed();

describe('a deferred audit log', () => {
  it('chains each event once under concurrency', async () => {
    const names = Array.from({ length: 60 }, (_, index) => `n${index}`);
    await Promise.all(names.map((name, index) => append(audits[index % 2] as DeferredAudit<AuditTables>, name)));
    await Promise.all([...audits, ...audits].map((audit) => audit.settle()));
    expect((await targets()).toSorted()).toEqual(names.toSorted());
    expect(await verify()).toMatchObject({ intact: true, checked: 60 });
  });

  it('chains by itself what was committed', async () => {
    await append(first(), 'by itself');
    first().committed();
    await expect.poll(targets).toContain('by itself');
    expect(failures).toEqual([]);
  });

  it('writes nothing of a change that is rolled back', async () => {
    const change = database.transaction().execute(async (transaction) => {
      await first().append(transaction, actor, { action: 'test.done', target: 'rolled back' });
      throw new Error('no');
    });
    await expect(change).rejects.toThrow('no');
    await first().settle();
    expect(await targets()).not.toContain('rolled back');
  });

  it('lets changes commit while another one is open', async () => {
    await database.transaction().execute(async (open) => {
      await first().append(open, actor, { action: 'test.done', target: 'later' });
      await append(first(), 'meanwhile');
      await first().settle();
      expect(await targets()).toContain('meanwhile');
      expect(await targets()).not.toContain('later');
    });
    await first().settle();
    expect((await targets()).at(-1)).toBe('later');
    expect(await verify()).toMatchObject({ intact: true });
  });

  it.each([
    ['changed', sql`update audit_pending set entry = entry`],
    ['removed', sql`delete from audit_pending`],
    ['emptied', sql`truncate audit_pending`],
  ])('keeps events that are not chained yet from being %s', async (_what, statement) => {
    await append(first(), 'pending');
    await expect(statement.execute(database)).rejects.toThrow(/append-only/);
  });
});
