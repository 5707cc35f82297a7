import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Audit } from './audit/audit.ts';
import { Carrier } from './carrier/carrier.ts';
import { TeamsClients } from './clients/teams-client.ts';
import { realClock } from './clock.ts';
import { parseHostPort, regionalName, regions, type TwinConfig, type TwinReady } from './config.ts';
import { type ControlServer, startControl } from './control/control-server.ts';
import type { Directory } from './directory/directory.ts';
import { MovableClock } from './directory/movable-clock.ts';
import { rehearsalDirectory } from './directory/rehearsal-directory.ts';
import { type DnsServer, startDnsServer } from './dns/dns-server.ts';
import type { Zone } from './dns/zone.ts';
import { ZoneBook } from './dns/zone-book.ts';
import { FaultBoard } from './faults/fault-board.ts';
import { MailServer } from './mail/mail-server.ts';
import { Party, PortPool } from './media/party.ts';
import { type Microsoft365, startMicrosoft365 } from './microsoft-365.ts';
import { openPhones, type Phones } from './phone/phones.ts';
import { type TwinRandom, twinRandom } from './random.ts';
import { logCall } from './sip-proxy/log-call.ts';
import { SipProxy } from './sip-proxy/sip-proxy.ts';
import { directoryState } from './state/directory-state.ts';
import { StateFile } from './state/state-file.ts';
import type { Issued } from './trust/authority.ts';
import {
  type HubVariant,
  issueHub,
  mintSbcFiles,
  openTrustStore,
  type TrustStore,
  writeBundle,
} from './trust/trust-store.ts';
import { rehearsalWorld } from './world/rehearsal-world.ts';

/** The whole twin in one object: what `main.ts` runs in a process of its own and tests run in theirs. */
export interface Twin {
  readonly ready: TwinReady;
  readonly trust: TrustStore;
  readonly audit: Audit;
  readonly faults: FaultBoard;
  readonly directory: Directory;
  readonly proxy: SipProxy;
  readonly carrier: Carrier;
  /** By name. */
  readonly phones: Phones;
  readonly clients: Map<string, TeamsClients>;
  readonly random: TwinRandom;
  readonly microsoft365: Microsoft365;
  readonly zones: ZoneBook;
  readonly mail: MailServer;
  /** What the twin remembers when it is started again on its data. */
  readonly state: StateFile;
  /** The SBC's certificate as minted. */
  readonly sbc: Issued;
  readonly config: TwinConfig;
  /** Microsoft changes its certificate; new connections see it. */
  rotateHubCertificate(variant: HubVariant): Promise<void>;
  close(): Promise<void>;
}

export async function startTwin(config: TwinConfig): Promise<Twin> {
  const clock = realClock;
  const random = twinRandom(config.seed);
  const audit = new Audit(() => clock.wall());
  const faults = new FaultBoard(() => random.fraction());
  const sbc = parseHostPort(config.sbcTeamsTls);
  const sbcCarrier = parseHostPort(config.sbcCarrier);
  const { ports, bindAddress: address } = config;

  const trust = await openTrustStore(join(config.dataDir, 'trust'), clock.wall());
  await writeBundle(trust, config.caFile);
  const sbcCertificate = await mintSbcFiles(trust, config.certificateDir, config.sbcBaseDomain, clock.wall());
  let hubCertificate = trust.hub;

  const state = new StateFile({
    path: join(config.dataDir, 'state.json'),
    after: (ms, fire) => clock.after(ms, fire),
    onTrouble: (what) => audit.add({ kind: 'warning', where: 'state', summary: what }),
  });
  const microsoftClock = new MovableClock(clock);
  // Time at Microsoft never goes back, nor do the tokens that it gave out.
  state.register('clock', {
    version: 1,
    save: () => microsoftClock.offsetMs,
    restore: (value) => microsoftClock.advance(Number(value)),
  });
  const { directory, seeded } = rehearsalDirectory(sbc.port, () => microsoftClock.wall());
  const clients = new Map<string, TeamsClients>();
  for (const [index, { user, clients: kinds, answers }] of seeded.entries()) {
    // Tones a telephone passes well, 30 Hz apart, all different from the carrier's.
    const toneHz = 400 + index * 30;
    clients.set(user.upn.toLowerCase(), new TeamsClients(user.upn, toneHz, kinds, answers, clock));
  }

  directory.onRenamed = (user, before) => {
    const owned = clients.get(before);
    clients.delete(before);
    if (!owned) return;
    owned.upn = user.upn;
    clients.set(user.upn.toLowerCase(), owned);
  };
  directory.onTouched = state.register('directory', directoryState(directory));
  for (const { users } of directory.tenants.values())
    for (const [upn, { upn: name }] of users)
      if (!clients.has(upn)) clients.set(upn, new TeamsClients(name, 400, [], { kind: 'ring' }, clock));

  const pool = new PortPool(ports.twinRtp);
  const openParty = (toneHz: number): Promise<Party> =>
    Party.open({ address, ports: pool, clock, random }, toneHz);
  const proxy = new SipProxy({
    address,
    ports: [ports.twinHub1, ports.twinHub2, ports.twinHub3],
    baseDomain: config.sbcBaseDomain,
    sbc,
    strict: config.strict ?? true,
    ...(config.sipT1Ms === undefined ? {} : { t1Ms: config.sipT1Ms }),
    clock,
    random,
    audit,
    faults,
    directory,
    clients,
    certificate: () => hubCertificate,
    roots: [trust.programmeRoot.cert],
    knownIntermediates: [trust.programme.cert],
    openParty,
  });
  const ported = new Set([
    ...rehearsalWorld.customers.flatMap(({ people, devices }) => [
      ...people.map(({ platform }) => platform?.number),
      ...devices.map(({ number }) => number),
    ]),
    ...rehearsalWorld.knownToMicrosoftOnly.flatMap(({ numbers }) => numbers),
  ]);
  const carrier = new Carrier({
    address,
    ports: [ports.twinCarrier, ports.twinCarrierSecond, ports.twinCarrierThird],
    sbc: sbcCarrier,
    clock,
    random,
    audit,
    faults,
    numbers: rehearsalWorld.carrier.numbers,
    defaultHabit: rehearsalWorld.carrier.defaultHabit,
    isPorted: (number) => ported.has(number),
    openParty,
  });

  const running: { close(): Promise<void> }[] = [];
  const closeAll = async (): Promise<void> => {
    await Promise.all(running.splice(0).map((part) => part.close().catch(() => undefined)));
  };
  try {
    await proxy.open();
    running.push(proxy);
    await carrier.open();
    running.push(carrier);
    const phones = await openPhones(config, {
      address,
      roots: [await readFile(config.caFile, 'utf8')],
      clock,
      random,
      audit,
      openParty,
    });
    running.push({
      close: async () => void (await Promise.all([...phones.values()].map((one) => one.close()))),
    });
    const zones = new ZoneBook(zoneOf(config, carrier.ports));
    zones.onChange = state.register('dns', zones.state());
    const microsoft365 = await startMicrosoft365({
      txt: (name) => zones.txt(name, faults.dns(name)),
      config,
      clock,
      microsoftClock,
      random,
      audit,
      faults,
      directory,
      clients,
      trust,
      state,
    });
    running.push(microsoft365);
    running.push({ close: () => state.flush() });
    proxy.callListeners.add((call) => logCall(call, microsoft365.calls, microsoftClock, random));
    const mail = await MailServer.open({
      address,
      port: ports.twinSmtp,
      certificate: trust.web,
      audit,
      wall: () => clock.wall(),
      delay: (ms) => new Promise((resolve) => void clock.after(ms, resolve)),
    });
    running.push(mail);
    const dns: DnsServer = await startDnsServer({
      address,
      port: ports.twinDns,
      zone: () => zones.zone,
      fault: (name) => faults.dns(name),
      onQuestion: (name, type, rcode) =>
        audit.add({ kind: 'dns', where: 'dns', summary: `${type} ${name}: ${rcode}` }),
    });
    running.push(dns);
    const at = (port: number): string => `${address}:${port}`;
    const twin: Omit<Twin, 'ready'> = {
      trust,
      audit,
      faults,
      directory,
      proxy,
      carrier,
      phones,
      clients,
      random,
      microsoft365,
      zones,
      mail,
      state,
      sbc: sbcCertificate,
      config,
      rotateHubCertificate: async (variant) => {
        hubCertificate = await issueHub(trust.microsoft, variant, clock.wall(), trust.untrusted);
        await proxy.renewCertificate();
      },
      close: closeAll,
    };
    const control: ControlServer = await startControl({
      address,
      port: ports.twinControl,
      token: config.controlToken,
      twin,
      clock,
    });
    running.push(control);
    return {
      ...twin,
      ready: {
        type: 'ready',
        control: control.url,
        login: microsoft365.loginUrl,
        graph: microsoft365.graphUrl,
        hubs: proxy.ports.map(at),
        carrier: at(carrier.ports[0] ?? 0),
        carrierSecond: at(carrier.ports[1] ?? 0),
        dns: at(dns.port),
        smtp: at(mail.port),
        ca: config.caFile,
        microsoftRoot: join(config.dataDir, 'trust', 'microsoft.cert.pem'),
      },
    };
  } catch (error) {
    await closeAll();
    throw error;
  }
}

function zoneOf(config: TwinConfig, carrierPorts: readonly number[]): Zone {
  const here = config.bindAddress;
  const sbcHost = parseHostPort(config.sbcTeamsTls).host;
  const addresses = new Map<string, string>();
  for (const name of [...config.hubNames, ...regions.map(regionalName)])
    addresses.set(name.toLowerCase(), here);
  addresses.set(config.sbcBaseDomain, sbcHost);
  for (const customer of rehearsalWorld.customers) addresses.set(customer.sbcHost, sbcHost);
  const carrier = 'carrier.example.net';
  const targets = ['a', 'b', 'c'].map((label) => `${label}.${carrier}`);
  for (const target of targets) addresses.set(target, here);
  addresses.set(carrier, here);
  const services = new Map(
    ['_sip._udp', '_sip._tcp'].map((service) => [
      `${service}.${carrier}`,
      targets.map((target, index) => ({
        priority: (index + 1) * 10,
        weight: 10,
        port: carrierPorts[index] ?? 5060,
        target,
      })),
    ]),
  );
  return { addresses, services, ttlSeconds: 30 };
}
