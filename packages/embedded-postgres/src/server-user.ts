import { readFileSync } from 'node:fs';
import { EmbeddedPostgresError } from './embedded-postgres-error.ts';

/** Whom PostgreSQL's processes run as; undefined: as this process does. */
export interface ServerUser {
  readonly uid: number;
  readonly gid: number;
}

/**
 * The server's own user where this process is root. It is in nobody's range (login.defs, systemd's dynamic users,
 * `nobody`), so no other program of the machine can read the data, reach the socket or signal the server.
 */
const PRIVATE_ID = 65_526;

export function isRoot(): boolean {
  return process.geteuid?.() === 0;
}

/** PostgreSQL refuses to run as root. An existing cluster keeps its owner, otherwise the private user gets it. */
export function serverUser(clusterOwner: ServerUser | undefined): ServerUser | undefined {
  if (!isRoot()) return undefined;
  if (clusterOwner && clusterOwner.uid !== 0) return { uid: clusterOwner.uid, gid: clusterOwner.gid };
  return { uid: PRIVATE_ID, gid: PRIVATE_ID };
}

/** `initdb` wants a user that has a name; the private user has none, so `nobody` makes the cluster. */
export function namedUser(passwdFile = '/etc/passwd'): ServerUser | undefined {
  if (!isRoot()) return undefined;
  let passwd = '';
  try {
    passwd = readFileSync(passwdFile, 'utf8');
  } catch {}
  const entry = /^nobody:[^:]*:(-?\d+):(-?\d+):/m.exec(passwd);
  if (!entry || Number(entry[1]) === 0) {
    throw new EmbeddedPostgresError(
      'no_unprivileged_user',
      `PostgreSQL does not run as root and ${passwdFile} has no user "nobody"; start as an ordinary user, or set DATABASE_URL`,
    );
  }
  return { uid: Number(entry[1]), gid: Number(entry[2]) };
}
