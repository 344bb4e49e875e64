export { builtMessages } from './built-messages.ts';
export { mutated, chunked } from './mutations.ts';
export { nameAddresses, viaValues } from './values.ts';
export { sipUris, telUris, type UriOptions, uris } from './uris.ts';
export { headerFields, wireMessages, type WireMessageOptions } from './wire-messages.ts';
