export type * from './media-backend.ts';
