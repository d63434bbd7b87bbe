import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { inject } from 'vitest';
import type {} from './provided-servers.ts';

export interface TestDatabase {
  readonly url: string;
  /** Drops it, cutting what is still connected. Need not be called: the server's files go with the run. */
  drop(): Promise<void>;
}

/** A new empty database on the run's PostgreSQL. `label` (`[a-z0-9_]`) only makes its name readable. */
export function testDatabase(label = 'test'): Promise<TestDatabase> {
  return databaseOn(inject('gaiaServers').postgresUrl, label);
}

/** For the contract suites: as testDatabase, in the container where there is one. */
export function contractDatabase(label = 'test'): Promise<TestDatabase> {
  const { containers, postgresUrl } = inject('gaiaServers');
  return databaseOn(containers?.postgresUrl ?? postgresUrl, label);
}

/** On what contractDatabase() is; for the names of tests. */
export function contractDatabaseName(): string {
  return inject('gaiaServers').containers?.postgres ?? 'embedded PostgreSQL';
}

async function databaseOn(server: string, label: string): Promise<TestDatabase> {
  const name = `${label.replace(/[^a-z0-9_]/g, '_').slice(0, 40)}_${randomBytes(6).toString('hex')}`;
  // Copying the template's files is twice as quick as writing them through the log, where nothing is flushed to disk.
  await asAdmin(server, `create database "${name}" strategy file_copy`);
  const url = new URL(server);
  url.pathname = `/${name}`;
  return { url: url.href, drop: () => asAdmin(server, `drop database if exists "${name}" with (force)`) };
}

async function asAdmin(server: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: server });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
