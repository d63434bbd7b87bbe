import { lstat } from 'node:fs/promises';
import { connect } from 'node:net';
import { basename, dirname, join } from 'node:path';
import process from 'node:process';
import type { Fetch } from '@gaia/http-client/bounded-fetch';
import { socketPath } from '@gaia/socket-path';
import { Agent, fetch as fetchThrough } from 'undici';
import { type ApiClient, createApiClient } from '../api/client.ts';
import { Failure } from '../failure.ts';

export interface ControlClient {
  readonly api: ApiClient;
  close(): Promise<void>;
}

/** A client of the service that listens on the socket; undefined where none does. Throws Failure. */
export async function connectControlSocket(file: string): Promise<ControlClient | undefined> {
  const short = socketPath(dirname(file), basename(file));
  const path = join(short.directory, basename(file));
  if (!(await isListenedOn(path, file))) {
    short.remove();
    return undefined;
  }
  await requirePrivate(dirname(file));
  const dispatcher = new Agent({ connect: { socketPath: path } });
  const fetch: Fetch = (url, init) => fetchThrough(url, { ...init, dispatcher });
  return {
    api: createApiClient('http://auth', { fetch }),
    close: async () => {
      await dispatcher.close();
      short.remove();
    },
  };
}

function isListenedOn(path: string, file: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const probe = connect(path);
    probe.once('connect', () => {
      probe.destroy();
      resolve(true);
    });
    probe.once('error', ({ code }: NodeJS.ErrnoException) => {
      if (code === 'ENOENT' || code === 'ECONNREFUSED') resolve(false);
      else
        reject(new Failure(`${file} cannot be reached (${code}); run this as the user who runs the suite, or as root`));
    });
  });
}

/** New passwords are sent there: in a directory of another user, another program could wait for them. */
async function requirePrivate(directory: string): Promise<void> {
  const { uid, mode } = await lstat(directory);
  const self = process.geteuid?.();
  if ((self === 0 || uid === self) && (mode & 0o077) === 0) return;
  throw new Failure(`${directory} can be entered by other users, so it is not trusted`);
}
