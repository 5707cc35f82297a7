import { z } from 'zod';
import { callSummary } from './call.ts';
import { e164, id, text, timestamp } from './common.ts';
import { presence } from './presence.ts';

/** Where a number was found; what can be dialled stands in `number`. */
export const contactNumberSources = ['extension', 'platform', 'directory', 'own'] as const;

export const contactNumber = z.object({
  source: z.enum(contactNumberSources),
  text: z.string().describe('As it is written there'),
  number: z
    .string()
    .optional()
    .describe('E.164 or an extension: what to dial; absent when it cannot be read'),
});
export type ContactNumber = z.infer<typeof contactNumber>;

/** A person is one card, wherever the person is known: here, in Microsoft’s directory, in one’s own list. */
export const contactCard = z.object({
  key: z.string().describe('Stable: `person:`, `microsoft:` or `own:` and the id'),
  displayName: z.string(),
  personId: id.optional().describe('Who of ours this is'),
  objectId: z.string().optional().describe('Who this is in Entra'),
  mail: z.string().optional(),
  jobTitle: z.string().optional(),
  department: z.string().optional(),
  city: z.string().optional(),
  numbers: z.array(contactNumber).describe('The best to dial first'),
  presence: presence
    .optional()
    .describe('Absent for who is not a person of ours, and while nothing is known'),
  own: z
    .object({
      id,
      favourite: z.boolean(),
      speedDial: z.number().int().optional().describe('Place on the speed dials, 1-99'),
    })
    .optional()
    .describe('How this stands in one’s own list'),
});
export type ContactCard = z.infer<typeof contactCard>;

export const contactCards = z.object({
  items: z.array(contactCard),
  more: z.boolean().describe('There are more that match: say more of the name'),
  directoryReadAt: timestamp
    .optional()
    .describe('How old the oldest of what comes from Microsoft is; absent: the directory was never read'),
});
export type ContactCards = z.infer<typeof contactCards>;

/** What can be dialled and typed: digits with separators, a plus in front, star and hash. */
const typedNumber = text(40).regex(
  /^\+? ?\(?[0-9*#][0-9*# ().\-/]*$/,
  'a telephone number or an extension, for example +1 202 555 0142',
);
const speedDial = z.number().int().min(1).max(99);

export const newContact = z
  .strictObject({
    personId: id.optional().describe('A person of one’s account'),
    objectId: z.string().max(64).optional().describe('A user of the connected directory'),
    displayName: text(200).optional(),
    mail: text(320)
      .regex(/^[^\s@,;<>]+@[^\s@,;<>]+$/, 'a mail address')
      .optional(),
    numbers: z.array(typedNumber).max(8).optional(),
    favourite: z.boolean().default(false),
    speedDial: speedDial.optional(),
  })
  .refine(
    ({ personId, objectId, displayName }) =>
      [personId, objectId, displayName].filter((one) => one !== undefined).length === 1,
    'say who: one of `personId`, `objectId`, or `displayName` with `numbers` for somebody of one’s own',
  )
  .refine(
    ({ displayName, numbers, mail }) =>
      displayName !== undefined ? (numbers?.length ?? 0) > 0 : numbers === undefined && mail === undefined,
    'somebody of one’s own needs a number; numbers of others come from where they are known',
  );
export type NewContact = z.infer<typeof newContact>;

export const contactChange = z
  .strictObject({
    favourite: z.boolean().optional(),
    speedDial: speedDial.nullable().optional().describe('`null` takes it off the speed dials'),
    displayName: text(200).optional().describe('Only of one’s own'),
    numbers: z.array(typedNumber).min(1).max(8).optional().describe('Only of one’s own'),
  })
  .refine((change) => Object.keys(change).length > 0, 'nothing to change');
export type ContactChange = z.infer<typeof contactChange>;

export const historyKinds = ['in', 'out', 'missed'] as const;

export const historyEntry = z.object({
  call: callSummary,
  kind: z.enum(historyKinds),
  other: z.string().describe('The number of the other side, or `anonymous`'),
  card: contactCard.optional().describe('Who that is, where known'),
});
export type HistoryEntry = z.infer<typeof historyEntry>;

export const lineKinds = ['number', 'extension', 'phone', 'teams'] as const;
export const lineStates = ['idle', 'ringing', 'talking', 'unavailable'] as const;

export const line = z.object({
  kind: z.enum(lineKinds),
  name: z.string().describe('The number, the extension, the phone’s name'),
  number: e164.optional(),
  state: z.enum(lineStates),
  sentence: z.string(),
  callId: id.optional().describe('The call on it now'),
});
export type Line = z.infer<typeof line>;
