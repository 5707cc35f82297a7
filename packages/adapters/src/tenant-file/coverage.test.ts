import assert from 'node:assert/strict';
import { test } from 'node:test';
import { presenceSyncSettings, provisioningSettings, routes } from '@tandem/contract';
import { z } from 'zod';
import { tenantFileShape } from './file-shape.ts';

/** In the file: each field of the operation's body, with its place there; or why this one field is not. */
type Places = Readonly<Record<string, string | { readonly not: string }>>;
/** `by`: the entry itself stands there; leaving it out, with `prune`, takes it away. */
type Row = { readonly not: string } | { readonly by: string; readonly fields?: Places };

const not = (why: string) => ({ not: why }) as const;
const proof = not('a sign-in or an approval at Microsoft, which no file can give');
const deed = not('done once, to what stands at Microsoft at that moment');
const looks = not('reads again or tries again; nothing is set by it');
const theirs = not('the person’s own and nobody else’s business, not an administrator’s either');
const passing = not('ends by itself, or belongs to this day');
const sound = not(
  'a recording: a file is one text that is planned and approved as a whole, and what is heard cannot be read in it',
);
const whose = not('which account it is, said with the file');
const same = (section: string, ...fields: readonly string[]): Places =>
  Object.fromEntries(fields.map((field) => [field, `${section}.${field}`]));
const accountFields = [
  ...['mailDomains', 'country', 'areaCode', 'timeZone', 'mainNumber', 'unknownCaller'],
  ...['noAnswerSeconds', 'carriers'],
];
const queueFields = [
  ...['name', 'extension', 'number', 'offerSeconds', 'wrapUpSeconds', 'maxWaitSeconds', 'maxWaiting'],
];
const guarded = not('guards against two who change at once; the plan’s name does that for a file');

/** Every operation that writes. A new one without a row fails the test below. */
const table: Readonly<Record<string, Row>> = {
  'accounts.create': not('a file is applied to an account that is there'),
  'accounts.change': {
    by: 'account',
    fields: {
      name: not('whose file it is: compared, never set'),
      ...same('account', ...accountFields, 'status', 'teams'),
    },
  },
  'connections.signIn': proof,
  'connections.consent': proof,
  'connections.complete': proof,
  'connections.approvalLink': proof,
  'connections.approve': proof,
  'connections.register': not('a credential of the customer’s app, which stands in no file'),
  'connections.replaceRegistration': not('a credential of the customer’s app, which stands in no file'),
  'connections.setPresenceRegistration': not('a credential of the customer’s app, which stands in no file'),
  'connections.dropPresenceRegistration': deed,
  'connections.changeFeatures': { by: 'connections.features', fields: same('connections', 'features') },
  'connections.recheck': looks,
  'connections.disconnect': deed,
  'signIns.newPassword': not('a secret that is shown once'),
  'carriers.credentials': not('a secret that is never given back'),
  'directory.refresh': looks,
  'directory.decide': deed,
  'routingDomains.create': deed,
  'routingDomains.step': deed,
  'routingDomains.calling': {
    by: 'connections.routingDomains',
    fields: same('connections.routingDomains', 'holdMusic'),
  },
  'routingDomains.script': deed,
  'routingDomains.paste': deed,
  'routingDomains.report': deed,
  'routingDomains.startOver': deed,
  'routingDomains.delete': deed,
  'provisioning.change': {
    by: 'provisioning.tenant',
    fields: same('provisioning', ...Object.keys(provisioningSettings.shape)),
  },
  'provisioning.preview': looks,
  'provisioning.decideHeld': deed,
  'provisioning.recheck': looks,
  'provisioning.retry': looks,
  'provisioning.push': deed,
  'provisioning.drift': deed,
  'provisioning.approve': not('a decision about whom the group proposes now'),
  'provisioning.takeOverPreview': looks,
  'provisioning.takeOver': deed,
  'provisioning.choose': not('one of those whom Microsoft’s directory offers at that moment'),
  'provisioning.confirmWorks': theirs,
  'provisioning.override': not('what an administrator saw with their own eyes'),
  'provisioning.undo': deed,
  'presence.set': passing,
  'presence.release': passing,
  'presence.fix': looks,
  'presence.changeExceptions': {
    by: 'people.own',
    fields: { ...same('people.own', 'important', 'quietHours', 'unavailable', 'rules'), timeBoxed: passing },
  },
  'presenceSync.change': {
    by: 'presence',
    fields: {
      version: guarded,
      settings: 'presence',
    },
  },
  'presenceSync.resetRules': { by: 'presence.rules', fields: { version: guarded } },
  'presenceSync.preview': looks,
  'presenceSync.choosePeople': {
    by: 'people.own.presence',
    fields: { action: 'people.own.presence', people: 'people.upn' },
  },
  'presenceSync.choose': { by: 'people.own.presence', fields: { action: 'people.own.presence' } },
  'presenceSync.link': not('one of those whom Microsoft’s directory offers at that moment'),
  'presenceSync.unlink': not('one of those whom Microsoft’s directory offers at that moment'),
  'presenceSync.startRun': looks,
  'ranges.create': {
    by: 'ranges',
    fields: { account: whose, ...same('ranges', 'name', 'first', 'last', 'when') },
  },
  'ranges.change': { by: 'ranges', fields: same('ranges', 'name', 'when') },
  'ranges.delete': { by: 'ranges' },
  'numbers.add': { by: 'numbers', fields: { account: whose, numbers: 'numbers.number' } },
  'numbers.change': {
    by: 'numbers.hold',
    fields: {
      reserveFor: 'numbers.hold',
      until: 'numbers.hold',
      ported: 'numbers.hold',
      reason: 'numbers.hold',
      endQuarantine: not('a decision about one number that rests; a file leaves what rests alone'),
    },
  },
  'numbers.delete': { by: 'numbers' },
  'people.create': {
    by: 'people',
    fields: {
      account: whose,
      ...same('people', 'displayName', 'upn', 'mail', 'extension', 'number'),
      teamsToggle: 'people.teams',
      platformLicence: 'people.licence',
    },
  },
  'people.change': {
    by: 'people',
    fields: {
      teamsToggle: 'people.teams',
      platformLicence: 'people.licence',
      leaver: 'people.own.leaver',
      ...same('people', 'number', 'active'),
    },
  },
  'people.delete': { by: 'people' },
  'jobs.create': not('a job changes people, whom the file has'),
  'jobs.start': not('a job changes people, whom the file has'),
  'jobs.pause': passing,
  'jobs.resume': passing,
  'jobs.cancel': passing,
  'jobs.undo': not('the file before is the undoing of a file'),
  'tags.set': { by: 'people.tags', fields: { tags: 'people.tags' } },
  'tenantFile.plan': not('the file itself'),
  'tenantFile.apply': not('the file itself'),
  'webhooks.create': {
    by: 'webhooks',
    fields: { account: whose, ...same('webhooks', 'name', 'url', 'events') },
  },
  'webhooks.change': { by: 'webhooks', fields: same('webhooks', 'name', 'url', 'events', 'active') },
  'webhooks.delete': { by: 'webhooks' },
  'webhooks.test': looks,
  'contacts.add': theirs,
  'contacts.change': theirs,
  'contacts.remove': theirs,
  'ownConnection.begin': proof,
  'ownConnection.complete': proof,
  'ownConnection.disconnect': proof,
  'acceleration.change': { by: 'presence', fields: same('presence', 'ownConnections', 'accelerate') },
  'acceleration.begin': proof,
  'acceleration.remove': proof,
  'queues.create': {
    by: 'queues',
    fields: {
      account: whose,
      ...same('queues', ...queueFields, 'members'),
      overflow: 'queues.overflowTo',
    },
  },
  'queues.change': {
    by: 'queues',
    fields: { version: guarded, ...same('queues', ...queueFields), overflow: 'queues.overflowTo' },
  },
  'queues.delete': { by: 'queues' },
  'queues.setMembers': { by: 'queues', fields: { version: guarded, members: 'queues.members' } },
  'queues.logIn': passing,
  'voicemail.change': theirs,
  'voicemail.delete': theirs,
  'voicemail.choose': { by: 'people.own', fields: { owner: 'people.own.voicemail' } },
  'voicemail.greet': theirs,
  'voicemail.ungreet': theirs,
  'voicemail.changeAccount': {
    by: 'voicemail',
    fields: same('voicemail', 'owner', 'maxSeconds', 'retentionDays'),
  },
  'voicemail.greetAccount': sound,
  'voicemail.ungreetAccount': sound,
  'voicemail.announceAccount': sound,
  'voicemail.unannounceAccount': sound,
  'session.create': passing,
  'session.microsoft': passing,
  'session.microsoftReturn': passing,
  'session.delete': passing,
  'calls.hangUp': passing,
  'consent.change': not('what the customer allows the operator, who applies files as well'),
  'proposals.approve': not('a decision about what somebody else proposed'),
  'proposals.rescue': not('a decision about what somebody else proposed'),
  'proposals.reject': not('a decision about what somebody else proposed'),
  'proposals.withdraw': not('a decision about what somebody else proposed'),
};

/** The schema at a place of the file, through lists; undefined: a file cannot say that. */
function schemaAt(place: string): unknown {
  let schema: unknown = tenantFileShape;
  for (const step of place.split('.')) {
    const inner = bare(schema);
    schema = inner instanceof z.ZodObject ? inner.shape[step] : undefined;
  }
  return schema;
}

function bare(schema: unknown): unknown {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodNullable) return bare(schema.unwrap());
  if (schema instanceof z.ZodArray) return bare(schema.element);
  if (schema instanceof z.ZodPipe) return bare(schema.in instanceof z.ZodTransform ? schema.out : schema.in);
  return schema;
}

const writing = Object.entries(routes).filter(([, { method }]) => method !== 'GET');

test('every operation of the API that writes has its place in the file, or a reason why it is none of its business', () => {
  const missing = writing.flatMap(([id]) => (table[id] ? [] : [id]));
  assert.deepEqual(missing, [], 'say in the table where the file has it, or why it is not configuration');
});

test('every field that such an operation takes is named, and the place that it names is one that a file can have', () => {
  for (const [id, route] of writing) {
    const row = table[id];
    if (!row || 'not' in row) continue;
    assert.ok(schemaAt(row.by), `${id}: a file has no ${row.by}`);
    const body = bare('body' in route ? route.body : undefined);
    const fields = body instanceof z.ZodObject ? Object.keys(body.shape) : [];
    assert.deepEqual(Object.keys(row.fields ?? {}).sort(), fields.sort(), id);
    for (const place of Object.values(row.fields ?? {}))
      if (typeof place === 'string') assert.ok(schemaAt(place), `${id}: a file has no ${place}`);
  }
  for (const field of Object.keys(presenceSyncSettings.shape))
    assert.ok(schemaAt(`presence.${field}`), `a file has no presence.${field}`);
});
