import { type Region, regionalName } from '../config.ts';
import type { ProxyWorld } from './proxy-world.ts';

/** OPTIONS of Microsoft's own, from each region that has seen the trunk's, by the clock (1.8). */
export class OwnOptions {
  readonly #world: ProxyWorld;
  readonly #sbcPort: number;
  #cancel: (() => void) | undefined;

  constructor(world: ProxyWorld, sbcPort: number) {
    this.#world = world;
    this.#sbcPort = sbcPort;
  }

  start(): void {
    const { clock, health } = this.#world;
    this.#cancel = clock.after(health.windows.ownIntervalMs, () => {
      void this.sendAll();
      this.start();
    });
  }

  stop(): void {
    this.#cancel?.();
  }

  /** Now, to every trunk that probes. */
  async sendAll(): Promise<void> {
    const { health } = this.#world;
    await Promise.all(
      health
        .trunks()
        .flatMap((trunk) => health.regionsToProbe(trunk).map((region) => this.send(trunk, region))),
    );
  }

  /** Resolves with the answer, or when none came. */
  send(trunk: string, region: Region): Promise<void> {
    const { ua, audit, clock, random, health } = this.#world;
    const own = `sip:${regionalName(region)}:${this.#world.hubPort(region)}`;
    return new Promise((resolve) => {
      ua.request(
        {
          method: 'OPTIONS',
          requestUri: `sip:${trunk}:${this.#sbcPort};transport=tls`,
          from: `<${own}>`,
          to: `<sip:${trunk}>`,
          contact: `<${own}>`,
          callId: random.uuid(),
          destination: this.#world.destination(trunk, region),
          onFinal: (outcome) => {
            const status = outcome.kind === 'response' ? outcome.response.status : 0;
            health.ownAnswer(trunk, region, status);
            const answer = outcome.kind === 'response' ? outcome.response : undefined;
            const identified = answer?.headers.has('contact') || answer?.headers.has('record-route');
            audit.add({
              kind: 'response',
              where: `hub ${region}`,
              summary: `OPTIONS of ours to ${trunk}: ${status || outcome.kind}`,
              method: 'OPTIONS',
              ...(status ? { status } : {}),
              checks: [
                {
                  id: 'T8',
                  passed: status === 200 && identified === true,
                  detail: identified ? 'answered with a Contact' : 'answered without Contact, or not at all',
                },
              ],
            });
            resolve();
          },
        },
        clock.now(),
      );
      this.#world.kick();
    });
  }
}
