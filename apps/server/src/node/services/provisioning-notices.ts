import type { Account, Link, Person } from '@tandem/domain';
import { sentenceOf } from '@tandem/domain';
import type { Mailer, ProvisioningNotice, ProvisioningSettings } from '@tandem/engine';

export interface NoticeOf {
  readonly account: Account;
  readonly settings: ProvisioningSettings;
  readonly person: Person | undefined;
  readonly link: Link | undefined;
  /** The portal as people reach it; undefined: no address is known outside. */
  readonly portalUrl: string | undefined;
}

/** Whom to write what, or undefined where nobody needs to hear. */
export function mailOf(
  notice: ProvisioningNotice,
  { account, settings, person, link, portalUrl }: NoticeOf,
): Parameters<Mailer['send']>[0] | undefined {
  const page = portalUrl === undefined || !person ? '' : `\n\n${portalUrl}/people/${person.id}`;
  const key = (what: string): string =>
    `provisioning:${person?.id ?? account.id}:${link?.generation ?? 0}:${what}`;
  switch (notice.kind) {
    case 'tell-person': {
      const address = person?.mail ?? person?.upn;
      if (!settings.messages.toPerson || !person || address === undefined) return undefined;
      const [number] = person.numbers;
      const { testNumber } = settings.messages;
      const reminder = notice.about === 'reminder';
      return {
        accountId: account.id,
        to: [address],
        key: key(notice.about),
        subject: reminder ? 'Your Teams calling still waits for a restart' : 'You can call with Teams now',
        text: [
          reminder
            ? 'Since yesterday your Teams can make and receive calls, and we have not seen it work yet.'
            : 'Your Teams can make and receive calls from now on.',
          number === undefined ? '' : `Your number is ${number}.`,
          'Quit Teams fully (not only the window) and open it again; then the dial pad is under Calls.',
          testNumber === undefined ? '' : `To try it, call ${testNumber}.`,
          portalUrl === undefined ? '' : 'If it works, say so on your page; if not, it says what is missing:',
        ]
          .filter((line) => line !== '')
          .join('\n')
          .concat(page),
      };
    }
    case 'alert': {
      if (notice.about === 'drift' || notice.about === 'refused') return undefined;
      const name = person?.displayName ?? 'A person who was deleted';
      const sentence = notice.code === undefined ? '' : sentenceOf(notice.code);
      const subject = {
        blocked: `${name} cannot call with Teams yet`,
        late: `Microsoft has not shown ${name}'s number for a day`,
        stranded: `${name}'s number cannot be taken back at Microsoft`,
      }[notice.about];
      return {
        accountId: account.id,
        to: 'admins',
        key: key(notice.about),
        subject,
        text: `${subject}. ${notice.code ?? ''} ${sentence}${page}`,
      };
    }
    case 'held': {
      const { held } = notice;
      return {
        accountId: account.id,
        to: 'admins',
        key: `provisioning:${account.id}:held:${held.source}:${held.sinceWallMs}`,
        subject: `${held.people.size} of ${held.linked} people would lose Teams calling at once`,
        text: `${
          held.source === 'microsoft'
            ? 'They left the enable group, or Microsoft does not list them any more.'
            : 'They were deleted, switched off or lost their numbers on the platform.'
        } They keep calling until you decide.${portalUrl === undefined ? '' : `\n\n${portalUrl}/microsoft`}`,
      };
    }
    case 'release-number':
      return undefined;
  }
}
