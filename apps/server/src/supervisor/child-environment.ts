import { fileURLToPath } from 'node:url';

/** Compiled code, types already stripped, so that only the first start pays for it. Left out silently if not writable. */
const compileCache = fileURLToPath(
  new URL('../../../../node_modules/.cache/tandem-compile', import.meta.url),
);

/** Children are told their configuration by us; what the environment says about Tandem, secrets included, stays here. */
export const childEnvironment = (): NodeJS.ProcessEnv => ({
  ...Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !name.startsWith('TANDEM_') && name !== 'DATABASE_URL'),
  ),
  NODE_COMPILE_CACHE: compileCache,
});
