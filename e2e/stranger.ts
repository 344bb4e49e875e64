import { createHash, randomBytes } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import { until } from './lab.ts';

/** A response as text, with what the tests ask of it. */
export interface Answer {
  readonly text: string;
  readonly status: number;
  /** A parameter of the (first) challenge, unquoted. */
  challenge(name: string): string | undefined;
}

export interface Proof {
  username: string;
  password: string;
  nonce: string;
  nc?: number;
  algorithm?: 'MD5' | 'SHA-256' | 'SHA-512-256';
  /** The realm that the server named. */
  realm: string;
}

const HASHES = { MD5: 'md5', 'SHA-256': 'sha256', 'SHA-512-256': 'sha512-256' } as const;

/** SIP written by hand over a UDP socket, sharing no code with what it tests. */
export class Stranger {
  private readonly socket: Socket;
  private readonly received: string[] = [];
  private readonly tag = randomBytes(4).toString('hex');
  private cseq = 0;

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on('message', (packet) => this.received.push(packet.toString()));
  }

  static async open(): Promise<Stranger> {
    const socket = createSocket('udp4');
    await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
    return new Stranger(socket);
  }

  /** Sends a request as `user` and resolves with its final answer. */
  async request(
    method: string,
    user: string,
    {
      proof,
      to = user,
      headers = [],
      contact = `<sip:${user}@127.0.0.1:${this.socket.address().port}>`,
    }: { proof?: Proof; to?: string; headers?: string[]; contact?: string } = {},
  ): Promise<Answer> {
    const { port } = this.socket.address();
    const cseq = ++this.cseq;
    const uri = method === 'REGISTER' ? 'sip:127.0.0.1' : `sip:${to}@127.0.0.1`;
    const name = method === 'REGISTER' ? 'Authorization' : 'Proxy-Authorization';
    const lines = [
      `${method} ${uri} SIP/2.0`,
      `Via: SIP/2.0/UDP 127.0.0.1:${port};branch=z9hG4bK${randomBytes(6).toString('hex')};rport`,
      'Max-Forwards: 70',
      `From: <sip:${user}@127.0.0.1>;tag=${this.tag}`,
      `To: <sip:${to}@127.0.0.1>`,
      `Call-ID: ${this.tag}@stranger`,
      `CSeq: ${cseq} ${method}`,
      `Contact: ${contact}`,
      ...(proof === undefined ? [] : [`${name}: ${authorization(method, uri, proof)}`]),
      ...headers,
      'Content-Length: 0',
      '',
      '',
    ];
    this.send(lines.join('\r\n'));
    const text = await until(`an answer to ${method}`, () =>
      this.received.find((one) => {
        const final = /^SIP\/2\.0 [2-6]/.test(one);
        return final && one.includes(`CSeq: ${cseq} ${method}`);
      }),
    );
    if (method === 'INVITE') this.acknowledge(lines, text);
    return {
      text,
      status: Number(text.slice(8, 11)),
      challenge: (param) => {
        const header = /^(?:WWW|Proxy)-Authenticate: (.*)$/im.exec(text)?.[1] ?? '';
        return new RegExp(`\\b${param}="?([^",\\r]+)`, 'i').exec(header)?.[1];
      },
    };
  }

  /** Sends bytes as they are. */
  send(bytes: string | Uint8Array): void {
    this.socket.send(bytes, 5060, '127.0.0.1');
  }

  close(): void {
    this.socket.close();
  }

  private acknowledge(invite: string[], answer: string): void {
    const to = /^To: .*$/im.exec(answer)?.[0] ?? '';
    const lines = invite
      .filter((line) => !/^(?:Proxy-Auth|Contact|To:)/.test(line))
      .map((line) => line.replace(/^INVITE /, 'ACK ').replace(/^(CSeq: \d+) INVITE/, '$1 ACK'));
    lines.splice(4, 0, to);
    this.send(lines.join('\r\n'));
  }
}

function authorization(method: string, uri: string, proof: Proof): string {
  const { username, password, nonce, nc = 1, algorithm = 'MD5', realm } = proof;
  const hash = (text: string): string => createHash(HASHES[algorithm]).update(text).digest('hex');
  const count = nc.toString(16).padStart(8, '0');
  const cnonce = 'abcdef';
  const ha1 = hash(`${username}:${realm}:${password}`);
  const ha2 = hash(`${method}:${uri}`);
  const response = hash(`${ha1}:${nonce}:${count}:${cnonce}:auth:${ha2}`);
  return (
    `Digest username="${username}", realm="${realm}", nonce="${nonce}", uri="${uri}", ` +
    `response="${response}", algorithm=${algorithm}, cnonce="${cnonce}", qop=auth, nc=${count}`
  );
}
