import type { Headers, TokenWithParams } from '@strowger/sip-message';
import { Params } from '@strowger/sip-message';
import { copied } from '../copied.ts';

/** An event package and the `id` that tells subscriptions to it apart (RFC 6665 §8.2.1). */
export interface EventName {
  /** Such as `presence` or `dialog.winfo`. Case matters (RFC 6665 §8.2.1). */
  readonly name: string;
  readonly id?: string | undefined;
}

/** What Event says; undefined where it is absent or unreadable. */
export function eventOf(headers: Headers): EventName | undefined {
  const event = headers.get('event');
  if (event === undefined) return undefined;
  const id = event.params.get('id');
  return { name: copied(event.value), ...(id === undefined ? {} : { id: copied(id) }) };
}

/** The value of Event. */
export function eventValue({ name, id }: EventName): TokenWithParams {
  return { value: name, params: new Params(id === undefined ? [] : [['id', id]]) };
}

/** Whether both name the same subscription: only `name` and `id` count (RFC 6665 §8.2.1). */
export function isSameEvent(a: EventName, b: EventName): boolean {
  return a.name === b.name && a.id === b.id;
}
