export * from './call-record.ts';
export * from './directory.ts';
export * from './e164.ts';
export * from './emergency.ts';
export * from './ids.ts';
export * from './number-display.ts';
export * from './snapshot.ts';
export * from './teams-eligibility.ts';
