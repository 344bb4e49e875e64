export * from './audio/index.ts';
export * from './sdp/index.ts';
