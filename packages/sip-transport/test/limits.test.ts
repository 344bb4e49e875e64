import { nodeRuntime, VirtualClock } from '@strowger/runtime';
import { describe, expect, it } from 'vitest';
import { defaultLimits, type TransportLayerOptions, type TransportLimits } from '../src/index.ts';
import {
  failure,
  hopTo,
  mustLeave,
  open,
  options,
  optionsText,
  rawTcp,
  rawTcpServer,
  strangers,
  until,
} from './loopback.ts';

const VIA = 'SIP/2.0/TCP 127.0.0.1:5099;branch=z9hG4bKraw';

/** A layer on real sockets whose time is moved by the test. */
async function limited(
  limits: Partial<TransportLimits> = {},
  over: Partial<TransportLayerOptions> = {},
) {
  const clock = new VirtualClock();
  const runtime = { ...nodeRuntime(), clock };
  const party = await open(['tcp:127.0.0.1:0'], { runtime, limits, ...over });
  return { clock, party, hop: hopTo(party, 'tcp'), metrics: party.layer.metrics };
}

describe('connections', () => {
  it('make room for new ones beyond the limit on all of them: the longest unused first', async () => {
    const { party, hop, metrics } = await limited({ connections: 2 });
    const first = await rawTcp(hop);
    await until(() => metrics.connectionsAccepted === 1);
    const second = await rawTcp(hop);
    await until(() => metrics.connectionsAccepted === 2);
    first.socket.write(optionsText(VIA));
    await party.inbox.next();
    await rawTcp(hop);
    await second.closed;
    await until(() => metrics.connectionsAccepted === 3);
    expect(metrics).toMatchObject({ connectionsEvicted: 1, connectionsRefused: 0 });
  });

  it('are refused where somebody is known on all that there are', async () => {
    const { party, hop, metrics } = await limited({ connections: 2 });
    const second = await rawTcp(hop);
    for (const raw of [await rawTcp(hop), second]) {
      raw.socket.write(optionsText(VIA));
      party.layer.trust((await party.inbox.next()).hop);
    }
    await (await rawTcp(hop)).closed;
    expect(metrics).toMatchObject({ connectionsAccepted: 2, connectionsRefused: 1 });

    const { hop: other } = await rawTcpServer();
    expect((await failure(party, options(party, other), other)).code).toBe('TOO_MANY_CONNECTIONS');
    second.socket.destroy();
    await until(() => party.layer.counts().connections === 1);
    party.layer.send(options(party, other), other, mustLeave);
    await until(() => metrics.connectionsOpened === 1);
  });

  it('are refused beyond the limit of their peer', async () => {
    const { hop, metrics } = await limited({ connectionsPerPeer: 1 }, strangers);
    await rawTcp(hop);
    await until(() => metrics.connectionsAccepted === 1);
    await (await rawTcp(hop)).closed;
    expect(metrics.connectionsRefused).toBe(1);
  });

  it('are refused when they come too fast', async () => {
    const { clock, hop, metrics } = await limited({ acceptsPerSecond: 2 });
    await rawTcp(hop);
    await rawTcp(hop);
    await (await rawTcp(hop)).closed;
    expect(metrics).toMatchObject({ connectionsAccepted: 2, connectionsRefused: 1 });
    clock.advance(1000);
    await rawTcp(hop);
    await until(() => metrics.connectionsAccepted === 3);
  });

  it('are closed when nothing moved for long', async () => {
    const { clock, hop, party, metrics } = await limited();
    const raw = await rawTcp(hop);
    raw.socket.write(optionsText(VIA));
    await party.inbox.next();
    clock.advance(defaultLimits.idleTimeoutMs - 1);
    raw.socket.write('\r\n\r\n');
    await raw.text('\r\n'); // it moved, so it lives on
    clock.advance(defaultLimits.idleTimeoutMs - 1);
    expect(metrics.idleTimeouts).toBe(0);
    clock.advance(1);
    await raw.closed;
    expect(metrics.idleTimeouts).toBe(1);
  });

  it('are closed when no message comes', async () => {
    const { clock, hop, metrics } = await limited();
    const raw = await rawTcp(hop);
    await until(() => metrics.connectionsAccepted === 1);
    clock.advance(defaultLimits.firstMessageMs);
    await raw.closed;
    expect(metrics.slowTimeouts).toBe(1);
  });

  it('are closed when a message drips in too slowly', async () => {
    const { clock, hop, party, metrics } = await limited();
    const raw = await rawTcp(hop);
    raw.socket.write(`${optionsText(VIA)}OPT`);
    await party.inbox.next();
    clock.advance(defaultLimits.partialMessageMs - 1);
    raw.socket.write('IONS');
    raw.socket.write(optionsText(VIA, '', 'never whole').slice(7, 40));
    expect(metrics.slowTimeouts).toBe(0);
    clock.advance(1);
    await raw.closed;
    expect(metrics.slowTimeouts).toBe(1);
  });

  it('are not closed for a message that becomes whole in time', async () => {
    const { clock, hop, party, metrics } = await limited();
    const raw = await rawTcp(hop);
    const text = optionsText(VIA);
    raw.socket.write(`${text}${text.slice(0, 50)}`);
    await party.inbox.next();
    raw.socket.write(text.slice(50));
    await party.inbox.next();
    clock.advance(defaultLimits.partialMessageMs * 3);
    raw.socket.write(text);
    await party.inbox.next();
    expect(metrics.slowTimeouts).toBe(0);
  });

  it('that do not open in time have failed', async () => {
    const { clock, party, metrics } = await limited();
    // nobody accepts from this server's backlog: the loop that would is ours, and it waits
    const { hop } = await rawTcpServer();
    const failed = failure(party, options(party, hop), hop);
    clock.advance(defaultLimits.connectTimeoutMs);
    expect((await failed).code).toBe('CONNECT_FAILED');
    expect(metrics.connectsFailed).toBe(1);
    expect(party.layer.counts().tcpRefusedPeers).toBe(1);
  });
});

describe('what waits in a connection', () => {
  /** A peer that reads nothing, and a layer that has sent it all that may wait. */
  const stuck = async () => {
    const { clock, party, metrics } = await limited({ queuedBytesPerConnection: 100_000 });
    const { hop, peers } = await rawTcpServer();
    party.layer.send(options(party, hop), hop, mustLeave);
    const peer = await peers.next();
    peer.socket.pause();
    const codes: string[] = [];
    const request = options(party, hop, 'x'.repeat(50_000));
    // the system's own buffers take some megabytes first
    for (let n = 0; n < 2000 && !codes.includes('CONNECTION_FULL'); n++) {
      party.layer.send(request, hop, (error) => codes.push(error.code));
      await new Promise((resolve) => setImmediate(resolve));
    }
    return { clock, party, metrics, codes };
  };

  it('is refused beyond the limit while the peer does not read', async () => {
    const { clock, party, metrics, codes } = await stuck();
    expect(codes).toContain('CONNECTION_FULL');
    expect(party.layer.counts().waitingBytes).toBeLessThanOrEqual(100_000);
    expect(party.layer.counts().waitingBytes).toBeGreaterThan(0);

    // a peer that never reads again does not hold the connection
    clock.advance(defaultLimits.idleTimeoutMs);
    await until(() => party.layer.counts().connections === 0);
    expect(metrics.idleTimeouts).toBe(1);
    await until(() => codes.includes('CONNECTION_CLOSED'));
  });

  it('does not hold up the closing of the layer for longer than it may', async () => {
    const { clock, party, codes } = await stuck();
    const closed = party.layer.close();
    await until(() => party.layer.counts().sockets === 0);
    expect(party.layer.counts().connections).toBe(1);
    clock.advance(defaultLimits.closeMs);
    await closed;
    expect(party.layer.counts().connections).toBe(0);
    await until(() => codes.includes('CONNECTION_CLOSED'));
  });
});

describe('the receive buffer of a UDP socket', () => {
  it('is asked for when it is opened', async () => {
    const runtime = nodeRuntime();
    const asked: (number | undefined)[] = [];
    const datagrams: typeof runtime.datagrams = {
      open: (wish) => {
        asked.push(wish.receiveBufferBytes);
        return runtime.datagrams.open(wish);
      },
    };
    await open(['udp:127.0.0.1:0'], {
      runtime: { ...runtime, datagrams },
      limits: { receiveBufferBytes: 65_536 },
    });
    expect(asked).toEqual([65_536]);
  });
});

describe('peers remembered as refusing TCP', () => {
  it('are no more than they may be', async () => {
    const { clock, party } = await limited({ tcpRefusedPeers: 2 });
    for (let n = 0; n < 5; n++) {
      const { hop } = await rawTcpServer();
      const failed = failure(party, options(party, hop), hop);
      clock.advance(defaultLimits.connectTimeoutMs);
      await failed;
    }
    expect(party.layer.counts().tcpRefusedPeers).toBe(2);
  });
});
