import type { DeviceId } from '@tandem/domain';
import type { Destination, Flow, Protocol } from '@tandem/sip/ua/types.ts';

/** One registered contact (RFC 3261 §10.2.1). A device has at most one. */
export interface Binding {
  readonly deviceId: DeviceId;
  /** Contact URI byte for byte. */
  readonly uri: string;
  readonly destination: Destination;
  /** The flow of the registration; see `flowKey`. */
  readonly flow: string;
  readonly callId: string;
  readonly cseq: number;
  /** Monotonic. */
  readonly expiresAt: number;
  /** Wall ms at which this contact was first registered. */
  readonly sinceWallMs: number;
}

/** What names a flow: the packet's source, or the far end of the connection. */
export const flowKey = (protocol: Protocol, host: string, port: number): string =>
  `${protocol} ${host} ${port}`;
export const keyOfFlow = ({ protocol, remote }: Pick<Flow, 'protocol' | 'remote'>): string =>
  flowKey(protocol, remote.host, remote.port);

/** All bindings, by device and by flow. */
export class Bindings {
  readonly #ofDevice = new Map<DeviceId, Binding>();
  readonly #ofFlow = new Map<string, Set<DeviceId>>();

  get size(): number {
    return this.#ofDevice.size;
  }

  get(deviceId: DeviceId): Binding | undefined {
    return this.#ofDevice.get(deviceId);
  }

  /** Devices that registered over this flow; the last one last. */
  at(flow: string): readonly DeviceId[] {
    return [...(this.#ofFlow.get(flow) ?? [])];
  }

  /** The new contact replaces the old. */
  put(binding: Binding): void {
    this.remove(binding.deviceId);
    this.#ofDevice.set(binding.deviceId, binding);
    const there = this.#ofFlow.get(binding.flow);
    if (there) there.add(binding.deviceId);
    else this.#ofFlow.set(binding.flow, new Set([binding.deviceId]));
  }

  remove(deviceId: DeviceId): boolean {
    const binding = this.#ofDevice.get(deviceId);
    if (!binding) return false;
    this.#ofDevice.delete(deviceId);
    const there = this.#ofFlow.get(binding.flow);
    there?.delete(deviceId);
    if (there?.size === 0) this.#ofFlow.delete(binding.flow);
    return true;
  }

  [Symbol.iterator](): IterableIterator<Binding> {
    return this.#ofDevice.values();
  }
}
