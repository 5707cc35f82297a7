import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Account, asAccountId, asPersonId, type E164, type Person } from '@tandem/domain';
import fc from 'fast-check';
import type { AskedPerson, ReadAsk, Reading } from '../ports/microsoft.ts';
import { AccountProvisioner } from './account-provisioner.ts';
import type { MicrosoftFacts } from './facts.ts';
import type { ProvisioningNotice } from './provisioner-deps.ts';
import { defaultSettings } from './settings.ts';
import { FakeTenant, MemoryKeeper, VirtualClock } from './test-tenant.ts';

const number = '+12025550142' as E164;
const account = {
  id: asAccountId('acme'),
  name: 'Acme',
  status: 'active',
  sbcHosts: [],
  mailDomains: [],
  country: 'US',
  timeZone: 'UTC',
  unknownCaller: 'reject',
  carriers: [],
  noAnswerSeconds: 20,
} as Account;
const dana: Person = {
  id: asPersonId('dana'),
  accountId: account.id,
  displayName: 'Dana',
  upn: 'dana@acme.example',
  mail: 'dana@acme.example',
  numbers: [number],
  active: true,
  teamsToggle: true,
  platformLicence: true,
};
const objectId = 'id-dana@acme.example';

/** Each step of Microsoft takes its own time, and Graph's parts show it later still; some parts fail now and then. */
interface Delays {
  readonly exists: number;
  readonly joins: number;
  readonly licensed: number;
  readonly licenceShows: number;
  readonly operation: number;
  readonly voiceShows: number;
  readonly policyShows: number;
  readonly relaunch: number;
  readonly deaf: readonly boolean[];
}

class SlowTenant extends FakeTenant {
  readonly delays: Delays;
  readonly began: number;
  #voiceSince: number | undefined;
  #policySince: number | undefined;
  #reads = 0;

  constructor(clock: VirtualClock, delays: Delays) {
    super(clock);
    this.delays = delays;
    this.began = clock.wall();
    this.operationMs = delays.operation;
    clock.after(delays.joins, () => this.members.add(objectId));
  }

  /** Everything that a call needs is so by now, whatever Graph shows. */
  get works(): boolean {
    const past = this.clock.wall() - this.began;
    const { exists, joins, licensed, licenceShows, voiceShows, policyShows } = this.delays;
    this.note();
    const since = (from: number | undefined, ms: number): boolean =>
      from !== undefined && this.clock.wall() - from >= ms;
    return (
      past >= Math.max(exists, joins, licensed + licenceShows) &&
      since(this.#voiceSince, voiceShows) &&
      since(this.#policySince, policyShows)
    );
  }

  note(): void {
    if (this.held.has(objectId)) this.#voiceSince ??= this.clock.wall();
    if (this.policies.has(`${objectId} voiceRouting`)) this.#policySince ??= this.clock.wall();
  }

  override async read(ask: ReadAsk, people: readonly AskedPerson[]): Promise<Reading> {
    const reading = await super.read(ask, people);
    this.note();
    const past = this.clock.wall() - this.began;
    const { exists, licensed, licenceShows, voiceShows, policyShows, deaf } = this.delays;
    const mute = deaf[this.#reads++ % Math.max(1, deaf.length)] === true;
    const shows = (from: number | undefined, ms: number): boolean =>
      from !== undefined && this.clock.wall() - from >= ms;
    const facts = new Map(
      [...reading.facts].map(([id, one]): [typeof id, MicrosoftFacts] => {
        const licence = {
          phone: past >= licensed ? ('usable' as const) : ('missing' as const),
          callingPlan: false,
          seenByTeams: past >= licensed + licenceShows,
        };
        const policies = shows(this.#policySince, policyShows)
          ? one.policies
          : { voiceRouting: { name: null }, calling: { name: null }, dialPlan: { name: null } };
        return [
          id,
          {
            ...one,
            user: past >= exists ? one.user : null,
            inEnableGroup: past >= exists ? one.inEnableGroup : false,
            licence: mute ? 'unread' : licence,
            number:
              one.number === 'unread'
                ? one.number
                : { ...one.number, voiceEnabled: shows(this.#voiceSince, voiceShows) },
            policies: mute ? 'unread' : policies,
          },
        ];
      }),
    );
    return { ...reading, facts };
  }
}

const ms = (most: number): fc.Arbitrary<number> => fc.integer({ min: 0, max: most });

test('500 random courses of a joiner: never ready, and never told so, before everything works (U01)', async () => {
  let ready = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.record({
        exists: ms(20_000),
        joins: ms(20_000),
        licensed: ms(20_000),
        licenceShows: ms(20_000),
        operation: fc.integer({ min: 100, max: 20_000 }),
        voiceShows: ms(40_000),
        policyShows: ms(40_000),
        relaunch: ms(60_000),
        deaf: fc
          .array(fc.boolean(), { maxLength: 4 })
          .filter((list) => list.length === 0 || list.includes(false)),
      }),
      async (delays) => {
        const clock = new VirtualClock();
        const tenant = new SlowTenant(clock, delays);
        const told: ProvisioningNotice[] = [];
        const settings = defaultSettings(account.id, {
          enableGroups: [{ id: 'group', name: 'Voice Users' }],
          routingByHand: true,
          policies: {
            voiceRouting: { kind: 'assign', name: 'VRP-Acme' },
            calling: { kind: 'by-hand' },
            dialPlan: { kind: 'by-hand' },
          },
        });
        let relaunched = false;
        let isReady = false;
        const provisioner: AccountProvisioner = new AccountProvisioner(account, settings, {
          tenant,
          keeper: new MemoryKeeper(),
          clock,
          random: () => 0.5,
          // Told whenever anything that is said may have changed: no moment is missed.
          onPerson() {
            if (provisioner.judge(account, dana)?.report.verdict !== 'ready') return;
            assert.ok(tenant.works && relaunched, 'a false ready');
            isReady = true;
          },
          onObjectIds: () => undefined,
          onProblem: (what) => assert.fail(what),
          notify(notice) {
            told.push(notice);
            if (notice.kind === 'tell-person') assert.ok(tenant.works, 'told before it works');
          },
        });
        provisioner.own(account, [dana], settings);
        provisioner.start();
        let worksSince: number | undefined;
        for (let step = 0; step < 40 && !isReady; step++) {
          await clock.pass(6_000);
          if (tenant.works) worksSince ??= clock.wall();
          if (worksSince === undefined || clock.wall() - worksSince < delays.relaunch) continue;
          relaunched = true;
          provisioner.noteCall(dana.id, clock.wall());
        }
        if (isReady) ready++;
        provisioner.stop();
        assert.ok(tenant.writes.filter(({ kind }) => kind === 'assign').length <= 1, 'assigned once');
        assert.ok(told.filter(({ kind }) => kind === 'tell-person').length <= 1, 'told once');
      },
    ),
    { numRuns: 500 },
  );
  assert.ok(ready > 400, `only ${ready} of 500 came to their end`);
});
