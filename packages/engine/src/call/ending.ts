import type { EndedBy } from '@tandem/domain';
import type { CallFailure } from './call-failure.ts';

/** Why a call ends. A BYE is normal whatever cause it carries; everything else is a failure with a verdict. */
export type Ending =
  | { readonly kind: 'hung-up'; readonly by: 'caller' | 'callee'; readonly q850: number | undefined }
  | {
      readonly kind: 'failure';
      readonly failure: CallFailure;
      readonly by: EndedBy;
      /** What the called side said itself: a more exact cause than our table's (RFC 6432). */
      readonly q850?: number | undefined;
    };
