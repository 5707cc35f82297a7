/**
 * The registrar (RFC 3261 §10.3): who is at which contact. One contact a device: a new registration replaces the old, a
 * phone is reached over the flow by which it registered, and the binding of a connection ends with it (RFC 5626's idea
 * without its extension). Everything is in memory; what outlives the process is what `kept` says.
 */
import type { Device, DeviceId } from '@tandem/domain';
import {
  contactExpires,
  cseqOf,
  Headers,
  parseContacts,
  parseNumber,
  parseUri,
  type SipRequest,
  sipUriEquals,
  toOf,
} from '@tandem/sip';
import type { Flow, IncomingRequest, Protocol } from '@tandem/sip/ua/types.ts';
import type { Clock } from '../ports/clock.ts';
import type { PhoneAuth } from '../ports/phone-auth.ts';
import type { PhoneContact, Registrations } from '../ports/registrations.ts';
import { type Binding, Bindings, flowKey, keyOfFlow } from './bindings.ts';
import { type DoorFault, PhoneDoor } from './phone-door.ts';
import { type LoginFault, PhoneLogin } from './phone-login.ts';
import type { PhoneSecrets, RegistrarSettings } from './settings.ts';

/** Why a registration failed or its message was not looked at; a closed set, for metrics. */
export type RegisterFault = LoginFault | DoorFault | 'bad-request' | 'too-brief' | 'not-own-address';

export interface RegistrarDeps {
  readonly clock: Clock;
  readonly settings: RegistrarSettings;
  readonly secrets: PhoneSecrets;
  /** The device, while it and its customer may use it: whether it is registered. */
  deviceOf(deviceId: DeviceId): Device | undefined;
  /** The device, as long as there is one: whose call it is. Absent: `deviceOf`. */
  knownDevice?(deviceId: DeviceId): Device | undefined;
  /** So many bytes that nobody can guess. */
  secretBytes(count: number): Buffer;
  onFault?(fault: RegisterFault): void;
  /** These registered, left or expired; said before the phone is told so. */
  onChange?(devices: readonly DeviceId[]): void;
}

/** A registration as it is kept over a restart: only such that need no connection. Wall ms. */
export interface KeptRegistration {
  readonly deviceId: DeviceId;
  readonly uri: string;
  readonly host: string;
  readonly port: number;
  readonly callId: string;
  readonly cseq: number;
  readonly sinceWallMs: number;
  readonly expiresAtWallMs: number;
}

/** For people. */
export interface RegistrationView {
  readonly deviceId: DeviceId;
  readonly transport: Protocol;
  readonly sinceWallMs: number;
  readonly expiresAtWallMs: number;
}

export interface Registrar extends Registrations, PhoneAuth {
  /** A REGISTER from a phones' listener. Always answered. */
  onRegister(incoming: IncomingRequest): void;
  readonly door: PhoneDoor;
  /** A connection is gone, and with it what was registered over it. */
  flowClosed(flow: Flow): void;
  /** Devices or secrets changed: who is gone is no longer registered. */
  devicesChanged(): void;
  list(): readonly RegistrationView[];
  readonly count: number;
  kept(): readonly KeptRegistration[];
  keptOf(deviceId: DeviceId): KeptRegistration | undefined;
  restore(kept: Iterable<KeptRegistration>): number;
  stop(): void;
}

const longestContact = 1_024;
const sweepMs = 5_000;

type Wish =
  | { readonly kind: 'query' }
  | { readonly kind: 'leave'; readonly uris: readonly string[] | 'all' }
  | { readonly kind: 'bind'; readonly uri: string; readonly seconds: number }
  | { readonly kind: 'fault'; readonly status: 400 | 423; readonly why: string };

export function createRegistrar(deps: RegistrarDeps): Registrar {
  const { clock, settings } = deps;
  const bindings = new Bindings();
  const login = new PhoneLogin({
    clock,
    settings,
    secrets: deps.secrets,
    // A customer who may not use the platform may still call for help: what an INVITE comes to is decided as a call (I15).
    deviceOf: (id) => (deps.knownDevice ? deps.knownDevice(id) : deps.deviceOf(id)),
    secretBytes: deps.secretBytes,
    // A first request without credentials is how digest begins: no fault of anybody.
    onFault: (fault) => fault !== 'no-credentials' && deps.onFault?.(fault),
    onProven: (_device, flow) => door.prove(keyOfFlow(flow)),
  });
  const door: PhoneDoor = new PhoneDoor(
    () => clock.now(),
    login.budget,
    (fault) => deps.onFault?.(fault),
  );

  const live = (deviceId: DeviceId): Binding | undefined => {
    const binding = bindings.get(deviceId);
    return binding && binding.expiresAt > clock.now() && deps.deviceOf(deviceId) ? binding : undefined;
  };
  const wallOf = (monotonic: number): number => Math.round(monotonic - clock.now() + clock.wall());

  let cancelSweep = clock.after(sweepMs, sweep);
  function sweep(): void {
    const now = clock.now();
    removeAll(
      [...bindings]
        .filter(({ deviceId, expiresAt }) => expiresAt <= now || !deps.deviceOf(deviceId))
        .map(({ deviceId }) => deviceId),
    );
    cancelSweep = clock.after(sweepMs, sweep);
  }

  function removeAll(gone: readonly DeviceId[]): void {
    for (const deviceId of gone) bindings.remove(deviceId);
    if (gone.length > 0) deps.onChange?.(gone);
  }

  function onRegister(incoming: IncomingRequest): void {
    const { request, flow } = incoming;
    const verdict = login.authenticatePhone(request, flow);
    if (verdict.kind !== 'device') {
      incoming.respond(verdict.status, { headers: Headers.of(verdict.headers ?? []) });
      return;
    }
    const { device } = verdict;
    if (!deps.deviceOf(device.id)) {
      deps.onFault?.('not-active');
      incoming.respond(403);
      return;
    }
    if (!isAddressOf(device, request)) {
      // Step 3: authenticated, but for somebody else's address.
      deps.onFault?.('not-own-address');
      incoming.respond(403);
      return;
    }
    const wish = wishOf(request, settings.expires);
    if (wish.kind === 'fault') {
      deps.onFault?.(wish.status === 423 ? 'too-brief' : 'bad-request');
      incoming.respond(wish.status, {
        reason: wish.status === 423 ? 'Interval Too Brief' : wish.why,
        headers: Headers.of(wish.status === 423 ? [['Min-Expires', String(settings.expires.lowest)]] : []),
      });
      return;
    }
    const old = live(device.id);
    const callId = request.headers.get('call-id') ?? '';
    const cseq = cseqOf(request)?.number ?? 0;
    // Step 7: a late or repeated request of the same registration changes nothing.
    if (wish.kind !== 'query' && old && old.callId === callId && cseq <= old.cseq) {
      deps.onFault?.('bad-request');
      incoming.respond(400, { reason: 'CSeq out of order' });
      return;
    }
    if (wish.kind === 'bind') {
      const { protocol, remote } = flow;
      bindings.put({
        deviceId: device.id,
        uri: wish.uri,
        destination: { protocol, host: remote.host, port: remote.port, via: settings.via[protocol] },
        flow: keyOfFlow(flow),
        callId,
        cseq,
        expiresAt: clock.now() + wish.seconds * 1000,
        sinceWallMs: old && old.uri === wish.uri ? old.sinceWallMs : clock.wall(),
      });
      deps.onChange?.([device.id]);
    } else if (wish.kind === 'leave' && old && (wish.uris === 'all' || wish.uris.some(sameAs(old.uri)))) {
      removeAll([device.id]);
    }
    incoming.respond(200, { headers: okHeaders(live(device.id)) });
  }

  /** Step 8: every current binding with its time left, and the registrar's date. */
  function okHeaders(binding: Binding | undefined): Headers {
    const headers = Headers.of([['Date', new Date(clock.wall()).toUTCString()]]);
    if (binding) {
      const seconds = Math.max(0, Math.round((binding.expiresAt - clock.now()) / 1000));
      headers.append('Contact', `<${binding.uri}>;expires=${seconds}`);
    }
    return headers;
  }

  /** A connection ends with the process: only what came over UDP is still there afterwards. */
  function keptOf(deviceId: DeviceId): KeptRegistration | undefined {
    const binding = live(deviceId);
    if (binding?.destination.protocol !== 'UDP') return undefined;
    return {
      deviceId,
      uri: binding.uri,
      host: binding.destination.host,
      port: binding.destination.port,
      callId: binding.callId,
      cseq: binding.cseq,
      sinceWallMs: binding.sinceWallMs,
      expiresAtWallMs: wallOf(binding.expiresAt),
    };
  }

  return {
    door,
    onRegister,
    authenticatePhone: (request, flow) => login.authenticatePhone(request, flow),
    contactOf(deviceId): PhoneContact | undefined {
      const binding = live(deviceId);
      return (
        binding && {
          uri: binding.uri,
          destination: binding.destination,
          expiresAtWallMs: wallOf(binding.expiresAt),
        }
      );
    },
    deviceAt: (flow) => bindings.at(keyOfFlow(flow)).findLast((deviceId) => live(deviceId)),
    flowClosed(flow) {
      if (flow.protocol === 'UDP') return;
      const key = keyOfFlow(flow);
      door.forget(key);
      removeAll(bindings.at(key));
    },
    devicesChanged() {
      removeAll([...bindings].map(({ deviceId }) => deviceId).filter((deviceId) => !deps.deviceOf(deviceId)));
    },
    list: () =>
      [...bindings].flatMap((binding): RegistrationView[] =>
        live(binding.deviceId)
          ? [
              {
                deviceId: binding.deviceId,
                transport: binding.destination.protocol,
                sinceWallMs: binding.sinceWallMs,
                expiresAtWallMs: wallOf(binding.expiresAt),
              },
            ]
          : [],
      ),
    get count() {
      return bindings.size;
    },
    kept: () => [...bindings].flatMap(({ deviceId }) => keptOf(deviceId) ?? []),
    keptOf,
    restore(kept) {
      let count = 0;
      for (const { deviceId, uri, host, port, callId, cseq, sinceWallMs, expiresAtWallMs } of kept) {
        const left = Math.min(expiresAtWallMs - clock.wall(), settings.expires.highest * 1000);
        if (left <= 0) continue;
        const flow = flowKey('UDP', host, port);
        bindings.put({
          deviceId,
          uri,
          destination: { protocol: 'UDP', host, port, via: settings.via.UDP },
          flow,
          callId,
          cseq,
          expiresAt: clock.now() + left,
          sinceWallMs,
        });
        door.prove(flow);
        count++;
      }
      return count;
    },
    stop: () => cancelSweep(),
  };
}

/** The address of record is the phone's own name, whatever host it was told to use (digest says who it is). */
function isAddressOf(device: Device, request: SipRequest): boolean {
  const uri = parseUri(toOf(request)?.uri ?? '');
  return uri !== undefined && uri.scheme !== 'tel' && uri.user === device.sipUser;
}

/** What the request asks for (steps 6 and 7). Of several contacts the last that stays wins: a device has one. */
export function wishOf(request: SipRequest, limits: RegistrarSettings['expires']): Wish {
  const fault = (status: 400 | 423, why: string): Wish => ({ kind: 'fault', status, why });
  const values = request.headers.getAll('contact');
  if (values.length === 0) return { kind: 'query' };
  const header = request.headers.get('expires');
  // An unreadable Expires counts as none (§20.19 is a SHOULD for 3600; ours is the usual time).
  const wanted = header === undefined ? undefined : parseNumber(header.trim());
  const contacts = values.map(parseContacts);
  if (contacts.includes('*')) {
    if (contacts.length > 1 || wanted !== 0) return fault(400, 'Contact * needs Expires 0 and stands alone');
    return { kind: 'leave', uris: 'all' };
  }
  const leaving: string[] = [];
  let bind: { uri: string; seconds: number } | undefined;
  for (const contact of contacts.flatMap((each) => (each === undefined || each === '*' ? [] : each))) {
    const uri = parseUri(contact.uri);
    if (!uri || uri.scheme === 'tel' || contact.uri.length > longestContact)
      return fault(400, 'Contact is not a SIP URI');
    const seconds = contactExpires(contact) ?? wanted ?? limits.usual;
    if (seconds === 0) leaving.push(contact.uri);
    else bind = { uri: contact.uri, seconds };
  }
  if (!bind) return leaving.length > 0 ? { kind: 'leave', uris: leaving } : fault(400, 'malformed Contact');
  if (bind.seconds < limits.lowest) return fault(423, 'too brief');
  return { kind: 'bind', uri: bind.uri, seconds: Math.min(bind.seconds, limits.highest) };
}

const sameAs =
  (registered: string) =>
  (uri: string): boolean => {
    if (uri === registered) return true;
    const [a, b] = [parseUri(uri), parseUri(registered)];
    return (
      a !== undefined && b !== undefined && a.scheme !== 'tel' && b.scheme !== 'tel' && sipUriEquals(a, b)
    );
  };
