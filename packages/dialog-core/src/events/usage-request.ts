import type { SipRequest } from '@strowger/sip-message';
import { ClientRequest } from '../client-request.ts';
import { MOST_REPETITIONS, trackRequest, wasOvertaken } from '../dialog-request.ts';
import type { MessageParts, RequestUser } from '../dialog-user.ts';
import type { LayerContext } from '../layer-context.ts';
import type { Carrier } from './carrier.ts';

/** A request that was sent. */
export interface UsageRequest {
  /** As it was sent last: again with credentials, or where another overtook it. */
  readonly request: SipRequest;
}

/** A request, and who is told how it goes. */
export interface UsageRequestOptions {
  readonly method: string;
  readonly parts: MessageParts;
  readonly user: RequestUser;
  /** Whether it may be sent again; default: always. */
  readonly mayRepeat?: () => boolean;
}

/**
 * Sends a request of a subscription in its dialog, again where a later one of ours overtook it. Its
 * refusal ends the subscription at most, never an INVITE's part of the dialog (RFC 5057 §5).
 */
export function sendUsageRequest(
  context: LayerContext,
  carrier: Carrier,
  { method, parts, user, mayRepeat }: UsageRequestOptions,
): UsageRequest {
  const { record } = carrier;
  const finish = trackRequest(context, user);
  let triesLeft = MOST_REPETITIONS;
  let client = send();
  function send(): ClientRequest {
    const sent = new ClientRequest(
      carrier.compose(method, record.nextCSeq(), parts),
      carrier.clientOptions({
        onResponse: (response) => {
          if (response.status < 200) return;
          if (triesLeft > 0 && mayRepeat?.() !== false && wasOvertaken(record, response)) {
            triesLeft--;
            client = send();
            return;
          }
          if (response.status < 300) record.refreshTarget(response);
          finish({ response });
        },
        onTimeout: () => finish({ failure: { kind: 'timeout' } }),
        onTransportError: (error) => finish({ failure: { kind: 'transport', error } }),
      }),
    );
    sent.send();
    return sent;
  }
  return {
    get request() {
      return client.request;
    },
  };
}
