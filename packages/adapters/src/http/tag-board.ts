import type { Person } from '@tandem/domain';
import type { AuditActor } from '@tandem/engine/ports/audit.ts';
import type { TagStore } from '../postgres/tag-store.ts';

/** Tags of people and what is counted by them. Undefined: the person is not there any more. */
export interface TagBoard extends Pick<TagStore, 'list' | 'people' | 'of' | 'sums' | 'calls'> {
  set(person: Person, tags: readonly string[], by: AuditActor): Promise<readonly string[] | undefined>;
}
