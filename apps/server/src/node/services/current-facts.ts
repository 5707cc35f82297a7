import type { Directory } from '@tandem/adapters/http/services.ts';

/** Who changed a person is answered when calls follow the change: what the API shows and what calls get are one. */
export function withCurrentFacts<Services extends { readonly directory: Directory }>(
  services: Services,
  snapshots: { refresh(): Promise<boolean> },
): Services {
  const { directory } = services;
  return {
    ...services,
    directory: {
      ...directory,
      async changePerson(scope, id, change, by) {
        const outcome = await directory.changePerson(scope, id, change, by);
        if (outcome.kind === 'changed') await snapshots.refresh();
        return outcome;
      },
    },
  };
}
