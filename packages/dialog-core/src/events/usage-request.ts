import { ClientRequest } from '../client-request.ts';
import type { MessageParts, RequestUser } from '../dialog-user.ts';
import type { LayerContext } from '../layer-context.ts';
import { TrackedRequest } from '../tracked-request.ts';
import type { Carrier } from './carrier.ts';

/**
 * Sends a request of a subscription in its dialog. Its refusal ends the subscription at most, never
 * an INVITE's part of the dialog (RFC 5057 §5).
 */
export function sendUsageRequest(
  context: LayerContext,
  carrier: Carrier,
  { method, parts, user }: { method: string; parts: MessageParts; user: RequestUser },
): ClientRequest {
  const request = carrier.compose(method, carrier.record.nextCSeq(), parts);
  const tracked = new TrackedRequest(context, user);
  const client = new ClientRequest(
    request,
    carrier.clientOptions(
      {
        onResponse: (response) => {
          if (response.status < 200) return;
          if (response.status < 300) carrier.record.refreshTarget(response);
          tracked.finish({ response });
        },
        onTimeout: () => tracked.finish({ failure: { kind: 'timeout' } }),
        onTransportError: (error) => tracked.finish({ failure: { kind: 'transport', error } }),
      },
      request,
    ),
  );
  client.send();
  return client;
}
