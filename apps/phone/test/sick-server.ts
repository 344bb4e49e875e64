import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import {
  createResponse,
  parseMessage,
  type SipRequest,
  serializeMessage,
} from '@strowger/sip-message';

/** How a server is ill; without anything it is well. */
export interface Illness {
  /** The status of each method; 0: it says nothing. */
  readonly answers?: Readonly<Record<string, number>>;
  /** As whom it sees us. */
  readonly sees?: { readonly address: string; readonly port: number };
  /** How far its clock is behind, in milliseconds. */
  readonly behindMs?: number;
  /** The formats of its description, with their `rtpmap`. */
  readonly formats?: string;
}

const PCMU = '0\r\na=rtpmap:0 PCMU/8000';

/** A SIP server on a UDP socket that is ill as a test wants it. */
export class SickServer {
  readonly at: string;
  private readonly socket: Socket;
  private readonly illness: Illness;

  static async start(illness: Illness): Promise<SickServer> {
    const socket = createSocket('udp4');
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    return new SickServer(socket, illness);
  }

  private constructor(socket: Socket, illness: Illness) {
    this.socket = socket;
    this.illness = illness;
    // a bound socket of Internet addresses has one
    this.at = `127.0.0.1:${(socket.address() as AddressInfo).port}`;
    socket.on('message', (bytes, from) => {
      const parsed = parseMessage(bytes);
      if (parsed.ok && parsed.value.kind === 'request') this.answer(parsed.value, from);
    });
  }

  async stop(): Promise<void> {
    this.socket.close();
    await once(this.socket, 'close');
  }

  private answer(request: SipRequest, from: RemoteInfo): void {
    const { answers = {}, sees = from, behindMs = 0, formats = PCMU } = this.illness;
    const status = answers[request.method] ?? 200;
    if (request.method === 'ACK' || status === 0) return;
    const described = request.method === 'OPTIONS' && status === 200;
    const response = createResponse(request, status, {
      reason: 'Said',
      toTag: 'sick',
      headers: [
        ['Date', new Date(Date.now() - behindMs).toUTCString()],
        ...request.headers.raw('Contact').map((one): [string, string] => ['Contact', one]),
        ['Expires', '300'],
        ...(described ? ([['Content-Type', 'application/sdp']] as const) : []),
      ],
      body: described
        ? `v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 9 RTP/AVP ${formats}\r\n`
        : '',
    });
    const seen = `;received=${sees.address};rport=${sees.port}`;
    const text = Buffer.from(serializeMessage(response)).toString();
    this.socket.send(text.replace(/;rport(?=[;\r])/, seen), from.port, from.address);
  }
}
