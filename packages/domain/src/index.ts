export * from './call-record.ts';
export * from './directory.ts';
export * from './e164.ts';
export * from './ids.ts';
