import type { NumberState, NumberWho } from '@tandem/contract';
import type { Word } from './states.ts';

/** Total records: a new state does not compile until it has its word and its colour. */
export const numberWords: Record<NumberState, Word> = {
  assigned: { word: 'Assigned', tone: 'good' },
  free: { word: 'Free', tone: 'info' },
  reserved: { word: 'Reserved', tone: 'warn' },
  quarantine: { word: 'In quarantine', tone: 'warn' },
  ported: { word: 'Ported away', tone: 'quiet' },
};

export type NumberAction = 'reserve' | 'release' | 'port' | 'port-back' | 'end-quarantine' | 'remove';
/** What each state allows; the server judges by the same rules. */
export const numberActions: Record<NumberState, readonly NumberAction[]> = {
  assigned: [],
  free: ['reserve', 'port', 'remove'],
  reserved: ['release', 'remove'],
  quarantine: ['end-quarantine', 'remove'],
  ported: ['port-back', 'remove'],
};

type Holder = NumberWho['holders'][number];
export const holderWords: Record<Holder['holder'], string> = {
  person: 'A person here',
  device: 'A phone here',
  stock: 'In stock here',
  user: 'A user in Teams',
  'unlicensed-user': 'A user in Teams without a licence',
  'disabled-user': 'A disabled user',
  'deleted-user': 'A deleted user',
  'resource-account': 'A resource account',
  conference: 'A conference bridge',
  nobody: 'Nobody',
};

export const numberTypeWords: Record<NonNullable<Holder['numberType']>, string> = {
  directRouting: 'Direct Routing',
  callingPlan: 'Calling Plan',
  operatorConnect: 'Operator Connect',
};
