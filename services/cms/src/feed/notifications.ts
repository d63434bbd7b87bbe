import pg from 'pg';

export interface NotificationsOptions {
  readonly url: string;
  readonly channel: string;
  readonly onNotification: () => void;
  /** Told of each loss of the connection, once. */
  readonly onLost: (error: unknown) => void;
  readonly retryMs?: number;
}

export interface Notifications {
  readonly listening: boolean;
  close(): Promise<void>;
}

/**
 * Listens on a channel of PostgreSQL with a connection of its own, and connects again for as long as it is open.
 * Each new connection counts as a notification: some may have been missed.
 */
export function listenForNotifications(options: NotificationsOptions): Notifications {
  const { url, channel, onNotification, onLost, retryMs = 1_000 } = options;
  if (!/^[a-z][a-z0-9_]{0,62}$/.test(channel)) throw new TypeError(`"${channel}" cannot be a channel's name`);
  let client: pg.Client | undefined;
  let timer: NodeJS.Timeout | undefined;
  let closed = false;
  let listening = false;
  let connecting: Promise<void> = connect();

  async function connect(): Promise<void> {
    const next = new pg.Client({
      connectionString: url,
      application_name: 'gaia-cms-feed',
      connectionTimeoutMillis: 5_000,
      keepAlive: true,
    });
    client = next;
    const lost = (error?: unknown) => {
      if (client !== next) return;
      client = undefined;
      if (listening || error !== undefined) onLost(error);
      listening = false;
      next.end().catch(() => {});
      if (closed) return;
      timer = setTimeout(() => {
        connecting = connect();
      }, retryMs);
    };
    next.on('error', lost);
    next.on('end', () => lost());
    next.on('notification', onNotification);
    try {
      await next.connect();
      await next.query(`listen ${channel}`);
      listening = client === next;
      onNotification();
    } catch (error) {
      lost(error);
    }
  }

  return {
    get listening() {
      return listening;
    },
    close: async () => {
      closed = true;
      clearTimeout(timer);
      await connecting;
      const last = client;
      client = undefined;
      await last?.end().catch(() => {});
    },
  };
}
