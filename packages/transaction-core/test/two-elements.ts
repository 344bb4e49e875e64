import { StrowgerError } from '@strowger/runtime';
import { createResponse, type HeaderInput, SipRequest, uri } from '@strowger/sip-message';
import { createSimulation, type SimulatedHost, type SimulationOptions } from '@strowger/testkit';
import {
  type ClientTransaction,
  type ClientTransactionUser,
  type RequestOptions,
  type ServerTransaction,
  TransactionLayer,
  type TransactionLayerOptions,
  type TransactionStep,
} from '../src/index.ts';

/** Every row that any test of this file has driven, as `machine state input`. */
export const driven = new Set<string>();

/** What one element heard, with its times: the story that the tests read. */
export interface Element {
  readonly host: SimulatedHost;
  readonly layer: TransactionLayer;
  readonly heard: string[];
  /** The client transactions, oldest first. */
  readonly sent: ClientTransaction[];
  /** The server transactions, oldest first. */
  readonly incoming: ServerTransaction[];
  /** What to do with a new request; nothing by default. */
  serve: (transaction: ServerTransaction) => void;
  send(method: string, to: string, options?: SendOptions): ClientTransaction;
  /** The requests of those that `send` made, as they left. */
  readonly requests: SipRequest[];
  /** From now on nothing leaves this element: every message fails at once. */
  unplug(): void;
}

export interface SendOptions extends RequestOptions {
  readonly headers?: readonly (readonly [string, HeaderInput])[];
  readonly onResponse?: ClientTransactionUser['onResponse'];
}

/** Two elements, alice and bob, 10 ms apart. */
export function twoElements(
  options: Partial<SimulationOptions> = {},
  layerOptions: Partial<TransactionLayerOptions> = {},
) {
  const simulation = createSimulation({ seed: 1, ...options });
  const element = (name: string): Element => makeElement(simulation, name, layerOptions);
  const alice = element('alice');
  const bob = element('bob');
  const assertQuiet = (): void => simulation.assertQuiet({ alice: alice.layer, bob: bob.layer });
  return { simulation, alice, bob, element, assertQuiet };
}

export function requestOf(
  method: string,
  to: string,
  headers: readonly (readonly [string, HeaderInput])[] = [],
): SipRequest {
  return new SipRequest({
    method,
    uri: uri(`sip:${to}`),
    headers: [
      ['From', '<sip:alice@alice>;tag=a1'],
      ['To', `<sip:bob@${to.replace(/^.*@/, '')}>`],
      ['Call-ID', `${method}-call`],
      ['CSeq', `1 ${method}`],
      ['Max-Forwards', '70'],
      ...headers,
    ],
  });
}

export function answer(status: number): (transaction: ServerTransaction) => void {
  return (transaction) => transaction.respond(createResponse(transaction.request, status));
}

function makeElement(
  simulation: ReturnType<typeof createSimulation>,
  name: string,
  layerOptions: Partial<TransactionLayerOptions>,
): Element {
  const host = simulation.network.host(name);
  const heard: string[] = [];
  const incoming: ServerTransaction[] = [];
  const sent: ClientTransaction[] = [];
  const requests: SipRequest[] = [];
  const note = (what: string): void => void heard.push(`${simulation.clock.now()} ${what}`);
  const layer = new TransactionLayer({
    runtime: host.runtime,
    sender: host,
    user: {
      onRequest: (transaction) => {
        note(transaction.method);
        incoming.push(transaction);
        transaction.user = listening(note);
        element.serve(transaction);
      },
      onAck: () => note('ACK'),
      onStrayResponse: (response) => note(`stray ${response.status}`),
    },
    onStep: ({ machine, from, input }: TransactionStep) =>
      driven.add(`${machine} ${from} ${input}`),
    ...layerOptions,
  });
  host.receive = (inbound) => layer.receive(inbound);
  const element: Element = {
    host,
    layer,
    heard,
    incoming,
    sent,
    requests,
    serve: () => {},
    unplug: () => {
      host.send = (_message, _hop, failed) => failed(new StrowgerError('UNPLUGGED', 'no network'));
    },
    send: (method, to, { headers, onResponse, ...options } = {}) => {
      const transaction = layer.request(
        requestOf(method, to, headers),
        {
          onResponse: (response, of) => {
            note(String(response.status));
            onResponse?.(response, of);
          },
          onTimeout: () => note('timeout'),
          onTransportError: (error) => note(error.code),
          onTerminated: () => note('over'),
        },
        options,
      );
      sent.push(transaction);
      if (transaction.request !== undefined) requests.push(transaction.request);
      return transaction;
    },
  };
  return element;
}

function listening(note: (what: string) => void): ServerTransaction['user'] {
  return {
    onTimeout: () => note('timeout'),
    onTransportError: (error) => note(error.code),
    onTerminated: () => note('over'),
  };
}
