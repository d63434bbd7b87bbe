import type { StateLog } from '../log.ts';
import { type FeedListener, type RevocationFeed, StateUnavailable } from '../state.ts';
import type { Connection } from './connection.ts';
import { parsePush } from './feed-wire.ts';

export interface FeedSubscriberOptions {
  readonly channel: string;
  /** Opens a connection for nothing but this channel. */
  readonly open: () => Connection;
  readonly log: StateLog;
}

export interface FeedSubscriber {
  readonly subscribe: RevocationFeed['subscribe'];
  close(): Promise<void>;
}

/**
 * One connection for all listeners, opened for the first and closed after the last. The channel is subscribed anew
 * after every reconnection, and only then is it up: Pub/Sub keeps nothing for those who are away.
 */
export function createFeedSubscriber({ channel, open, log }: FeedSubscriberOptions): FeedSubscriber {
  const subscriptions = new Set<{ readonly listener: FeedListener }>();
  let link: ReturnType<typeof connect> | undefined;
  let closed = false;

  function tellAll(event: (listener: FeedListener) => void): void {
    for (const { listener } of subscriptions) tell(listener, event);
  }

  function tell(listener: FeedListener, event: (listener: FeedListener) => void): void {
    try {
      event(listener);
    } catch (error) {
      log.warn({ err: error }, 'a listener of the revocation feed failed');
    }
  }

  function connect() {
    const connection = open();
    const { client } = connection;
    const tried = Promise.withResolvers<void>();
    const deadline = setTimeout(settle, connection.timeoutMs);
    let up = false;
    let ended = false;
    /** Counts connections, so that the answer of an earlier one does not count for a later. */
    let connections = 0;

    function settle(): void {
      clearTimeout(deadline);
      tried.resolve();
    }

    client.on('ready', async () => {
      connections += 1;
      const own = connections;
      try {
        await client.subscribe(channel);
      } catch {
        if (!ended && own === connections && client.status === 'ready') client.disconnect(true);
        return;
      }
      if (ended || own !== connections || client.status !== 'ready') return;
      up = true;
      tellAll((listener) => listener.onConnection(true));
      settle();
    });
    client.on('close', () => {
      connections += 1;
      settle();
      if (!up || ended) return;
      up = false;
      tellAll((listener) => listener.onConnection(false));
    });
    client.on('message', (_channel: string, text: string) => {
      // What comes before `up` is in the snapshot that listeners take after it.
      if (!up || ended) return;
      const push = parsePush(text);
      if (push) tellAll((listener) => listener.onEntry(push.epoch, push.entry));
      else log.warn({ channel }, 'a message on the channel of the revocation feed is not an entry');
    });

    return {
      tried: tried.promise,
      isUp: () => up,
      async close() {
        ended = true;
        settle();
        await connection.close();
      },
    };
  }

  async function closeLink(): Promise<void> {
    const closing = link;
    link = undefined;
    await closing?.close();
  }

  return {
    async subscribe(listener) {
      if (closed) throw new StateUnavailable({ cause: new Error('closed') });
      const subscription = { listener };
      link ??= connect();
      if (link.isUp()) tell(listener, (it) => it.onConnection(true));
      subscriptions.add(subscription);
      await link.tried;
      return async () => {
        subscriptions.delete(subscription);
        if (subscriptions.size === 0) await closeLink();
      };
    },
    async close() {
      closed = true;
      subscriptions.clear();
      await closeLink();
    },
  };
}
