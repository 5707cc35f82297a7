import type { GroupChange, UserChange } from '../directory-sync/directory-changes.ts';
import type { DirectoryView } from './directory-view.ts';

/** Where a run of pages goes on: nothing to start from the beginning. Opaque, kept by the reader. */
export type DeltaStart =
  | undefined
  /** What the run before gave: only changes since then come. */
  | { readonly link: string }
  /** What a run that broke off gave: goes on with the page that did not come. */
  | { readonly resume: object };

export type DeltaRun<Change> =
  | {
      readonly kind: 'complete';
      /** In the order of their arrival. */
      readonly changes: readonly Change[];
      readonly link: string;
      /** Wall ms before the first request of the run. */
      readonly beganAtWallMs: number;
    }
  /** The link is too old or not known any more: everything has to be read anew. */
  | { readonly kind: 'expired' }
  | {
      readonly kind: 'failed';
      readonly state: DirectoryView['state'];
      /** Microsoft asked to wait until then. */
      readonly notBeforeWallMs?: number;
      readonly resume?: object;
    };

/** Delta queries of one Entra tenant, whole runs of pages. Nothing throws for what Microsoft says or fails to say. */
export interface DirectorySource {
  users(from: DeltaStart): Promise<DeltaRun<UserChange>>;
  /** At most 50 groups; a link is bound to the groups that it was made for. */
  groups(ids: readonly string[], from: DeltaStart): Promise<DeltaRun<GroupChange>>;
  /** Object ids of all people below a group as Microsoft flattens them. */
  transitiveMembers(
    groupId: string,
  ): Promise<
    | { readonly kind: 'members'; readonly ids: ReadonlySet<string> }
    | { readonly kind: 'gone' }
    | { readonly kind: 'failed' }
  >;
}
