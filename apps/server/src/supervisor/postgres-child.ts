import {
  type EmbeddedPostgres,
  type EmbeddedPostgresOptions,
  startEmbeddedPostgres,
} from '@tandem/adapters/embedded-postgres/start.ts';
import type { ReadyMessage, SpawnChild } from './running-child.ts';

/** The private PostgreSQL as a child. `onReady` learns the addresses; they are the same after every restart. */
export const postgresChild =
  (
    options: Pick<EmbeddedPostgresOptions, 'dataDir' | 'port'>,
    onReady: (database: EmbeddedPostgres) => void,
  ): SpawnChild =>
  ({ onLine, onPid }) => {
    let database: EmbeddedPostgres | undefined;
    let stopAsked = false;
    const stop = (): void => {
      stopAsked = true;
      void database?.stop();
    };
    const started = startEmbeddedPostgres({ ...options, onLog: onLine });
    const ready = new Promise<ReadyMessage>((resolve) => {
      started.then(
        (running) => {
          database = running;
          onPid(running.pid);
          onReady(running);
          if (stopAsked) stop();
          else resolve({ type: 'ready' });
        },
        () => {}, // reported by `exited`
      );
    });
    const exited = started.then(
      async (running) => {
        await running.exited;
        return 'the server ended';
      },
      (error: Error) => error.message,
    );
    // The keeper has its own patience with the server; killing the keeper would only orphan it.
    return { ready, exited, askToStop: stop, kill: () => {} };
  };
