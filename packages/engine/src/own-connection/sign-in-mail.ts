import type { Mail } from '../ports/mailer.ts';
import type { StoredSignIn } from '../ports/own-sign-ins.ts';
import { signInTroubleTable } from './sign-in-trouble.ts';

/** Names and next steps; never a token and never anybody's state. Undefined: there is nobody to tell. */
export function interruptedMail(
  signIn: StoredSignIn,
  parts: {
    readonly accountName: string;
    readonly person:
      | { readonly displayName: string; readonly upn: string; readonly mail?: string }
      | undefined;
    readonly portal: string;
  },
): Mail | undefined {
  const { life, use, name } = signIn;
  const { accountName, person, portal } = parts;
  if (use === 'own' && !person) return undefined;
  const row = signInTroubleTable[life.reason ?? 'sign-in-refused'];
  const own = use === 'own';
  return {
    accountId: signIn.accountId,
    to: own && person ? [person.mail ?? person.upn] : 'admins',
    subject: own
      ? 'Your connection with Microsoft Teams needs attention'
      : `The speed-up of presence needs attention - ${accountName}`,
    key: `own-sign-in:${signIn.id}:${life.sinceWallMs}`,
    text: [
      own
        ? `Your sign-in at Microsoft (${name}) does not work any more. ${row.say}`
        : `The sign-in of ${name}, by which Microsoft tells of changes of presence at once, does not work any more. ${row.say}`,
      '',
      `What to do: ${row.next}`,
      '',
      own
        ? 'Calls go on. Until then your state in Teams comes by your organisation’s connection, or where there is none, not at all.'
        : 'Calls go on, and presence is read as before, every 5 to 30 seconds.',
      '',
      `Account: ${accountName}`,
      `Since: ${new Date(life.sinceWallMs).toISOString()}`,
      `Page: ${portal}${own ? '/me/presence' : '/presence'}`,
      '',
    ].join('\n'),
  };
}
