import { branchMachine } from '@tandem/engine/call/branch.machine.ts';
import { callMachine } from '@tandem/engine/call/call.machine.ts';
import { connectionMachine } from '@tandem/engine/connection/connection.machine.ts';
import { peerHealth } from '@tandem/engine/health/peer-health.machine.ts';
import { signInMachine } from '@tandem/engine/own-connection/sign-in.machine.ts';
import { runMachine } from '@tandem/engine/presence-sync/run.machine.ts';
import { memberMachine } from '@tandem/engine/queue/member.machine.ts';
import { mailboxMachine } from '@tandem/engine/voicemail/mailbox.machine.ts';
import {
  dialogMachine,
  drawMachine,
  inviteClient,
  inviteServer,
  inviteTurn,
  nonInviteClient,
  nonInviteServer,
  subscriptionMachine,
} from '@tandem/sip';
import { childMachine } from '../../apps/server/src/supervisor/child.machine.ts';
import { fence, heading } from './page.ts';

type Tables = Parameters<typeof drawMachine>[0];

/** A table whose steps do nothing but lead on. */
const asSteps = (machine: object): Record<string, Record<string, unknown[]>> =>
  Object.fromEntries(
    Object.entries(machine).map(([from, row]) => [
      from,
      Object.fromEntries(Object.entries(row as object).map(([input, to]) => [input, [to]])),
    ]),
  );
const simple = asSteps(peerHealth);

const machines: readonly {
  readonly title: string;
  readonly source: string;
  readonly about: string;
  readonly machine: unknown;
}[] = [
  {
    title: 'A call',
    source: 'packages/engine/src/call/call.machine.ts',
    about: 'One call, from INVITE to the closed record.',
    machine: callMachine,
  },
  {
    title: 'A branch of a call',
    source: 'packages/engine/src/call/branch.machine.ts',
    about: 'The way to one endpoint of the called side: Teams, a phone, or a carrier.',
    machine: branchMachine,
  },
  {
    title: "A member's turn in queues",
    source: 'packages/engine/src/queue/member.machine.ts',
    about: 'Over all queues in which the member is; only who is idle can be offered a call.',
    machine: asSteps(memberMachine),
  },
  {
    title: 'A mailbox that answers a caller',
    source: 'packages/engine/src/voicemail/mailbox.machine.ts',
    about: 'From the greeting until the caller is gone; what was recorded is a message then, or nothing.',
    machine: mailboxMachine,
  },
  {
    title: 'A connection with Microsoft 365',
    source: 'packages/engine/src/connection/connection.machine.ts',
    about:
      'An account and one Entra tenant. Before the first proof it is a way that can be left and resumed; after it, it is never less than interrupted.',
    machine: connectionMachine,
  },
  {
    title: "A person's sign-in at Microsoft",
    source: 'packages/engine/src/own-connection/sign-in.machine.ts',
    about:
      'Kept for the own connection of a person, or for the speed-up of presence. An interruption is told once; the same sign-in goes on when it ends.',
    machine: signInMachine,
  },
  {
    title: 'A run of presence',
    source: 'packages/engine/src/presence-sync/run.machine.ts',
    about: 'Everybody in its scope is matched with Microsoft and read once; then one mail tells the result.',
    machine: asSteps(runMachine),
  },
  {
    title: 'The health of a peer',
    source: 'packages/engine/src/health/peer-health.machine.ts',
    about:
      'Hubs and carrier addresses, by what OPTIONS and calls tell. `down` and `recovering` are tried last.',
    machine: simple,
  },
  {
    title: 'A child process',
    source: 'apps/server/src/supervisor/child.machine.ts',
    about: 'What the supervisor does with media, twin, node and PostgreSQL ([as a table](supervisor.md)).',
    machine: childMachine,
  },
  {
    title: 'A SIP dialog',
    source: 'packages/sip/src/dialog/dialog.machine.ts',
    about: 'RFC 3261 sections 12 and 15.',
    machine: dialogMachine,
  },
  {
    title: 'Whose turn it is to INVITE in a dialog',
    source: 'packages/sip/src/dialog/invite-turn.machine.ts',
    about: 'RFC 3261 section 14, RFC 5407 section 3.1.4.',
    machine: inviteTurn,
  },
  {
    title: 'A subscription of a phone',
    source: 'packages/sip/src/subscription/subscription.machine.ts',
    about: 'RFC 6665 section 4.2: one NOTIFY at a time, the newest state next, the end last.',
    machine: subscriptionMachine,
  },
  {
    title: 'INVITE client transaction',
    source: 'packages/sip/src/transaction/invite-client.machine.ts',
    about: 'RFC 3261 section 17.1.1 with RFC 6026.',
    machine: inviteClient,
  },
  {
    title: 'INVITE server transaction',
    source: 'packages/sip/src/transaction/invite-server.machine.ts',
    about: 'RFC 3261 section 17.2.1 with RFC 6026.',
    machine: inviteServer,
  },
  {
    title: 'Non-INVITE client transaction',
    source: 'packages/sip/src/transaction/non-invite-client.machine.ts',
    about: 'RFC 3261 section 17.1.2.',
    machine: nonInviteClient,
  },
  {
    title: 'Non-INVITE server transaction',
    source: 'packages/sip/src/transaction/non-invite-server.machine.ts',
    about: 'RFC 3261 section 17.2.2.',
    machine: nonInviteServer,
  },
];

/** Diagrams drawn from the very tables that the program runs on. */
export function machinesPage(): string {
  return [
    ...heading('State machines', 'the tables named below'),
    'Drawn from the tables that the program runs on. An edge says `input / actions`; an input that changes nothing is not drawn.',
    '',
    ...machines.flatMap(({ title, source, about, machine }) => [
      `## ${title}`,
      '',
      `${about} Source: \`${source}\`.`,
      '',
      ...fence('mermaid', drawMachine(machine as Tables)),
      '',
    ]),
  ].join('\n');
}
