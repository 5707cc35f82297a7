import type { RoutingDomainStep, RoutingDomainView, RoutingReportBody } from '@tandem/contract';
import type { AccountId, ConnectionId } from '@tandem/domain';
import type { AuditActor } from '@tandem/engine/ports/audit.ts';
import type { HoldMusic } from '@tandem/engine/routing-domain/calling-policy.ts';
import type { VoiceRouting } from '@tandem/engine/routing-domain/routing-domain.ts';
import type { Scope } from './scope.ts';

export type RoutingDomainRefusal =
  | { readonly kind: 'unknown' }
  | { readonly kind: 'invalid'; readonly field: string; readonly say: string }
  | { readonly kind: 'host-taken' }
  | { readonly kind: 'wrong-state'; readonly say: string }
  | { readonly kind: 'preview-outdated' }
  | { readonly kind: 'microsoft-refused'; readonly say: string }
  | { readonly kind: 'microsoft-unavailable'; readonly say: string };

export type RoutingDomainOutcome =
  | { readonly kind: 'done'; readonly domain: RoutingDomainView }
  | RoutingDomainRefusal;

/** Routing domains for the API. What the scope may not see is `unknown`. */
export interface RoutingDomainBoard {
  list(scope: Scope): readonly RoutingDomainView[];
  /** Looked at anew when that is a while ago. */
  read(scope: Scope, id: string): Promise<RoutingDomainView | undefined>;
  create(
    wanted: {
      readonly accountId: AccountId;
      readonly connectionId: ConnectionId;
      readonly host?: string | undefined;
      readonly routing?: VoiceRouting | undefined;
    },
    by: AuditActor,
  ): Promise<RoutingDomainOutcome>;
  preview(
    scope: Scope,
    id: string,
    step: RoutingDomainStep,
  ):
    | {
        readonly kind: 'preview';
        readonly preview: string;
        readonly writes: readonly string[];
        readonly undo: string;
      }
    | RoutingDomainRefusal;
  step(
    scope: Scope,
    id: string,
    step: RoutingDomainStep,
    preview: string | undefined,
    by: AuditActor,
  ): Promise<RoutingDomainOutcome>;
  /** Undefined music: the script writes no calling policy. */
  chooseCalling(
    scope: Scope,
    id: string,
    holdMusic: HoldMusic | undefined,
    by: AuditActor,
  ): Promise<RoutingDomainOutcome>;
  script(
    scope: Scope,
    id: string,
    by: AuditActor,
  ): Promise<
    | {
        readonly kind: 'script';
        readonly script: string;
        readonly fileName: string;
        readonly reportsTo?: string;
        readonly endsAtWallMs?: number;
      }
    | RoutingDomainRefusal
  >;
  /** What the script printed, pasted by somebody who is signed in. */
  paste(scope: Scope, id: string, report: string, by: AuditActor): Promise<RoutingDomainOutcome>;
  /** What the script sent; its token says for which name. Undefined: no such token. */
  report(body: RoutingReportBody): Promise<string | undefined>;
  startOver(scope: Scope, id: string, host: string, by: AuditActor): Promise<RoutingDomainOutcome>;
  remove(scope: Scope, id: string, by: AuditActor): Promise<boolean>;
}
