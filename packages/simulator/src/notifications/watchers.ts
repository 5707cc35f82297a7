import type { Agenda } from '../directory/agenda.ts';
import type { DirectoryChange } from '../directory/changes.ts';
import type { Directory } from '../directory/directory.ts';
import type { PresenceBook } from '../graph/presence-book.ts';
import type { SubscriptionOffice } from './office.ts';

/** What subscriptions are told of: changes in the directory as they happen, presences as they are looked at. */

export function watchDirectory(directory: Directory, office: SubscriptionOffice): () => void {
  return directory.onChange((change: DirectoryChange): void => {
    const { tenantId, kind, id } = change;
    office.tell(
      ({ tenantId: tenant, watched, changeTypes }) =>
        tenant === tenantId &&
        changeTypes.includes(change.change) &&
        (watched.rules.kind === `${kind}s` ||
          (watched.rules.kind === 'members' && kind === 'group' && change.members !== undefined)) &&
        (watched.ids.length === 0 || watched.ids.includes(id)),
      () => ({ item: directoryItem(change) }),
    );
  });
}

function directoryItem({ kind, id, change, members }: DirectoryChange): Record<string, unknown> {
  const name = kind === 'user' ? 'User' : 'Group';
  const resource = `${name}s/${id}`;
  return {
    changeType: change,
    resource,
    resourceData: {
      '@odata.type': `#Microsoft.Graph.${name}`,
      '@odata.id': resource,
      id,
      // Seen in practice, promised nowhere: a hint at best.
      ...(members
        ? {
            'members@delta': members.map((member) =>
              member.removed ? { id: member.id, '@removed': 'deleted' } : { id: member.id },
            ),
          }
        : {}),
    },
  };
}

/** A call that got its record (graph 6.3). */
export const callRecordItem = (id: string): Record<string, unknown> => ({
  changeType: 'created',
  resource: `communications/callRecords/${id}`,
  resourceData: {
    '@odata.type': '#microsoft.graph.callrecord',
    '@odata.id': `communications/callRecords/${id}`,
    id,
  },
});

/** Nothing in the book of presences tells when a state ended by itself: what somebody watches is looked at. */
export function watchPresences(
  directory: Directory,
  book: PresenceBook,
  office: SubscriptionOffice,
  agenda: Agenda,
): () => void {
  const last = new Map<string, string>();
  let cancel: (() => void) | undefined;
  const look = (): void => {
    const subscriptions = office.all().filter(({ watched }) => watched.rules.kind === 'presences');
    const seen = new Set<string>();
    for (const { tenantId, watched } of subscriptions) {
      const tenant = directory.tenant(tenantId);
      if (!tenant) continue;
      for (const id of watched.ids) {
        const key = `${tenantId} ${id}`;
        const user = directory.userById(tenant, id);
        if (!user || seen.has(key)) continue;
        seen.add(key);
        const { availability, activity, sequence } = book.shown(user);
        const before = last.get(key);
        last.set(key, String(sequence));
        if (before === undefined || before === String(sequence)) continue;
        const about = `communications/presences('${id}')`;
        office.tell(
          (one) =>
            one.tenantId === tenantId &&
            one.watched.rules.kind === 'presences' &&
            one.watched.ids.includes(id),
          ({ includeResourceData }) => ({
            item: {
              changeType: 'updated',
              resource: about,
              organizationId: tenantId,
              resourceData: { '@odata.type': '#Microsoft.Graph.presence', '@odata.id': about, id },
            },
            ...(includeResourceData
              ? {
                  content: {
                    '@odata.id': `users/${id}/presence`,
                    '@odata.type': '#microsoft.graph.presence',
                    id,
                    availability,
                    activity,
                  },
                }
              : {}),
          }),
        );
      }
    }
    for (const key of last.keys()) if (!seen.has(key)) last.delete(key);
    cancel = agenda.after(office.settings.presenceCheckMs, look);
  };
  look();
  return () => cancel?.();
}
