/** Where bytes come from and go to. The sip package's `Flow` and `Destination` are these shapes, so wire needs no import. */

export type Protocol = 'UDP' | 'TCP' | 'TLS';

export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

export interface Flow {
  readonly id: number;
  readonly protocol: Protocol;
  /** Name of the listener or connector it belongs to. */
  readonly listener: string;
  readonly local: Endpoint;
  readonly remote: Endpoint;
  /** What the verifier learned about the far end. */
  readonly peer?: unknown;
  readonly open: boolean;
}

export interface Destination {
  readonly protocol: Protocol;
  readonly host: string;
  readonly port: number;
  readonly serverName?: string;
  /** Which listener (UDP) or connector (streams) sends. */
  readonly via: string;
}

export function isFlow(to: Flow | Destination): to is Flow {
  return 'id' in to;
}

export type TransportFailure = {
  readonly kind: 'resolve' | 'connect' | 'tls' | 'reset' | 'timeout' | 'closed' | 'send';
  readonly detail: string;
};

export type Failed = (why: TransportFailure) => void;

let last = 0;
export const nextFlowId = (): number => ++last;
export const lastFlowId = (): number => last;
