import { z } from 'zod';

/** `GET /readyz` answers in text: one line per dependency, `ok NAME: words` or `not-ready NAME: words`. */
export const dependency = z.object({
  name: z.string(),
  ready: z.boolean(),
  /** Not needed for carrying calls: shown, but does not make the whole thing unready. */
  optional: z.boolean().optional(),
  words: z.string(),
});
export type Dependency = z.infer<typeof dependency>;
