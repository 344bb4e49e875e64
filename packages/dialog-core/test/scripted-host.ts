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
    { tag = 'peer', headers = [] }: { tag?: string; headers?: [string, HeaderInput][] } = {},
  ): void {
    const { message, hop } = this.last(method);
    if (message.kind !== 'request') return;
    const contact: [string, HeaderInput][] =
      status > 100 && status < 300 && method === 'INVITE'
        ? [['Contact', `<sip:${tag}@${this.host.address}:${this.host.port}>`]]
        : [];
    const own = headers.some(([name]) => name === 'Contact') ? [] : contact;
    const response = createResponse(message, status, { toTag: tag, headers: [...own, ...headers] });
    this.host.send(response, hop, () => {});
  }

  /** Sends a request with headers as given; Via, Max-Forwards and a missing Contact are added. */
  send(method: string, hop: Hop, headers: [string, HeaderInput][], branch = method): void {
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
      ] as [string, HeaderInput][],
    });
    this.host.send(request, hop, () => {});
  }
}

function labelOf(message: SipMessage): string | number {
  return message.kind === 'request' ? message.method : message.status;
}
