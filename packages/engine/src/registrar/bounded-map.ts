/** A map that forgets what was least recently set: what strangers fill must not grow (T04). */
export class BoundedMap<Key, Value> {
  readonly #capacity: number;
  readonly #map = new Map<Key, Value>();

  constructor(capacity: number) {
    this.#capacity = Math.max(1, capacity);
  }

  get size(): number {
    return this.#map.size;
  }

  get(key: Key): Value | undefined {
    return this.#map.get(key);
  }

  set(key: Key, value: Value): void {
    this.#map.delete(key);
    if (this.#map.size >= this.#capacity) {
      const oldest = this.#map.keys().next();
      if (!oldest.done) this.#map.delete(oldest.value);
    }
    this.#map.set(key, value);
  }

  delete(key: Key): boolean {
    return this.#map.delete(key);
  }
}

/**
 * What a stranger says, as part of a key: longer than any name that is good here, and no longer, or a few thousand keys
 * would be a few hundred megabytes.
 */
export const said = (text: string): string => text.slice(0, 128);
