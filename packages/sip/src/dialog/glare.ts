/**
 * How long to wait after a 491 before trying again (RFC 3261 §14.1), in ms, in steps of 10: 2.1 to 4 s for the one
 * who chose the Call-ID, 0 to 2 s for the other, so that the two do not meet again.
 *
 * @param owner whether we chose the dialog's Call-ID (we sent its first INVITE)
 * @param random uniform in [0, 1)
 */
export function glareDelayMs(owner: boolean, random: number): number {
  return owner ? 2100 + Math.floor(random * 191) * 10 : Math.floor(random * 201) * 10;
}
