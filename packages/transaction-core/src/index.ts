export * from './message-sender.ts';
