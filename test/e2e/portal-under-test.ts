import { samplePassword } from '@tandem/adapters/http/testing/memory-services.ts';
import type { Page } from 'playwright-core';
import { openBrowser, signIn, type Visit, visit } from './browser.ts';
import { startMemoryServer } from './memory-server.ts';

/** The portal over memory with a browser in front: opens pages as somebody, closes them after each test. */
export async function openPortal() {
  const server = await startMemoryServer();
  const browser = await openBrowser();
  const visits: Visit[] = [];
  return {
    server,
    async as(name: string, path: string, options: Parameters<typeof visit>[2] = {}): Promise<Page> {
      const opened = await visit(browser, server.url, options);
      visits.push(opened);
      await opened.page.goto(path);
      await signIn(opened.page, name, samplePassword);
      await opened.page.getByRole('navigation', { name: 'Main' }).waitFor();
      return opened.page;
    },
    /** A page left open goes on drawing and listening, and makes every later test slower. */
    async closePages() {
      for (const { context } of visits) await context.close();
    },
    complaints: (): string[] => visits.flatMap((one) => one.complaints),
    async close() {
      await browser.close();
      await server.close();
    },
  };
}
