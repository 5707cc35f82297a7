export * from './flow.ts';
export * from './loop-turn.ts';
export * from './message-transport.ts';
export {
  defaultLimits,
  type FrameEvent,
  type Framer,
  StreamConnection,
  type StreamLimits,
} from './stream-connection.ts';
export * from './timer-wheel.ts';
export * from './udp-socket.ts';
