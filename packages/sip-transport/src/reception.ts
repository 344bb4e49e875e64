import type { Endpoint } from '@strowger/runtime';
import {
  type LocatedHead,
  limitsOf,
  type ParseOptions,
  parseMessage,
  type Refusal,
  refusalResponse,
  type SipMessage,
  type SipRequest,
  type SipResponse,
  type Via,
} from '@strowger/sip-message';
import { answerHop, type Source, sourceHop, stampVia } from './answer-route.ts';
import type { Gate } from './gate.ts';
import { type Hop, type Inbound, isWebSocket, type TransportName } from './hop.ts';
import type { MiddlewareChain } from './middleware.ts';
import type { OverloadClient } from './overload-client.ts';
import type { PeerIdentity } from './peer-identity.ts';
import type { SecurityEvents } from './security-events.ts';
import { sourceKey } from './source-key.ts';
import { parserLimits, type TransportLimits } from './transport-limits.ts';
import type { TransportMetrics } from './transport-metrics.ts';

/** One message's bytes as a socket gave them. */
export interface Heard extends Source {
  readonly bytes: Uint8Array;
  readonly local: Endpoint;
  /** What was found in it while it was cut from a stream. */
  readonly located?: LocatedHead | undefined;
  /** Who the peer proved to be. */
  readonly peer?: PeerIdentity | undefined;
}

/** What was refused, from whom. */
export interface Refused {
  readonly refusal: Refusal;
  readonly transport: TransportName;
  readonly from: Endpoint;
  /** Whether the peer was told. */
  readonly answered: boolean;
}

/** What receiving needs. */
export interface ReceptionOptions {
  readonly limits: TransportLimits;
  readonly metrics: TransportMetrics;
  readonly gate: Gate;
  readonly events: SecurityEvents;
  readonly overload: OverloadClient;
  readonly middleware: MiddlewareChain | undefined;
  /** Whether answers go where requests came from, asked or not. */
  readonly forceRport: boolean;
  /** Whether we wrote this Via. */
  isOurs(via: Via): boolean;
  answer(response: SipResponse, hop: Hop): void;
  onMessage(inbound: Inbound): void;
  onRefused(refused: Refused): void;
}

/** What every message passes on its way up: admission, parser, Via. */
export class Reception {
  private readonly options: ReceptionOptions;
  private readonly datagrams: ParseOptions;
  /** Where the last request came from: of many in a row one hop is kept, and not one for each. */
  private lastHop: Hop | undefined;

  constructor(options: ReceptionOptions) {
    this.options = options;
    this.datagrams = { limits: limitsOf(parserLimits(options.limits)) };
  }

  take(heard: Heard): void {
    const { gate, middleware } = this.options;
    if (!gate.admits(heard)) return;
    const bytes = middleware === undefined ? heard.bytes : middleware.bytesIn(heard.bytes, heard);
    if (bytes === undefined) return;
    const isDatagram = heard.transport === 'udp' || isWebSocket(heard.transport);
    const parsed = parseMessage(bytes, isDatagram ? this.datagrams : this.streamed(bytes, heard));
    if (parsed.ok) this.deliver(parsed.value, heard);
    else this.refuse(parsed.refusal, heard);
  }

  private streamed(bytes: Uint8Array, heard: Heard): ParseOptions {
    const located = bytes === heard.bytes ? heard.located : undefined;
    return { ...this.datagrams, framed: true, located };
  }

  /** Answers a message that is refused, where that can be done, counts it and tells of it. */
  refuse(refusal: Refusal, heard: Heard): void {
    const { metrics, onRefused, forceRport, gate, events } = this.options;
    metrics.refused++;
    events.note('malformed', sourceKey(heard.from.address), refusal.code);
    gate.suspect(heard.from.address, heard.transport === 'udp');
    const response = refusalResponse(heard.bytes, refusal);
    if (response !== undefined) {
      const { via } = response;
      metrics.refusalsAnswered++;
      stampVia(response, via, heard, forceRport);
      this.options.answer(response, answerHop(via, heard, forceRport));
    }
    const { transport, from } = heard;
    onRefused({ refusal, transport, from, answered: response !== undefined });
  }

  private deliver(message: SipMessage, heard: Heard): void {
    const { metrics, isOurs, gate, events } = this.options;
    if (message.kind === 'response' && !isOurs(message.via)) {
      metrics.droppedStrayResponses++;
      events.note('strayResponse', sourceKey(heard.from.address));
      return;
    }
    if (!gate.reads(message, heard)) return;
    const hop = message.kind === 'request' ? this.admit(message, heard) : sourceHop(heard);
    if (hop === undefined) return;
    if (message.kind === 'response') this.options.overload.heard(message, hop);
    metrics.received++;
    const { local, peer } = heard;
    this.handUp(peer === undefined ? { message, hop, local } : { message, hop, local, peer });
  }

  private handUp(inbound: Inbound): void {
    const { middleware, onMessage } = this.options;
    const left = middleware === undefined ? inbound : middleware.messageIn(inbound);
    if (left !== undefined) onMessage(left);
  }

  /** Where the answer to a request goes; nothing where it was given already. */
  private admit(request: SipRequest, heard: Heard): Hop | undefined {
    const { gate, forceRport } = this.options;
    const { via } = request;
    stampVia(request, via, heard, forceRport);
    const hop = answerHop(via, heard, forceRport);
    const refusal = gate.refusal(request, heard);
    if (refusal === undefined) return this.shared(hop);
    this.options.answer(refusal, hop);
    return undefined;
  }

  private shared(hop: Hop): Hop {
    const { lastHop } = this;
    if (lastHop !== undefined && areSame(lastHop, hop)) return lastHop;
    this.lastHop = hop;
    return hop;
  }
}

function areSame(one: Hop, other: Hop): boolean {
  if (one.port !== other.port || one.transport !== other.transport) return false;
  return one.address === other.address && one.flow === other.flow && one.host === other.host;
}
