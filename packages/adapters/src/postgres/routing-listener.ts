import pg from 'pg';

/**
 * A connection of its own that hears `tandem_routing` notices. It comes back by itself, with doubling pauses and
 * jitter; `onConnected` says that notices may have been missed before.
 */
export interface RoutingListener {
  readonly connected: boolean;
  close(): Promise<void>;
}

export interface RoutingListenerOptions {
  readonly url: string;
  readonly onChange: () => void;
  readonly onConnected: () => void;
  readonly random?: () => number;
}

export function listenForRoutingChanges(options: RoutingListenerOptions): RoutingListener {
  const random = options.random ?? Math.random;
  let client: pg.Client | undefined;
  let timer: NodeJS.Timeout | undefined;
  let failures = 0;
  let connected = false;
  let closed = false;

  const again = (): void => {
    if (closed || timer) return;
    const pause = Math.min(5000, 100 * 2 ** Math.min(failures, 6)) * (0.5 + random() / 2);
    failures += 1;
    timer = setTimeout(() => {
      timer = undefined;
      void connect();
    }, pause);
  };

  const connect = async (): Promise<void> => {
    const mine = new pg.Client({
      connectionString: options.url,
      connectionTimeoutMillis: 2000,
      keepAlive: true,
      application_name: 'tandem-routing',
    });
    client = mine;
    const lost = (): void => {
      if (client !== mine) return;
      client = undefined;
      connected = false;
      mine.end().catch(() => undefined);
      again();
    };
    mine.on('error', lost);
    mine.on('end', lost);
    mine.on('notification', () => options.onChange());
    try {
      await mine.connect();
      await mine.query('listen tandem_routing');
      if (closed || client !== mine) return;
      failures = 0;
      connected = true;
      options.onConnected();
    } catch {
      lost();
    }
  };
  void connect();

  return {
    get connected() {
      return connected;
    },
    async close() {
      closed = true;
      clearTimeout(timer);
      const last = client;
      client = undefined;
      await last?.end().catch(() => undefined);
    },
  };
}
