import { SipFragment, type SipResponse } from '@strowger/sip-message';
import type { DialogShell } from '../dialog-shell.ts';
import type { RequestUser } from '../dialog-user.ts';
import type { LayerContext } from '../layer-context.ts';
import type {
  OutgoingRefer,
  OutsideReferOptions,
  ReferEnd,
  ReferOptions,
  ReferUser,
} from './refer-options.ts';
import { eventsAt, noSubscription, referParts } from './refer-parts.ts';
import { Subscribe } from './subscribe.ts';
import { Subscriber, type SubscriberWish } from './subscriber.ts';
import type { SubscriptionEnd } from './subscriber-table.ts';
import type { Notification, SubscriptionUser } from './subscription.ts';
import { sendUsageRequest } from './usage-request.ts';

/** Turns the NOTIFYs of one REFER into its progress and its one end. */
class ReferProgressReader implements SubscriptionUser {
  private readonly user: ReferUser;
  private lastStatus: number | undefined;
  private accepted: SipResponse | undefined;
  private isOver = false;

  constructor(user: ReferUser) {
    this.user = user;
  }

  onAccepted(response: SipResponse): void {
    this.accepted = response;
    if (!this.isOver) this.user.onAccepted?.(response);
  }

  onNotify({ request }: Notification): void {
    const fragment = request.body.length === 0 ? undefined : SipFragment.parse(request.body);
    if (fragment?.ok !== true || this.isOver) return;
    const { status } = fragment.value;
    if (status === undefined) return;
    this.lastStatus = status;
    this.user.onProgress?.(status, fragment.value);
    // a peer may tell the final status and forget to end the subscription
    if (status >= 200) this.end({ kind: 'finished', status });
  }

  onEnded(end: SubscriptionEnd): void {
    this.end(this.endOf(end));
  }

  private endOf(end: SubscriptionEnd): ReferEnd {
    if (end.kind === 'rejected') return { kind: 'rejected', status: end.status };
    if (end.kind === 'failed') return { kind: 'failed', why: end.why };
    const { lastStatus, accepted } = this;
    if (end.kind !== 'noSubscription') return { kind: 'lost', lastStatus };
    const uri = accepted === undefined ? undefined : eventsAt(accepted)?.uri;
    return { kind: 'noProgress', eventsAt: uri };
  }

  private end(end: ReferEnd): void {
    if (this.isOver) return;
    this.isOver = true;
    this.user.onEnded(end);
  }
}

/** How long we wait for the final status where the peer says no duration, in seconds. */
const DEFAULT_SECONDS = 180;

const WISH: SubscriberWish = {
  event: { name: 'refer' },
  expiresSeconds: DEFAULT_SECONDS,
  headers: [],
  isRefreshed: false,
};

/** Sends a REFER in a dialog that an INVITE made (RFC 3515 §2.4.1). */
export function referInDialog(
  context: LayerContext,
  dialog: DialogShell,
  { options, user }: { options: ReferOptions; user: ReferUser },
): OutgoingRefer {
  context.events.checkRoom(dialog);
  const parts = referParts(options);
  const reader = new ReferProgressReader(user);
  const subscriber = new Subscriber(context, context.events.dialogOf(dialog), WISH);
  subscriber.user = reader;
  const told: RequestUser = {
    onResponse(response) {
      const { status } = response;
      if (status >= 300) return subscriber.input({ type: 'refused', refusal: { status } });
      reader.onAccepted(response);
      const end = noSubscription(options, response);
      if (end === undefined) subscriber.input({ type: 'answered' });
      else subscriber.input({ type: 'lost', end });
    },
    onFailed: (why) => subscriber.input({ type: 'failed', why }),
  };
  const client = sendUsageRequest(context, dialog, { method: 'REFER', parts, user: told });
  subscriber.madeByRefer(() => `${client.request.cseq.number}`);
  return { unsubscribe: () => subscriber.unsubscribe() };
}

/** Sends a REFER outside of dialogs; the NOTIFYs make its dialog. */
export function referOutside(
  context: LayerContext,
  options: OutsideReferOptions,
  user: ReferUser,
): OutgoingRefer {
  context.events.checkRoom();
  const reader = new ReferProgressReader(user);
  const attempt = new Subscribe(context, {
    address: options,
    first: {
      method: 'REFER',
      parts: referParts(options),
      wish: WISH,
      noSubscription: (response) => noSubscription(options, response),
    },
    user: {
      onSubscription: (subscription) => {
        subscription.user = reader;
      },
      onAccepted: (response) => reader.onAccepted(response),
      onFailed: (end) => reader.onEnded(end),
    },
  });
  context.events.keep(attempt);
  attempt.start();
  return attempt;
}
