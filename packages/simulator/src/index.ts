/** The promise of @tandem/simulator. Files under `@tandem/simulator/<folder>/<file>.ts` may be imported as well. */
export * from './config.ts';
export * from './world/rehearsal-world.ts';
