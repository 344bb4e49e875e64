import type { Clock, Endpoint } from '@strowger/runtime';
import {
  parseMessage,
  type Refusal,
  refusalResponse,
  type SipMessage,
  type SipResponse,
  type Via,
} from '@strowger/sip-message';
import { Admission } from './admission.ts';
import { answerHop, type Source, sourceHop, stampVia } from './answer-route.ts';
import { type Hop, type Inbound, isWebSocket, type TransportName } from './hop.ts';
import type { PeerIdentity } from './peer-identity.ts';
import { parserLimits, type TransportLimits } from './transport-limits.ts';
import type { TransportMetrics } from './transport-metrics.ts';

/** One message's bytes as a socket gave them. */
export interface Heard extends Source {
  readonly bytes: Uint8Array;
  readonly local: Endpoint;
  /** Who the peer proved to be. */
  readonly peer?: PeerIdentity;
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
  readonly clock: Clock;
  readonly limits: TransportLimits;
  readonly metrics: TransportMetrics;
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
  private readonly admission: Admission;
  private readonly parserLimits: ReturnType<typeof parserLimits>;

  constructor(options: ReceptionOptions) {
    const { clock, limits } = options;
    this.options = options;
    this.parserLimits = parserLimits(limits);
    this.admission = new Admission(clock, limits.messagesPerSecondPerSource, limits.sources);
  }

  /** Source addresses that are kept account of. */
  get sources(): number {
    return this.admission.sources;
  }

  take(heard: Heard): void {
    const { metrics } = this.options;
    if (!this.admission.admits(heard.from.address)) {
      metrics.droppedByAdmission++;
      return;
    }
    const parsed = parseMessage(heard.bytes, {
      framed: heard.transport !== 'udp' && !isWebSocket(heard.transport),
      limits: this.parserLimits,
    });
    if (parsed.ok) this.deliver(parsed.value, heard);
    else this.refuse(parsed.refusal, heard);
  }

  /** Answers a message that is refused, where that can be done, counts it and tells of it. */
  refuse(refusal: Refusal, heard: Heard): void {
    const { metrics, onRefused, forceRport } = this.options;
    metrics.refused++;
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

  clear(): void {
    this.admission.clear();
  }

  private deliver(message: SipMessage, heard: Heard): void {
    const { metrics, onMessage, isOurs, forceRport } = this.options;
    const { via } = message;
    if (message.kind === 'response' && !isOurs(via)) {
      metrics.droppedStrayResponses++;
      return;
    }
    if (message.kind === 'request') stampVia(message, via, heard, forceRport);
    const hop = message.kind === 'request' ? answerHop(via, heard, forceRport) : sourceHop(heard);
    metrics.received++;
    const { local, peer } = heard;
    onMessage(peer === undefined ? { message, hop, local } : { message, hop, local, peer });
  }
}
