import { createHash } from 'node:crypto';
import type { StrowgerError } from '@strowger/runtime';
import {
  createResponse,
  type HeaderInput,
  type SipRequest,
  type SipResponse,
  statelessTag,
  type Uri,
} from '@strowger/sip-message';
import type { Hop, Inbound } from './hop.ts';
import type { TransportLayer } from './transport-layer.ts';

/** What a stateless element needs of a transport. */
export type StatelessSender = Pick<TransportLayer, 'locate' | 'sentBy' | 'send'>;

/** What a stateless answer says beside its status. */
export interface StatelessAnswer {
  readonly reason?: string;
  readonly headers?: readonly (readonly [string, HeaderInput])[];
}

/**
 * Answers a request and keeps nothing of it (RFC 3261 §8.2.7): a retransmission gets the same answer,
 * with the same To tag, since the tag is made from the request. An ACK is answered by nobody.
 *
 * @param status 200 to 699: a provisional answer would promise a state.
 * @returns what was sent.
 */
export function respondStateless(
  sender: StatelessSender,
  { message, hop }: Inbound,
  status: number,
  { reason, headers = [] }: StatelessAnswer = {},
): SipResponse | undefined {
  if (message.kind !== 'request' || message.method === 'ACK' || status < 200) return undefined;
  const response = createResponse(message, status, {
    ...(reason === undefined ? {} : { reason }),
    toTag: statelessTag(message),
    headers,
  });
  sender.send(response, hop, () => {});
  return response;
}

/**
 * Sends a copy of a request over the best hop to `target`, below a Via of our own whose branch is made from the
 * request (RFC 3261 §16.11): a retransmission takes the same way, and belongs to the same transaction
 * there. Answers come to `onMessage` with that Via on top.
 *
 * @returns the hop. Rejects with `NO_ROUTE`; what fails later is told to `failed`.
 */
export async function sendStateless(
  sender: StatelessSender,
  request: SipRequest,
  target: Uri,
  failed: (error: StrowgerError) => void = () => {},
): Promise<Hop> {
  const copy = request.clone();
  const [hop] = await sender.locate(target, copy.body.length + 1000);
  if (hop === undefined) throw new TypeError('locate gave no hop'); // it rejects instead
  const { host, port } = sender.sentBy(hop);
  const sentBy = host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
  const branch = `z9hG4bK${branchOf(request)}`;
  const name = hop.transport.toUpperCase();
  copy.headers.prependVia(`SIP/2.0/${name} ${sentBy}`, branch);
  sender.send(copy, hop, failed);
  return hop;
}

/** The same for every retransmission; CANCEL and the ACK to a refusal share the branch of their INVITE. */
function branchOf(request: SipRequest): string {
  const { via, from, callId, cseq, uri } = request;
  const keys = [via.branch, via.host, via.port, from.tag, callId, cseq.number, String(uri)];
  return createHash('sha256').update(keys.join('\n')).digest('hex').slice(0, 24);
}
