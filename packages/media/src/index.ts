export * from './relay/relay-commands.ts';
