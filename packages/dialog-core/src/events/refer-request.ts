import { StrowgerError } from '@strowger/runtime';
import {
  type DialogReference,
  type HeaderInput,
  Headers,
  type NameAddr,
  SipFragment,
  type SipRequest,
  SipUri,
} from '@strowger/sip-message';
import type { Inbound, ServerTransaction } from '@strowger/transaction-core';
import type { Body, RefusalParts } from '../dialog-user.ts';
import type { LayerContext } from '../layer-context.ts';
import { refuse } from '../refusal.ts';
import { checkRefusal } from '../status.ts';
import type { Carrier } from './carrier.ts';
import type { IncomingRefer, ReferAcceptance, ReferProgress } from './incoming-refer.ts';
import { Notifier } from './notifier.ts';
import { newCarrier, respondMaking } from './subscribe-request.ts';

/** A REFER of a peer that waits for its owner. */
export class ReferRequest implements IncomingRefer {
  readonly referTo: NameAddr;
  private readonly context: LayerContext;
  private readonly transaction: ServerTransaction;
  private readonly carrier: Carrier | undefined;
  private isPending = true;

  constructor(
    context: LayerContext,
    transaction: ServerTransaction,
    { referTo, carrier }: { referTo: NameAddr; carrier: Carrier | undefined },
  ) {
    this.context = context;
    this.transaction = transaction;
    this.referTo = referTo;
    this.carrier = carrier;
    transaction.user = {
      onTerminated: () => {
        this.isPending = false;
      },
    };
  }

  get request(): SipRequest {
    return this.transaction.request;
  }

  get inbound(): Inbound {
    return this.transaction.inbound;
  }

  get method(): string {
    const { uri } = this.referTo;
    const asked = uri instanceof SipUri ? uri.params.get('method') : undefined;
    return asked === undefined || asked === '' ? 'INVITE' : asked.toUpperCase();
  }

  get replaces(): DialogReference | undefined {
    const { uri } = this.referTo;
    if (!(uri instanceof SipUri)) return undefined;
    const found = uri.headers.find(([name]) => name.toLowerCase() === 'replaces');
    return found === undefined ? undefined : readReplaces(found[1]);
  }

  get referredBy(): NameAddr | undefined {
    return this.request.headers.get('referred-by');
  }

  get pending(): boolean {
    return this.isPending;
  }

  accept({ status = 202, onUnwanted }: ReferAcceptance = {}): ReferProgress {
    this.settle();
    const { context, transaction } = this;
    const isNew = this.carrier === undefined;
    const carrier = this.carrier ?? newCarrier(context, transaction);
    const isSilent = this.request.headers.get('refer-sub') === false;
    const headers: [string, HeaderInput][] = isSilent ? [['Refer-Sub', 'false']] : [];
    respondMaking(context, transaction, { carrier, isNew, status, headers });
    if (isSilent) {
      return { isWanted: false, told: Promise.resolve(), report: (one) => checkStatus(one) };
    }
    return this.openProgress(carrier, onUnwanted);
  }

  reject(status: number, parts: RefusalParts = {}): void {
    checkRefusal(status);
    this.settle();
    const { userAgent } = this.context;
    this.transaction.respond(userAgent.response(this.request, status, parts));
  }

  private openProgress(carrier: Carrier, onUnwanted: ReferAcceptance['onUnwanted']): ReferProgress {
    const { events } = this.context;
    const referId = `${this.request.cseq.number}`;
    const id = events.isFirstRefer(carrier) ? undefined : referId;
    const { referSeconds } = events.options;
    let last = sipfrag(100);
    let release = (): void => {};
    const told = new Promise<void>((resolve) => (release = resolve));
    const notifier = new Notifier(this.context, events.dialogOf(carrier), {
      event: { name: 'refer', id },
      referId,
      state: 'active',
      expiresMs: referSeconds * 1000,
      onReleased: release,
      user: {
        content: () => last,
        onEnded: (end) => {
          if (end.kind !== 'terminated') onUnwanted?.(end);
        },
      },
    });
    notifier.accepted(referSeconds, true);
    return {
      get isWanted() {
        return notifier.state !== 'terminated';
      },
      told,
      report(status, reason) {
        checkStatus(status);
        last = sipfrag(status, reason);
        if (status < 200) notifier.notify(last);
        else notifier.terminate({ reason: 'noresource', body: last });
      },
    };
  }

  private settle(): void {
    if (!this.isPending) {
      throw new StrowgerError('REFER_ANSWERED', 'this REFER has its final response');
    }
    this.isPending = false;
  }
}

/** The REFER as its owner gets it, or undefined where it was refused (RFC 3515 §2.4.2). */
export function takeRefer(
  context: LayerContext,
  transaction: ServerTransaction,
  carrier?: Carrier,
): ReferRequest | undefined {
  const { headers } = transaction.request;
  const referTo = headers.get('refer-to');
  if (referTo === undefined || headers.raw('refer-to').length !== 1) {
    refuse(context, transaction, 400);
    return undefined;
  }
  return new ReferRequest(context, transaction, { referTo, carrier });
}

/** The body of a NOTIFY of a REFER: a status line (RFC 3515 §2.4.5). */
function sipfrag(status: number, reason?: string): Body {
  const start = reason === undefined ? { status } : { status, reason };
  return { type: 'message/sipfrag;version=2.0', content: new SipFragment({ start }).toBytes() };
}

function readReplaces(value: string): DialogReference | undefined {
  // a peer's text: what cannot be a header is no Replaces
  if (/[\r\n\0]/u.test(value)) return undefined;
  return new Headers([['Replaces', value]]).get('replaces');
}

function checkStatus(status: number): void {
  if (Number.isInteger(status) && status >= 100 && status <= 699) return;
  throw new StrowgerError('BAD_STATUS', `${status} is not a status from 100 to 699`);
}
