import type { Device } from '@tandem/domain';
import type { SipRequest } from '@tandem/sip';
import type { Flow } from '@tandem/sip/ua/types.ts';

/** What the digest check says of a request from a phones' listener (RFC 3261 §22). */
export type PhoneVerdict =
  | { readonly kind: 'device'; readonly device: Device }
  | {
      readonly kind: 'challenge';
      readonly status: 401 | 407;
      /** `WWW-Authenticate` or `Proxy-Authenticate`: one line for each algorithm, best first (RFC 8760 §2.3). */
      readonly headers: readonly (readonly [name: string, value: string])[];
    }
  /** Locked out, too fast, or a credential that can never be right. `headers` holds Retry-After. */
  | {
      readonly kind: 'refused';
      readonly status: number;
      readonly headers?: readonly (readonly [name: string, value: string])[];
    };

/** From memory: deciding about a call waits for nobody. Asked once for each INVITE that opens a dialog. */
export interface PhoneAuth {
  authenticatePhone(request: SipRequest, flow: Flow): PhoneVerdict;
}
