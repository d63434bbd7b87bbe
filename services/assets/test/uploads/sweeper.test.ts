import { openDatabase } from '@gaia/database/database';
import { type Kysely, sql } from 'kysely';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { AssetsDatabase } from '../../src/database.ts';
import { createFiles } from '../../src/files/files.ts';
import { createQuotas } from '../../src/files/quotas.ts';
import { collectUnusedFiles } from '../../src/files/unused-files.ts';
import { createDownloadGrants } from '../../src/links/download-grants.ts';
import { SCHEMA } from '../../src/migrations.ts';
import { openDiskStore } from '../../src/storage/disk-store.ts';
import { createStores } from '../../src/storage/stores.ts';
import { createResumableUploads } from '../../src/uploads/resumable/resumable-uploads.ts';
import { sweep } from '../../src/uploads/sweeper.ts';
import { MEMBER, startAssets } from '../assets-service.ts';

/** Nothing of these tests is for the audit log. */
const audit = { append: async () => {}, committed: () => {} };
const collectUnused = async () => 0;
const KEY = '0198c2de-1234-4000-8000-000000000001';
const HOUR = 3_600_000;

describe('bytes that no file stands for', () => {
  it('go after an hour; those of a file stay', async () => {
    const { databaseUrl, directory, onDisk, textFile } = await startAssets();
    const database = openDatabase<AssetsDatabase>({ url: databaseUrl, schema: SCHEMA, applicationName: 'test' });
    onTestFinished(() => database.destroy());
    const clock = { time: Date.now() };
    const now = () => clock.time;
    const files = createFiles(database, now, { quotas: createQuotas(database, 0), audit });
    const grants = createDownloadGrants(database, now);
    const store = await openDiskStore(directory);
    const stores = createStores(store);
    const uploads = createResumableUploads(database, now);
    const kept = await textFile('kept');
    await files.announceBytes({ bytesKey: kept, store: 'disk' });
    await files.announceBytes({ bytesKey: KEY, store: 'disk' });
    const received = await store.receive(
      KEY,
      (async function* () {
        yield Buffer.from('left');
      })(),
      100,
    );
    await received.keep();
    clock.time += HOUR - 1_000;
    await expect(sweep({ files, uploads, grants, stores, collectUnused, now })).resolves.toMatchObject({
      unclaimed: 0,
    });
    expect(onDisk().kept.sort()).toEqual([KEY, kept].sort());
    clock.time += 2_000;
    await expect(sweep({ files, uploads, grants, stores, collectUnused, now })).resolves.toMatchObject({
      unclaimed: 1,
    });
    expect(onDisk().kept).toEqual([kept]);
    await expect(sweep({ files, uploads, grants, stores, collectUnused, now })).resolves.toMatchObject({
      unclaimed: 0,
    });
  });
});

it('what an expired download link referred to goes, that of a living one stays', async () => {
  const service = await startAssets();
  const database = openDatabase<AssetsDatabase>({ url: service.databaseUrl, schema: SCHEMA, applicationName: 'test' });
  onTestFinished(() => database.destroy());
  const kept = () => database.selectFrom('download_links').select('id').execute();
  const make = async () =>
    service.app.inject({
      method: 'POST',
      url: `/assets/${await service.textFile('x')}/link`,
      headers: service.issuer.headersFor(MEMBER),
    });
  await make();
  service.issuer.travel(200);
  await make();
  service.issuer.travel(101);
  const { now } = service.issuer;
  const [files, stores] = [
    createFiles(database, now, { quotas: createQuotas(database, 0), audit }),
    createStores(await openDiskStore(service.directory)),
  ];
  const uploads = createResumableUploads(database, now);
  await sweep({ files, uploads, grants: createDownloadGrants(database, now), stores, collectUnused, now });
  expect(await kept()).toHaveLength(1);
});

describe('files that no entry mentions', () => {
  const DAY = 86_400;

  async function setUp() {
    const service = await startAssets();
    const { now } = service.issuer;
    const database = openDatabase<AssetsDatabase>({
      url: service.databaseUrl,
      schema: SCHEMA,
      applicationName: 'test',
    });
    onTestFinished(() => database.destroy());
    const removals: unknown[] = [];
    const recorded = {
      append: async (_: unknown, __: unknown, event: unknown) => void removals.push(event),
      committed: () => {},
    };
    const files = createFiles(database, now, { quotas: createQuotas(database, 0), audit: recorded });
    const stores = createStores(await openDiskStore(service.directory));
    const collect = (more: { days?: number; isCurrent?: boolean } = {}) =>
      collectUnusedFiles({
        database,
        files,
        stores,
        days: more.days ?? 7,
        isCurrent: async () => more.isCurrent ?? true,
        log: { warn: () => {} },
        now,
      });
    return { service, database, removals, collect };
  }

  const mention = (database: Kysely<AssetsDatabase>, file: string) =>
    sql`insert into file_references values
      ('site-a.localhost', 'e1', 'working', ${file}, false, '{}', 'ann', 0, 'article', 'Title', 1)`.execute(database);

  it('are deleted after some days in which none has mentioned them, and no others', async () => {
    const { service, database, removals, collect } = await setUp();
    const unused = await service.textFile('unused', { visibility: 'private' });
    const used = await service.textFile('used', { visibility: 'private' });
    const open = await service.textFile('public', { visibility: 'public' });
    await expect(collect()).resolves.toBe(0);
    await mention(database, used);
    service.issuer.travel(6 * DAY);
    await expect(collect()).resolves.toBe(0);
    service.issuer.travel(2 * DAY);
    await expect(collect({ days: 0 })).resolves.toBe(0);
    await expect(collect({ isCurrent: false })).resolves.toBe(0);
    await expect(collect()).resolves.toBe(1);
    expect(service.onDisk().kept.toSorted()).toEqual([used, open].toSorted());
    expect(removals).toEqual([expect.objectContaining({ action: 'file.collect', target: unused })]);
    // What was in use until now has days of its own.
    await sql`delete from file_references`.execute(database);
    await expect(collect()).resolves.toBe(0);
    service.issuer.travel(8 * DAY);
    await expect(collect()).resolves.toBe(1);
    expect(service.onDisk().kept).toEqual([open]);
  });
});
