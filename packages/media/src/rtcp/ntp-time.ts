/** Seconds between 1900 (NTP) and 1970 (Unix). RFC 3550 §4. */
const NTP_OFFSET = 2_208_988_800;

export const ntpSeconds = (wallMs: number): number => (Math.floor(wallMs / 1000) + NTP_OFFSET) >>> 0;
export const ntpFraction = (wallMs: number): number =>
  Math.floor(((wallMs % 1000) / 1000) * 0x1_0000_0000) >>> 0;

/** The middle 32 bits, as LSR and DLSR use them: 1/65536 s. */
export const ntpMiddle = (seconds: number, fraction: number): number =>
  (((seconds & 0xffff) << 16) | (fraction >>> 16)) >>> 0;
