import type { StrowgerError } from '@strowger/runtime';
import type { SipRequest, SipResponse } from '@strowger/sip-message';
import { ClientRequest, type ClientRequestUser } from '../client-request.ts';
import { MOST_REPETITIONS, wasOvertaken } from '../dialog-request.ts';
import type { MessageParts, RequestUser } from '../dialog-user.ts';
import type { LayerContext } from '../layer-context.ts';
import { TrackedRequest } from '../tracked-request.ts';
import type { Carrier } from './carrier.ts';

/** A request, and who is told how it goes. */
export interface UsageRequestOptions {
  readonly method: string;
  readonly parts: MessageParts;
  readonly user: RequestUser;
}

/**
 * Sends a request of a subscription in its dialog. One that a later request of ours overtook is sent
 * again, but not a REFER: NOTIFYs of the first one that arrives name none (RFC 3515 §2.4.6), so which
 * is the first has to stay. A refusal ends the subscription at most, never an INVITE's part of the
 * dialog (RFC 5057 §5).
 */
export function sendUsageRequest(
  context: LayerContext,
  carrier: Carrier,
  options: UsageRequestOptions,
): UsageRequest {
  return new UsageRequest(context, carrier, options);
}

/** One that was sent. */
export class UsageRequest implements ClientRequestUser {
  private readonly carrier: Carrier;
  private readonly options: UsageRequestOptions;
  private readonly tracked: TrackedRequest;
  private client: ClientRequest;
  private triesLeft = MOST_REPETITIONS;

  constructor(context: LayerContext, carrier: Carrier, options: UsageRequestOptions) {
    this.carrier = carrier;
    this.options = options;
    this.tracked = new TrackedRequest(context, options.user);
    this.client = this.send();
  }

  /** As it was sent last: again with credentials, or where another overtook it. */
  get request(): SipRequest {
    return this.client.request;
  }

  onResponse(response: SipResponse): void {
    if (response.status < 200) return;
    const { record } = this.carrier;
    const mayRepeat = this.triesLeft > 0 && this.options.method !== 'REFER';
    if (mayRepeat && wasOvertaken(record, response)) {
      this.triesLeft--;
      this.client = this.send();
      return;
    }
    if (response.status < 300) record.refreshTarget(response);
    this.tracked.finish({ response });
  }

  onTimeout(): void {
    this.tracked.finish({ failure: { kind: 'timeout' } });
  }

  onTransportError(error: StrowgerError): void {
    this.tracked.finish({ failure: { kind: 'transport', error } });
  }

  private send(): ClientRequest {
    const { carrier, options } = this;
    const request = carrier.compose(options.method, carrier.record.nextCSeq(), options.parts);
    const client = new ClientRequest(request, carrier.clientOptions(this, request));
    client.send();
    return client;
  }
}
