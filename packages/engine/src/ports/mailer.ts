import type { AccountId } from '@tandem/domain';

export interface Mail {
  readonly accountId: AccountId;
  /** `admins`: whoever administers the account and has an address. */
  readonly to: 'admins' | readonly string[];
  readonly subject: string;
  readonly text: string;
  /** The same key is the same mail: sent once, over restarts too. */
  readonly key: string;
  readonly attachments?: readonly {
    readonly name: string;
    readonly type: string;
    readonly content: string;
  }[];
}

/** Mail that goes out by SMTP. Never rejects: what cannot be sent now is tried again, and told of. */
export interface Mailer {
  send(mail: Mail): Promise<void>;
}
