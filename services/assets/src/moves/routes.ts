import { bearer, bodyRefusals, problems, tokenRefusals } from '@gaia/http-service/route-schemas';
import type { Service } from '@gaia/http-service/service';
import { requireScope } from '@gaia/token-guard/requirements';
import { Type } from 'typebox';
import { problem } from '../errors.ts';
import { StorageError, type StoreKind, storeKinds } from '../storage/file-store.ts';
import type { MoveProgress, Mover } from './mover.ts';

const Store = Type.Unsafe<StoreKind>({ type: 'string', enum: [...storeKinds] });

const MoveBody = Type.Object({ to: Store }, { additionalProperties: false });

const MoveResponse = Type.Object(
  {
    to: Store,
    state: Type.String({ description: '`moving`, or `idle`' }),
    remaining_files: Type.Integer({ description: 'Files that are in another store still' }),
    remaining_bytes: Type.Integer(),
    failed: Type.Integer({ description: 'Files that could not be moved in this run; the log says why' }),
  },
  { title: 'FileMove' },
);

/** `GET` and `POST /assets/moves`, what `gaia assets move` asks. To be registered under a guard. */
export function registerMoves(app: Service, mover: Pick<Mover, 'begin' | 'progress'>): void {
  app.get(
    '/assets/moves',
    {
      onRequest: [requireScope('sites:manage')],
      schema: {
        operationId: 'getFileMove',
        summary: 'Ask how many files are left to move',
        description:
          'For administrators of the installation: how much is not in a store yet, and whether it is being moved.',
        tags: ['files'],
        ...bearer,
        querystring: MoveBody,
        response: {
          200: MoveResponse,
          ...problems({ 400: ['validation_failed'], 401: tokenRefusals, 403: ['insufficient_scope'] }),
        },
      },
    },
    async (request) => response(await mover.progress(request.query.to)),
  );

  app.post(
    '/assets/moves',
    {
      onRequest: [requireScope('sites:manage')],
      schema: {
        operationId: 'moveFiles',
        summary: 'Move files to another store',
        description:
          'For administrators of the installation. Begins to move what is elsewhere, or goes on with it, and ' +
          'tells how much is left. Files can be read and written meanwhile.',
        tags: ['files'],
        ...bearer,
        body: MoveBody,
        response: {
          200: MoveResponse,
          ...problems({
            400: bodyRefusals,
            401: tokenRefusals,
            403: ['insufficient_scope'],
            409: ['store_not_configured'],
          }),
        },
      },
    },
    async (request) => {
      try {
        return response(await mover.begin(request.body.to));
      } catch (error) {
        if (error instanceof StorageError) throw problem('store_not_configured', { cause: error.cause });
        throw error;
      }
    },
  );
}

function response({ to, isRunning, files, bytes, failed }: MoveProgress) {
  const state = isRunning ? 'moving' : 'idle';
  return { to, state, remaining_files: files, remaining_bytes: bytes, failed };
}
