import type { HeaderInput } from '@strowger/sip-message';
import type { DialogShell } from '../dialog-shell.ts';
import type { HeaderFields } from '../dialog-user.ts';
import type { LayerContext } from '../layer-context.ts';
import type {
  OutgoingSubscribe,
  SubscribeOptions,
  SubscribeUser,
  SubscriptionParts,
} from './outgoing-subscribe.ts';
import { Subscribe } from './subscribe.ts';
import { Subscriber, type SubscriberWish } from './subscriber.ts';
import type { Subscription } from './subscription.ts';

/** Subscribes outside of dialogs (RFC 6665 §4.1.2.1). */
export function subscribeOutside(
  context: LayerContext,
  options: SubscribeOptions,
  user: SubscribeUser,
): OutgoingSubscribe {
  context.events.checkRoom();
  const wish = wishOf(context, options);
  const attempt = new Subscribe(context, {
    address: options,
    first: {
      method: 'SUBSCRIBE',
      parts: { headers: wish.headers, body: options.body },
      wish,
    },
    user,
  });
  context.events.keep(attempt);
  attempt.start();
  return attempt;
}

/** Subscribes in a dialog that an INVITE made, and shares it (RFC 6665 §4.5.2). */
export function subscribeInDialog(
  context: LayerContext,
  dialog: DialogShell,
  parts: SubscriptionParts,
): Subscription {
  context.events.checkRoom(dialog);
  const wish = wishOf(context, parts);
  const subscriber = new Subscriber(context, context.events.dialogOf(dialog), wish);
  subscriber.subscribe();
  return subscriber;
}

function wishOf({ events }: LayerContext, parts: SubscriptionParts): SubscriberWish {
  const { event, accept, headers = [] } = parts;
  const expiresSeconds = parts.expiresSeconds ?? events.options.defaultSeconds;
  const accepted: [string, HeaderInput][] =
    accept === undefined ? [] : [['Accept', accept.join(', ')]];
  const all: HeaderFields = [...accepted, ...headers];
  return {
    event: typeof event === 'string' ? { name: event } : event,
    expiresSeconds,
    headers: all,
    isRefreshed: expiresSeconds > 0,
  };
}
