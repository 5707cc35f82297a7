import type { PersonId } from '@tandem/domain';
import type { PersonPresence } from '../presence/shown-presence.ts';

/** Everybody's present state, from memory, for whoever shows it: the API, desk phones, lists of contacts. */
export interface PresenceWatch {
  /** Undefined: nothing is known. */
  of(personId: PersonId): PersonPresence | undefined;
  /** Told once for each change of what is shown. */
  onChange(listener: (personId: PersonId) => void): () => void;
  /** Somebody looks at this person now: it is read often for a while. */
  watched(personId: PersonId): void;
}
