/**
 * Installs and builds the portal once, into the folder that every instance of this checkout looks in. The test runner
 * does it before the suites that start instances, so that none of them spends its minutes on it.
 */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createPortalBuilder } from '@tandem/adapters/http/portal/portal-builder.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const builder = createPortalBuilder({
  root,
  cacheDir: join(root, 'node_modules/.cache/tandem-portal'),
  wall: () => Date.now(),
  log: { info: () => undefined, warn: () => undefined },
});
builder.start();
const state = await builder.settled();
if (state.kind === 'failed') {
  process.stderr.write(`The portal could not be built: ${state.reason}\n${state.next}\n`);
  process.exitCode = 1;
}
