import { resolve } from 'node:path';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ApiClient } from '../api/client.ts';
import type { Context } from '../context.ts';
import { Failure } from '../failure.ts';
import { root, suiteProgram } from '../suite-process.ts';
import { type ControlClient, connectControlSocket } from './control-socket.ts';
import { controlSocketFile } from './control-socket-file.ts';

/** For a database that recovers from a power cut. */
const STARTED_WITHIN_MS = 90_000;
const LOOK_EVERY_MS = 50;

/**
 * Does the work with the auth service of this host, which needs no login: access to its control socket is enough.
 * A suite that is stopped is started for the command, auth alone and without a port. Throws Failure.
 */
export async function onHost<T>(context: Context, work: (api: ApiClient) => Promise<T>): Promise<T> {
  const configured = context.env.AUTH_CONTROL_SOCKET;
  const file = resolve(root, configured || controlSocketFile(context.env.GAIA_DATA_DIR || '.gaia'));
  const running = await connectControlSocket(file);
  if (running !== undefined) return worked(running, work);
  if (configured) throw new Failure(`auth does not listen on ${file}; is it running?`);
  return withStartedAuth(file, context, work);
}

async function worked<T>({ api, close }: ControlClient, work: (api: ApiClient) => Promise<T>): Promise<T> {
  try {
    return await work(api);
  } finally {
    await close();
  }
}

async function withStartedAuth<T>(
  file: string,
  { spawn, env }: Context,
  work: (api: ApiClient) => Promise<T>,
): Promise<T> {
  const child = spawn(process.execPath, [suiteProgram, '--control'], {
    cwd: root,
    env: { ...env },
    // It ends with its standard input, also when this process is killed.
    stdio: ['pipe', 'ignore', 'inherit'],
  });
  const ended = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('exit', () => resolve('see the message above'));
  });
  let reason: string | undefined;
  void ended.then((why) => {
    reason = why;
  });
  try {
    for (let waited = 0; waited < STARTED_WITHIN_MS && reason === undefined; waited += LOOK_EVERY_MS) {
      const client = await connectControlSocket(file);
      if (client !== undefined) return await worked(client, work);
      await sleep(LOOK_EVERY_MS);
    }
    throw new Failure(
      `the suite is not running, and auth could not be started for this command: ${reason ?? 'no answer'}`,
    );
  } finally {
    child.stdin?.end();
    await ended;
  }
}
