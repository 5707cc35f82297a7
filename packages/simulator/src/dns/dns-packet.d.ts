/** The part of dns-packet that we use; the package ships no types. */
declare module 'dns-packet' {
  export interface Question {
    readonly name: string;
    readonly type: string;
    readonly class?: string;
  }
  export type Answer =
    | { readonly type: 'A'; readonly name: string; readonly ttl: number; readonly data: string }
    | {
        readonly type: 'TXT';
        readonly name: string;
        readonly ttl: number;
        readonly data: string | Buffer | readonly (string | Buffer)[];
      }
    | {
        readonly type: 'SRV';
        readonly name: string;
        readonly ttl: number;
        readonly data: { priority: number; weight: number; port: number; target: string };
      };
  export interface Packet {
    readonly type?: 'query' | 'response';
    readonly id?: number;
    readonly flags?: number;
    readonly questions?: Question[];
    readonly answers?: Answer[];
    readonly additionals?: Answer[];
    readonly rcode?: string;
  }
  export const AUTHORITATIVE_ANSWER: number;
  export const RECURSION_DESIRED: number;
  export function encode(packet: Packet): Buffer;
  export function decode(bytes: Buffer): Packet;
  export function streamEncode(packet: Packet): Buffer;
}
