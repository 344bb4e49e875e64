import {
  createResponse,
  type HeaderInput,
  NameAddr,
  SipRequest,
  type SipResponse,
  type Uri,
  Via,
} from '@strowger/sip-message';
import type { Leg } from './leg.ts';
import { StepFailed } from './step-failed.ts';

/** What a scenario adds to a message. */
export interface MessageParts {
  /** Put behind those that every message has; one of the same name is replaced. */
  readonly headers?: Readonly<Record<string, HeaderInput>>;
  readonly body?: string;
  /** Of the body; `application/sdp` by default. */
  readonly type?: string;
}

/** What a request needs beyond that. */
export interface RequestParts extends MessageParts {
  /** Default: the remote target, before there is one the address of the other side. */
  readonly uri?: Uri;
  /** Default: the next number; an ACK and a CANCEL have that of their INVITE. */
  readonly cseq?: number;
  /** Default: a new one. */
  readonly branch?: string;
}

/** A request of this leg, in its dialog where it has one (RFC 3261 §8.1.1, §12.2.1.1). */
export function requestOf(leg: Leg, method: string, parts: RequestParts = {}): SipRequest {
  const { local, remote, target, routes, cseq } = leg.dialog;
  const uri = parts.uri ?? target;
  if (local === undefined || remote === undefined || uri === undefined) {
    throw new StepFailed('script', `${method} without anybody to send it to`);
  }
  const headers: [string, HeaderInput][] = [
    ['Via', viaOf(leg, parts.branch ?? leg.branch())],
    ...routes.map((route): [string, HeaderInput] => ['Route', route]),
    ['Max-Forwards', 70],
    ['From', local],
    ['To', remote],
    ['Call-ID', leg.callId],
    ['CSeq', `${parts.cseq ?? cseq + 1} ${method}`],
    ['Contact', contactOf(leg, userOf(local))],
  ];
  const request = new SipRequest({ method, uri, headers, body: parts.body ?? '' });
  return withParts(request, parts);
}

/** The ACK to a final response to our INVITE (RFC 3261 §13.2.2.4, §17.1.1.3). */
export function ackOf(leg: Leg, response: SipResponse, parts: MessageParts = {}): SipRequest {
  const { number } = response.cseq;
  const { invite } = leg.dialog;
  if (response.status < 300 || invite?.request.cseq.number !== number) {
    return requestOf(leg, 'ACK', { ...parts, cseq: number });
  }
  const ack = sameHop(leg, invite.request, 'ACK');
  ack.headers.set('To', response.to);
  return withParts(ack, parts);
}

/** The CANCEL of our INVITE (RFC 3261 §9.1). */
export function cancelOf(leg: Leg): SipRequest {
  const { invite } = leg.dialog;
  if (invite === undefined || !invite.ours) throw new StepFailed('script', 'CANCEL without INVITE');
  return sameHop(leg, invite.request, 'CANCEL');
}

/** A response to what we heard, with a tag and a Contact. */
export function responseOf(
  leg: Leg,
  request: SipRequest,
  status: number,
  { reason, ...parts }: MessageParts & { reason?: string } = {},
): SipResponse {
  const toTag = leg.dialog.local?.tag ?? leg.token();
  const options = { toTag, body: parts.body ?? '', ...(reason !== undefined && { reason }) };
  const response = createResponse(request, status, options);
  for (const route of status > 100 && status < 300 ? request.headers.raw('record-route') : []) {
    response.headers.append('Record-Route', route);
  }
  const isTarget = request.method !== 'BYE' && request.method !== 'CANCEL' && status < 300;
  if (isTarget && status > 100) {
    response.headers.set('Contact', contactOf(leg, userOf(request.to)));
  }
  return withParts(response, parts);
}

/** Our Contact: where requests within the dialog reach us. */
function contactOf(leg: Leg, user: string): string {
  const { host, port } = leg.sentBy;
  const { transport } = leg.peer;
  const shown = host.includes(':') ? `[${host}]` : host;
  const over = transport === 'udp' ? '' : `;transport=${transport === 'wss' ? 'ws' : transport}`;
  return `<sip:${user}@${shown}:${port}${over}>`;
}

function viaOf(leg: Leg, branch: string): Via {
  const transport = leg.peer.transport.toUpperCase();
  return new Via({ transport, ...leg.sentBy, params: [['branch', branch], ['rport']] });
}

/** A request that the transaction layer matches with our INVITE: same Via, same number. */
function sameHop(leg: Leg, invite: SipRequest, method: string): SipRequest {
  const headers: [string, HeaderInput][] = [
    ['Via', invite.via],
    ...invite.headers.raw('route').map((route): [string, HeaderInput] => ['Route', route]),
    ['Max-Forwards', 70],
    ['From', invite.from],
    ['To', invite.to],
    ['Call-ID', leg.callId],
    ['CSeq', `${invite.cseq.number} ${method}`],
  ];
  return new SipRequest({ method, uri: invite.uri, headers });
}

function userOf({ uri }: NameAddr): string {
  return ('user' in uri ? uri.user : undefined) ?? 'siplab';
}

function withParts<M extends SipRequest | SipResponse>(message: M, parts: MessageParts): M {
  const { headers = {}, body = '', type = 'application/sdp' } = parts;
  for (const [name, value] of Object.entries(headers)) message.headers.set(name, value);
  if (body !== '' && !message.headers.has('content-type'))
    message.headers.set('Content-Type', type);
  return message;
}
