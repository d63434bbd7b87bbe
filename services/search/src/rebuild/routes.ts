import type { FollowedFeed } from '@gaia/feed-follower';
import { lagSeconds } from '@gaia/feed-follower/lag';
import type { Progress } from '@gaia/feed-follower/progress';
import { bearer, problems, tokenRefusals } from '@gaia/http-service/route-schemas';
import type { Service } from '@gaia/http-service/service';
import { requireScope } from '@gaia/token-guard/requirements';
import { Type } from 'typebox';

export interface RebuildDependencies {
  readonly feed: Pick<FollowedFeed, 'progress' | 'rebuild' | 'status'>;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

const Time = (description: string) => Type.Union([Type.String(), Type.Null()], { description });

const IndexResponse = Type.Object(
  {
    state: Type.String({ description: '`rebuilding`, or `following` the changes as they come' }),
    applied: Type.Integer({ description: 'Changes that have been applied since the rebuild began' }),
    expected: Type.Union([Type.Integer(), Type.Null()], {
      description: 'How many it will be, roughly; null if unknown',
    }),
    started_at: Time('When the last rebuild began; null if there was none'),
    finished_at: Time('When it ended; null while it is under way'),
    seq: Type.String({ description: 'Every change up to this one is in the index' }),
    head: Type.String({ description: 'The newest change that was known of with the last page of the feed' }),
    lag_seconds: Type.Union([Type.Number(), Type.Null()], {
      description: 'How far the index may be behind; null before it was ever complete',
    }),
    cause: Type.Optional(Type.String({ description: 'Why the feed cannot be followed at the moment' })),
  },
  { title: 'IndexStatus' },
);

const SCOPE = 'search:manage';

/** `POST` and `GET /search/rebuild`. To be registered under a guard. */
export function registerRebuild(app: Service, { feed, now }: RebuildDependencies): void {
  const indexResponse = async () => answerOf(await feed.progress(), feed.status().failure, now());
  const refusals = problems({ 401: tokenRefusals, 403: ['insufficient_scope'], 503: ['unavailable'] });

  app.post(
    '/search/rebuild',
    {
      onRequest: [requireScope(SCOPE)],
      schema: {
        operationId: 'rebuildIndex',
        summary: 'Rebuild the search index',
        description:
          'The old index answers until the new one is complete; then what was not named again is removed. ' +
          'Has no effect while a rebuild is under way.',
        tags: ['index'],
        ...bearer,
        response: { 202: IndexResponse, ...refusals },
      },
    },
    async (request, reply) => {
      if (await feed.rebuild()) request.log.info('the index is built anew');
      reply.code(202).header('cache-control', 'no-store');
      return indexResponse();
    },
  );

  app.get(
    '/search/rebuild',
    {
      onRequest: [requireScope(SCOPE)],
      schema: {
        operationId: 'getIndexStatus',
        summary: 'Get the status of the search index',
        description: 'How far it has read the change feed, and how far a rebuild is.',
        tags: ['index'],
        ...bearer,
        response: { 200: IndexResponse, ...refusals },
      },
    },
    async (_request, reply) => {
      reply.header('cache-control', 'no-store');
      return indexResponse();
    },
  );
}

function answerOf(progress: Progress, failure: string | undefined, now: number) {
  const { applied, expected, startedAt, finishedAt } = progress.rebuild;
  return {
    state: progress.rebuilding ? 'rebuilding' : 'following',
    applied,
    expected: expected ?? null,
    started_at: timeOf(startedAt),
    finished_at: timeOf(finishedAt),
    seq: progress.appliedSeq.toString(),
    head: progress.headSeq.toString(),
    lag_seconds: lagSeconds(progress, failure, now),
    ...(failure !== undefined && { cause: failure }),
  };
}

function timeOf(milliseconds: number | undefined): string | null {
  return milliseconds === undefined ? null : new Date(milliseconds).toISOString();
}
