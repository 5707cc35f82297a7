/**
 * Where packets that must grow (a tag is added) are built. Sending is asynchronous, so a slot comes round again only after
 * this many packets; by then the system has long taken it.
 */
const SLOTS = 512;
/** Longest relayed datagram plus tag and MKI. */
export const SLOT_BYTES = 2048;

export class PacketRing {
  #slots: Buffer[] | undefined;
  #next = 0;

  next(): Buffer {
    if (this.#slots === undefined) {
      const slab = Buffer.allocUnsafeSlow(SLOTS * SLOT_BYTES);
      this.#slots = Array.from({ length: SLOTS }, (_, i) =>
        slab.subarray(i * SLOT_BYTES, (i + 1) * SLOT_BYTES),
      );
    }
    const slot = this.#slots[this.#next]!;
    this.#next = (this.#next + 1) % SLOTS;
    return slot;
  }
}
