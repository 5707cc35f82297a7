import type { Device } from '@tandem/domain';
import {
  challengeValues,
  checkDigest,
  type DigestRealm,
  parseCredentials,
  parseUri,
  ReplayGuard,
  type SipRequest,
} from '@tandem/sip';
import type { Flow } from '@tandem/sip/ua/types.ts';
import type { Clock } from '../ports/clock.ts';
import type { PhoneAuth, PhoneVerdict } from '../ports/phone-auth.ts';
import { AlgorithmOffer, preferred } from './algorithm-offer.ts';
import { LockOut } from './lock-out.ts';
import type { PhoneSecrets, RegistrarSettings } from './settings.ts';
import { UnprovenBudget } from './unproven-budget.ts';

/** Why a request of a phone got no further; a closed set, for metrics. */
export type LoginFault = 'no-credentials' | 'stale-nonce' | 'wrong-password' | 'locked-out' | 'not-active';

export interface PhoneLoginDeps {
  readonly clock: Clock;
  readonly settings: RegistrarSettings;
  readonly secrets: PhoneSecrets;
  /** The device, as long as there is one: what its customer may do with it is decided elsewhere. */
  deviceOf(deviceId: Device['id']): Device | undefined;
  /** So many bytes that nobody can guess. */
  secretBytes(count: number): Buffer;
  onFault?(fault: LoginFault, request: SipRequest, flow: Flow): void;
  onProven?(device: Device, flow: Flow): void;
}

/** Nonces whose counts are remembered; used ones that are forgotten are stale, never good. */
const rememberedNonces = 50_000;
const sweepMs = 60_000;

const namesServer = (text: string): boolean => {
  const uri = parseUri(text);
  return uri !== undefined && uri.scheme !== 'tel' && uri.user === undefined;
};

/**
 * Who a phone is: digest with SHA-256 or MD5 (`AlgorithmOffer`), nonces bound to the source address. A name that nobody has
 * and a wrong password take the same way, the same answer and the same work (T02).
 */
export class PhoneLogin implements PhoneAuth {
  readonly budget: UnprovenBudget;
  readonly #deps: PhoneLoginDeps;
  readonly #realm: DigestRealm;
  readonly #lockOut: LockOut;
  readonly #offer: AlgorithmOffer;
  readonly #replay = new ReplayGuard(rememberedNonces);
  #sweptAt = 0;

  constructor(deps: PhoneLoginDeps) {
    const { realm, nonceKey, lockOut, unproven } = deps.settings;
    this.#deps = deps;
    this.#realm = { realm, key: nonceKey, algorithms: preferred };
    this.#offer = new AlgorithmOffer(unproven.remembered);
    this.#lockOut = new LockOut(lockOut);
    this.budget = new UnprovenBudget(unproven);
    // The key may outlive the process, the counts do not: what an earlier run handed out is stale, not a wrong password.
    this.#replay.expire(deps.clock.wall());
  }

  authenticatePhone(request: SipRequest, flow: Flow): PhoneVerdict {
    const { clock, secrets, settings } = this.#deps;
    const address = flow.remote.host;
    const now = clock.now();
    this.#sweep(now);
    const claimed = this.#claimedUser(request);
    const lockedMs = claimed === undefined ? 0 : this.#lockOut.lockedFor(claimed, address, now);
    if (lockedMs > 0) {
      this.budget.spend(address, settings.unproven.wrong, now);
      return this.#refused('locked-out', request, flow, lockedMs);
    }
    const verdict = checkDigest(this.#realm, {
      request,
      header: 'authorization',
      source: address,
      nowMs: clock.wall(),
      replay: this.#replay,
      // Some clients (SIPp) sign the server instead of the Request-URI. A nonce is good once and here only, so nothing
      // is gained by carrying such credentials elsewhere.
      goodFor: namesServer,
      ha1: (user, algorithm) => secrets.ofUser(user)?.[algorithm === 'MD5' ? 'md5' : 'sha256'],
    });
    switch (verdict.kind) {
      case 'absent':
        return this.#challenge('no-credentials', request, flow, false);
      case 'stale':
        return this.#challenge('stale-nonce', request, flow, true);
      case 'rejected': {
        // The source of a datagram may be forged: whoever did not answer a challenge of ours there locks nobody out.
        if (verdict.foreignNonce) return this.#challenge('wrong-password', request, flow, false);
        this.budget.spend(address, settings.unproven.wrong, now);
        const forMs = this.#lockOut.wrong(verdict.username, address, now);
        if (forMs > 0) return this.#refused('wrong-password', request, flow, forMs);
        return this.#challenge('wrong-password', request, flow, false);
      }
      case 'ok': {
        this.#lockOut.right(verdict.username, address);
        this.#offer.answered(request, address);
        this.budget.giveBack(address, settings.unproven.challenge);
        const secret = secrets.ofUser(verdict.username);
        const device = secret && this.#deps.deviceOf(secret.deviceId);
        if (!device) return this.#refused('not-active', request, flow);
        this.#deps.onProven?.(device, flow);
        return { kind: 'device', device };
      }
    }
  }

  #challenge(fault: LoginFault, request: SipRequest, flow: Flow, stale: boolean): PhoneVerdict {
    const { clock, settings, onFault, secretBytes } = this.#deps;
    const address = flow.remote.host;
    this.budget.spend(address, settings.unproven.challenge, clock.now());
    onFault?.(fault, request, flow);
    const realm = { ...this.#realm, algorithms: this.#offer.next(request, address) };
    const values = challengeValues(realm, address, clock.wall(), secretBytes(6), stale);
    return {
      kind: 'challenge',
      status: 401,
      headers: values.map((value) => ['WWW-Authenticate', value] as const),
    };
  }

  #refused(fault: LoginFault, request: SipRequest, flow: Flow, forMs?: number): PhoneVerdict {
    this.#deps.onFault?.(fault, request, flow);
    return {
      kind: 'refused',
      status: 403,
      ...(forMs === undefined
        ? {}
        : { headers: [['Retry-After', String(Math.ceil(forMs / 1000))] as const] }),
    };
  }

  #claimedUser(request: SipRequest): string | undefined {
    for (const value of request.headers.getAll('authorization')) {
      const credentials = parseCredentials(value);
      if (credentials?.realm === this.#realm.realm) return credentials.username;
    }
    return undefined;
  }

  #sweep(now: number): void {
    if (now - this.#sweptAt < sweepMs) return;
    this.#sweptAt = now;
    this.#replay.expire(this.#deps.clock.wall() - this.#realm.key.lifetimeMs);
  }
}
