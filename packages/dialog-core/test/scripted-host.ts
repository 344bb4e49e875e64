import {
  createResponse,
  type HeaderInput,
  type SipMessage,
  SipRequest,
  type SipResponse,
  uri,
} from '@strowger/sip-message';
import type { SimulatedHost, Simulation } from '@strowger/testkit';
import type { Hop, Inbound } from '@strowger/transaction-core';

/** What a scripted response has besides its status. */
export interface ScriptedAnswer {
  readonly tag?: string;
  readonly headers?: [string, HeaderInput][];
  /** A session description. */
  readonly body?: string;
}

/** A peer without layers: it says what a test makes it say, and keeps what it hears. */
export class ScriptedHost {
  readonly host: SimulatedHost;
  readonly heard: Inbound[] = [];

  constructor(simulation: Simulation, name: string, host = simulation.network.host(name)) {
    this.host = host;
    host.receive = (inbound) => this.heard.push(inbound);
  }

  /** The last message heard that fits. */
  last(what: string | number): Inbound {
    const found = this.all(what).at(-1);
    if (found === undefined) throw new Error(`${this.host.name} never heard ${what}`);
    return found;
  }

  request(method: string): SipRequest {
    const { message } = this.last(method);
    if (message.kind !== 'request') throw new Error('not a request');
    return message;
  }

  response(status: number): SipResponse {
    const { message } = this.last(status);
    if (message.kind !== 'response') throw new Error('not a response');
    return message;
  }

  all(what: string | number): Inbound[] {
    return this.heard.filter(({ message }) => labelOf(message) === what);
  }

  /** Answers the last request of this method, as the fork with this tag. */
  answer(
    method: string,
    status: number,
    { tag = 'peer', headers = [], body }: ScriptedAnswer = {},
  ): void {
    const { message, hop } = this.last(method);
    if (message.kind !== 'request') return;
    const contact: [string, HeaderInput][] =
      status > 100 && status < 300 && method === 'INVITE'
        ? [['Contact', `<sip:${tag}@${this.host.address}:${this.host.port}>`]]
        : [];
    const own = headers.some(([name]) => name === 'Contact') ? [] : contact;
    const response = createResponse(message, status, {
      toTag: tag,
      headers: [...own, ...headers, ...typed(body)],
      ...(body === undefined ? {} : { body }),
    });
    this.host.send(response, hop, () => {});
  }

  /** Sends a request with headers as given; Via, Max-Forwards and a missing Contact are added. */
  send(
    method: string,
    hop: Hop,
    headers: [string, HeaderInput][],
    what: string | { branch: string; body: string | undefined } = method,
  ): void {
    const { branch, body } = typeof what === 'string' ? { branch: what, body: undefined } : what;
    const request = new SipRequest({
      method,
      uri: uri(`sip:somebody@${hop.address}`),
      headers: [
        ...(headers.some(([name]) => name === 'Via')
          ? []
          : [
              ['Via', `SIP/2.0/UDP ${this.host.address}:${this.host.port};branch=z9hG4bK${branch}`],
            ]),
        ['Max-Forwards', 70],
        ...headers,
        ...typed(body),
      ] as [string, HeaderInput][],
      ...(body === undefined ? {} : { body }),
    });
    this.host.send(request, hop, () => {});
  }
}

function typed(body: string | undefined): [string, HeaderInput][] {
  return body === undefined ? [] : [['Content-Type', 'application/sdp']];
}

function labelOf(message: SipMessage): string | number {
  return message.kind === 'request' ? message.method : message.status;
}
