import type { TagBoard } from '@tandem/adapters/http/tag-board.ts';
import type { TagStore } from '@tandem/adapters/postgres/tag-store.ts';
import type { AuditLog } from '@tandem/engine/ports/audit.ts';

/** Tags as they are stored; who changes those of a person stands in the audit. */
export function createTagBoard({
  store,
  audit,
}: {
  readonly store: TagStore;
  readonly audit: AuditLog;
}): TagBoard {
  return {
    ...store,
    async set(person, wanted, by) {
      const tags = [...new Set(wanted.map((tag) => tag.trim()))].sort();
      const made = await store.set(person.accountId, person.id, tags);
      if (!made.ok) return undefined;
      const { before } = made.value;
      if (before.join('\n') !== tags.join('\n'))
        await audit.note({
          accountId: person.accountId,
          actor: by,
          action: 'person.tag',
          object: { kind: 'person', id: person.id, label: person.displayName },
          before: { tags: before },
          after: { tags },
        });
      return tags;
    },
  };
}
