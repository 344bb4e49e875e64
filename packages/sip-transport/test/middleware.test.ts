import { createResponse, SipRequest } from '@strowger/sip-message';
import { describe, expect, it } from 'vitest';
import type { TransportMiddleware } from '../src/index.ts';
import { hopTo, mustLeave, open, options, parsed, rawUdp } from './loopback.ts';

describe('middleware', () => {
  it('changes what leaves, the last one first, message before bytes', async () => {
    const peer = await rawUdp();
    const mark = (name: string): TransportMiddleware => ({
      messageOut(message) {
        const copy = message.clone();
        copy.headers.append('X-Passed', name);
        return copy;
      },
    });
    const upper: TransportMiddleware = {
      bytesOut: (bytes) => Buffer.from(Buffer.from(bytes).toString().replace('first', 'FIRST')),
    };
    const { layer, ...party } = await open(['udp:127.0.0.1:0'], {
      middleware: [mark('first'), upper, mark('second')],
    });
    const hop = { transport: 'udp', address: '127.0.0.1', port: peer.port } as const;
    layer.send(options({ layer, ...party }, hop), hop, mustLeave);
    const message = parsed(await peer.inbox.next());
    expect(message.headers.raw('x-passed')).toEqual(['second', 'FIRST']);
  });

  it('changes what comes in, bytes before the parser, the first one first', async () => {
    const seen: string[] = [];
    const bob = await open(['udp:127.0.0.1:0'], {
      middleware: [
        {
          bytesIn(bytes, { transport, from }) {
            seen.push(`${transport} from ${from.address}`);
            return Buffer.from(Buffer.from(bytes).toString().replace('BROKEN/2.0', 'SIP/2.0'));
          },
        },
        {
          messageIn(inbound) {
            const message = inbound.message.clone();
            message.headers.set('X-Seen', 'yes');
            return { ...inbound, message };
          },
        },
      ],
    });
    const peer = await rawUdp();
    const hop = hopTo(bob, 'udp');
    const text = [
      'OPTIONS sip:bob@127.0.0.1 BROKEN/2.0',
      `Via: SIP/2.0/UDP 127.0.0.1:${peer.port};branch=z9hG4bK1`,
      'From: <sip:a@a.example>;tag=a',
      'To: <sip:bob@127.0.0.1>',
      'Call-ID: broken',
      'CSeq: 1 OPTIONS',
      'Content-Length: 0',
      '',
      '',
    ];
    peer.send(text.join('\r\n'), hop);
    const { message } = await bob.inbox.next();
    expect(message.headers.raw('x-seen')).toEqual(['yes']);
    expect(seen).toEqual(['udp from 127.0.0.1']);
  });

  it('drops what it gives nothing back for, either way', async () => {
    const bob = await open(['udp:127.0.0.1:0'], {
      middleware: [
        {
          messageIn: (inbound) => (inbound.message.callId === 'bad' ? undefined : inbound),
          messageOut: (message) =>
            message.kind === 'response' && message.status === 403 ? undefined : message,
        },
      ],
    });
    const alice = await open(['udp:127.0.0.1:0']);
    const hop = hopTo(bob, 'udp');
    alice.layer.send(options(alice, hop, '', 'bad'), hop, mustLeave);
    alice.layer.send(options(alice, hop, '', 'good'), hop, mustLeave);
    const { message, hop: back } = await bob.inbox.next();
    expect(message.callId).toBe('good');
    if (!(message instanceof SipRequest)) throw new Error('no request');
    bob.layer.send(createResponse(message, 403), back, mustLeave);
    bob.layer.send(createResponse(message, 200), back, mustLeave);
    expect((await alice.inbox.next()).message).toMatchObject({ status: 200 });
  });

  it('that throws loses the one message, and says so', async () => {
    const bob = await open(['tcp:127.0.0.1:0'], {
      middleware: [
        {
          bytesIn(bytes) {
            if (Buffer.from(bytes).includes('Call-ID: bad')) throw new Error('a defect');
            return bytes;
          },
        },
      ],
    });
    const alice = await open(['tcp:127.0.0.1:0']);
    const hop = hopTo(bob, 'tcp');
    alice.layer.send(options(alice, hop, '', 'bad'), hop, mustLeave);
    alice.layer.send(options(alice, hop, '', 'good'), hop, mustLeave);
    expect((await bob.inbox.next()).message.callId).toBe('good');
    expect((await bob.errors.next()).code).toBe('MIDDLEWARE_FAILED');
  });
});
