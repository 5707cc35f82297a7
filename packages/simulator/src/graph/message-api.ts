import type { TeamsUser } from '../directory/tenant.ts';
import { context, fail, type GraphAnswer, type GraphCall, notFound, ok } from './graph-world.ts';
import { getPresence } from './presence-api.ts';
import type { SentItem } from './sent-items.ts';
import { getUser, seenUser } from './users.ts';

/** Mail, activity notifications and chat as far as an app may (graph 7.1; checks M1 to M3), and `me`. */

/** The person who signed in, as a path parameter of the operations on users. */
export const asMe =
  (run: (call: GraphCall) => GraphAnswer) =>
  (call: GraphCall): GraphAnswer =>
    run({ ...call, params: { ...call.params, 'user-id': call.caller.objectId } });

export const getMe = asMe(getUser);
export const getMyPresence = asMe(getPresence);

function remember(call: GraphCall, kind: SentItem['kind'], user: TeamsUser, content: unknown): void {
  call.world.sent.add({
    at: new Date(call.world.clock.wall()).toISOString(),
    kind,
    tenantId: call.tenant.id,
    appId: call.caller.appId,
    userPrincipalName: user.upn,
    content: content as Record<string, unknown>,
  });
}

interface MailBody {
  readonly message?: {
    readonly toRecipients?: readonly { readonly emailAddress?: { readonly address?: string | null } }[];
  };
}

/** 202 says that it was taken, not that it arrives. */
export function sendMail(call: GraphCall): GraphAnswer {
  const id = call.params['user-id'] ?? '';
  const user = seenUser(call, id);
  if (!user) return fail(404, 'ErrorInvalidUser', `The requested user '${id}' is invalid.`, 'M1');
  if (user.mail === null)
    return fail(404, 'MailboxNotEnabledForRESTAPI', 'The mailbox is inactive or hosted on-premise.', 'M1');
  const { message } = call.body as MailBody;
  const to = message?.toRecipients ?? [];
  if (to.length === 0)
    return fail(400, 'ErrorInvalidRecipients', 'At least one recipient is not valid.', 'M1');
  if (to.some(({ emailAddress }) => !/^[^\s@]+@[^\s@]+$/.test(emailAddress?.address ?? '')))
    return fail(400, 'ErrorInvalidRecipients', 'At least one recipient is not valid.', 'M1');
  remember(call, 'mail', user, call.body);
  return { status: 202 };
}
export const sendMyMail = asMe(sendMail);

interface ActivityBody {
  readonly topic?: {
    readonly source?: string;
    readonly value?: string;
    readonly webUrl?: string | null;
  } | null;
  readonly activityType?: string | null;
  readonly previewText?: { readonly content?: string | null } | null;
  readonly recipients?: readonly ({ readonly userId?: string } | null)[];
}

/** What is wrong with a notification whoever gets it. */
function judgeActivity(call: GraphCall): GraphAnswer | undefined {
  const { topic, activityType, previewText } = call.body as ActivityBody;
  const refuse = (why: string): GraphAnswer => fail(400, 'BadRequest', why, 'M2');
  if (!topic?.source || !topic.value) return refuse('topic needs source and value.');
  if (topic.source === 'text' && !/^https:\/\/teams\.microsoft\.com\/l\//.test(topic.webUrl ?? ''))
    return refuse('topic of source text needs a webUrl that is a Teams deep link.');
  if (!previewText?.content) return refuse('previewText is missing.');
  if (!activityType || !call.world.sent.activityTypes.has(activityType))
    return refuse(`activityType '${activityType}' is not declared in the manifest of the Teams app.`);
  return undefined;
}

const notInstalled = fail(
  403,
  'Forbidden',
  'Application with AAD App Id is not authorized to generate notifications to the recipient: the Teams app is not installed.',
  'M2',
);

export function sendActivityNotification(call: GraphCall): GraphAnswer {
  const id = call.params['user-id'] ?? '';
  const user = seenUser(call, id);
  if (!user) return notFound(id, 'M2');
  const refused = judgeActivity(call);
  if (refused) return refused;
  if (call.world.sent.withoutApp.has(user.objectId)) return notInstalled;
  remember(call, 'activity', user, call.body);
  return { status: 204 };
}

const mostRecipients = 100;

export function sendActivityToMany(call: GraphCall): GraphAnswer {
  const refused = judgeActivity(call);
  if (refused) return refused;
  const recipients = (call.body as ActivityBody).recipients ?? [];
  if (recipients.length === 0 || recipients.length > mostRecipients)
    return fail(400, 'BadRequest', `1 to ${mostRecipients} recipients.`, 'M2');
  // Taken for all; who does not have the app simply sees nothing.
  for (const recipient of recipients) {
    const user = seenUser(call, recipient?.userId ?? '');
    if (user && !call.world.sent.withoutApp.has(user.objectId)) remember(call, 'activity', user, call.body);
  }
  return { status: 202 };
}

/** An app cannot speak in a chat: only imports can (M3). A person may, in chats that the twin does not have. */
export function sendChatMessage({ caller, params }: GraphCall): GraphAnswer {
  const person = caller.kind === 'user' && caller.scopes.some((scope) => chatScopes.has(scope));
  return person
    ? notFound(params['chat-id'] ?? '', 'M3')
    : fail(403, 'Forbidden', 'Posting into a chat needs a person, or a chat that is being imported.', 'M3');
}
const chatScopes = new Set(['ChatMessage.Send', 'Chat.ReadWrite', 'Group.ReadWrite.All']);

/** `automaticRepliesSetting`: where out of office comes from (graph 2.3). */
export function getMailboxSettings(call: GraphCall): GraphAnswer {
  const id = call.params['user-id'] ?? '';
  const user = seenUser(call, id);
  if (!user) return notFound(id);
  if (user.mail === null)
    return fail(404, 'MailboxNotEnabledForRESTAPI', 'The mailbox is inactive or hosted on-premise.');
  const { outOfOffice } = call.world.presence.shown(user);
  return ok({
    '@odata.context': context(call.base, `users('${user.objectId}')/mailboxSettings`),
    timeZone: 'UTC',
    automaticRepliesSetting: { status: outOfOffice ? 'alwaysEnabled' : 'disabled', externalAudience: 'none' },
  });
}
