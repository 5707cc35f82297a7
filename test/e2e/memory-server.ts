import { resolve } from 'node:path';
import { createPortalBuilder } from '@tandem/adapters/http/portal/portal-builder.ts';
import { createHttpServer } from '@tandem/adapters/http/server.ts';
import type { ApiClock, ApiServices } from '@tandem/adapters/http/services.ts';
import { createMemoryServices } from '@tandem/adapters/http/testing/memory-services.ts';
import { sampleBoards } from './sample-boards.ts';
import { sampleMicrosoft } from './sample-microsoft.ts';
import { samplePeople } from './sample-people.ts';

const root = resolve(import.meta.dirname, '../..');

/**
 * The system's clock, whose hands stand until all samples are made, and can be put back there later: what samples say of a
 * moment ago ages while a busy machine draws a page.
 */
function holdableClock() {
  const startedWallMs = Date.now();
  let heldAtMs: number | undefined = startedWallMs;
  const clock: ApiClock = {
    now: () => performance.now(),
    wall: () => heldAtMs ?? Date.now(),
    after(ms, fire) {
      // What waits in memory for its next turn must not keep a test process alive that has closed its server.
      const timer = setTimeout(fire, ms).unref();
      return () => clearTimeout(timer);
    },
  };
  return {
    clock,
    release(): void {
      heldAtMs = undefined;
    },
    async held(work: (wallMs: number) => Promise<void>): Promise<void> {
      heldAtMs = startedWallMs;
      try {
        await work(startedWallMs);
      } finally {
        heldAtMs = undefined;
      }
    },
  };
}

/** The real API and the real portal over services in memory: what a browser sees, without a database or a call. */
export async function startMemoryServer(port = 0) {
  const { clock, release, held } = holdableClock();
  const memory = createMemoryServices(clock);
  const boards = sampleBoards(memory.services, clock.wall());
  const { readiness, presence } = boards;
  const microsoft = sampleMicrosoft(memory.services, clock.wall);
  const people = samplePeople(memory.services, memory.directory, clock.wall, microsoft.boards.provisioning);
  const services: ApiServices = {
    ...memory.services,
    readiness,
    presence,
    ...microsoft.boards,
    ...people.boards,
  };
  release();
  const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };
  const portal = createPortalBuilder({
    root,
    // Where instances of this checkout look too: built once for all.
    cacheDir: process.env.TANDEM_PORTAL_CACHE ?? resolve(root, 'node_modules/.cache/tandem-portal'),
    wall: clock.wall,
    log: quiet,
  });
  portal.start();
  const state = await portal.settled();
  if (state.kind !== 'ready') throw new Error(`no portal: ${JSON.stringify(state)}`);
  const server = await createHttpServer({ host: '127.0.0.1', port, log: quiet, portal }, services);
  const { url } = await server.listen();
  return {
    ...memory,
    boards,
    microsoft,
    people,
    url,
    /**
     * While `work` runs it is the instant at which the samples were made; a page that is opened with it (`at`) shows ages that
     * are exactly theirs.
     */
    atOneInstant: held,
    async close() {
      await server.close();
      await portal.stop();
    },
  };
}
