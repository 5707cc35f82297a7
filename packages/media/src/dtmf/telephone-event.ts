/**
 * DTMF as named events, RFC 4733 §2.3.
 *
 *     0                   1                   2                   3
 *    |     event     |E|R| volume    |          duration             |
 */
export interface TelephoneEvent {
  readonly event: number;
  readonly end: boolean;
  /** Power below 0 dBm0, 0..63. */
  readonly volume: number;
  /** In timestamp units since the event's start. */
  readonly duration: number;
}

const digits = '0123456789*#ABCD';

export const eventOfDigit = (digit: string): number | undefined => {
  const event = digits.indexOf(digit.toUpperCase());
  return digit.length === 1 && event >= 0 ? event : undefined;
};

/** Undefined for events that are not DTMF (flash, fax tones). */
export const digitOfEvent = (event: number): string | undefined => digits[event];

export function parseTelephoneEvent(payload: Uint8Array): TelephoneEvent | undefined {
  if (payload.length < 4) return undefined;
  return {
    event: payload[0]!,
    end: (payload[1]! & 0x80) !== 0,
    volume: payload[1]! & 0x3f,
    duration: (payload[2]! << 8) | payload[3]!,
  };
}

export function printTelephoneEvent(event: TelephoneEvent): Buffer {
  return Buffer.from([
    event.event,
    (event.end ? 0x80 : 0) | event.volume,
    (event.duration >> 8) & 0xff,
    event.duration & 0xff,
  ]);
}
