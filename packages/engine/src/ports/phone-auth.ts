import type { Device } from '@tandem/domain';
import type { SipRequest } from '@tandem/sip';
import type { Flow } from '@tandem/sip/ua/types.ts';

/** What the digest check says of a request from a phones' listener (RFC 3261 §22). */
export type PhoneVerdict =
  | { readonly kind: 'device'; readonly device: Device }
  | {
      readonly kind: 'challenge';
      readonly status: 401 | 407;
      /** `WWW-Authenticate` or `Proxy-Authenticate` with its value. */
      readonly header: readonly [name: string, value: string];
    }
  /** Locked out, too fast, or a credential that can never be right. */
  | { readonly kind: 'refused'; readonly status: number };

/** From memory: deciding about a call waits for nobody. Asked once for each INVITE that opens a dialog. */
export interface PhoneAuth {
  authenticatePhone(request: SipRequest, flow: Flow): PhoneVerdict;
}
