import { once } from 'node:events';
import { createServer } from 'node:net';
import { canReusePort, nodeRuntime } from '@strowger/runtime';
import { type SipRequest, SipResponse } from '@strowger/sip-message';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import {
  type CallThreads,
  type CallThreadsOptions,
  type Hop,
  type ListenPoint,
  ownerOf,
  startCallThreads,
} from '../src/index.ts';
import { Arrivals } from './arrivals.ts';
import { buildThread } from './build-thread.ts';
import { mustLeave, open, options, type Party } from './loopback.ts';

let script: URL;
beforeAll(async () => {
  script = await buildThread();
}, 60_000);

interface Spread {
  threads: CallThreads;
  udp: Hop;
  tcp: Hop;
  died: Arrivals<number>;
}

async function spread(
  mode: 'dispatch' | 'reusePort',
  threads = 3,
  over: Partial<CallThreadsOptions['transport']> = {},
): Promise<Spread> {
  const reusePort = mode === 'reusePort';
  const address = '127.0.0.1';
  const port = await freePort();
  const listen: ListenPoint[] = [
    { transport: 'udp', address, port, reusePort },
    { transport: 'tcp', address, port, reusePort },
  ];
  const died = new Arrivals<number>();
  const started = await startCallThreads({
    runtime: nodeRuntime(),
    script,
    threads,
    mode,
    transport: { listen, ...over },
    workerData: { transport: { listen, ...over } },
    onThreadDied: died.add,
  });
  onTestFinished(() => started.close());
  const udp: Hop = { transport: 'udp', address, port };
  return { threads: started, udp, tcp: { ...udp, transport: 'tcp' }, died };
}

/** A port that nobody had a moment ago: several threads are to bind the same one. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const bound = server.address();
  await new Promise((resolve) => server.close(resolve));
  return bound !== null && typeof bound === 'object' ? bound.port : 0;
}

async function answer(party: Party, request: SipRequest, hop: Hop): Promise<SipResponse> {
  party.layer.send(request, hop, mustLeave);
  for (;;) {
    const { message } = await party.inbox.next();
    if (message instanceof SipResponse && message.callId === request.callId) return message;
  }
}

const threadOf = ({ headers }: SipResponse): string => headers.raw('x-thread')[0] ?? '';

const modes = ['dispatch', ...(canReusePort() ? ['reusePort' as const] : [])] as const;
if (!canReusePort()) console.log('skipped: calls spread by SO_REUSEPORT (needs Node 22.12, Linux)');

describe.each(modes)('calls spread over threads by %s', (mode) => {
  it('gives every message of a call to one thread, over whichever socket it comes', async () => {
    const { udp, tcp } = await spread(mode);
    const one = await open(['udp:127.0.0.1:0', 'tcp:127.0.0.1:0']);
    const other = await open(['udp:127.0.0.1:0', 'tcp:127.0.0.1:0']);
    for (const callId of ['a', 'b', 'c', 'd', 'e', 'f']) {
      const threads = new Set<string>();
      for (const [party, hop] of [
        [one, udp],
        [one, tcp],
        [other, udp],
        [other, tcp],
      ] as const) {
        threads.add(threadOf(await answer(party, options(party, hop, '', callId), hop)));
      }
      expect(threads.size, `threads that heard of ${callId}`).toBe(1);
    }
  });

  it('divides calls among all threads', async () => {
    const { udp } = await spread(mode);
    const party = await open(['udp:127.0.0.1:0']);
    const threads = new Set<string>();
    for (let call = 0; call < 40; call++) {
      threads.add(threadOf(await answer(party, options(party, udp, '', `call-${call}`), udp)));
    }
    expect(threads.size).toBe(3);
  });

  it('brings the INVITE that replaces a call to the thread of that call', async () => {
    const { udp } = await spread(mode);
    const party = await open(['udp:127.0.0.1:0']);
    for (const callId of ['one', 'two', 'three', 'four']) {
      const first = await answer(party, options(party, udp, '', callId), udp);
      const invite = options(party, udp, '', `new-${callId}`).clone();
      invite.method = 'INVITE';
      invite.headers.set('CSeq', '1 INVITE');
      invite.headers.set('Replaces', `${callId};to-tag=1;from-tag=2`);
      expect(threadOf(await answer(party, invite, udp))).toBe(threadOf(first));
    }
  });

  it('brings answers to the requests of a thread back to that thread', async () => {
    const { udp } = await spread(mode);
    const party = await open(['udp:127.0.0.1:0']);
    const port = party.layer.listening[0]?.port;
    const ask = options(party, udp, '', 'ask').clone();
    ask.method = 'MESSAGE';
    ask.headers.set('CSeq', '1 MESSAGE');
    ask.headers.set('X-Call', `sip:caller@127.0.0.1:${port}`);
    const before = await answer(party, ask, udp);
    const called = await party.inbox.next();
    if (called.message.kind !== 'request') throw new Error('it did not call back');
    expect(called.message.via.host).toBe('127.0.0.1');
    expect(ownerOf(called.message.callId, 3)).toBe(ownerOf('ask', 3));
    const { headers } = called.message;
    const reply = new SipResponse({
      status: 200,
      headers: ['Via', 'From', 'To', 'Call-ID', 'CSeq'].flatMap((name) =>
        headers.raw(name).map((value): [string, string] => [name, value]),
      ),
    });
    party.layer.send(reply, called.hop, mustLeave);
    const after = await answer(party, options(party, udp, '', 'ask'), udp);
    expect(threadOf(after)).toBe(threadOf(before));
    // the MESSAGE, our answer, and this request
    expect([before, after].map((one) => one.headers.raw('x-heard')[0])).toEqual(['1', '3']);
  });

  it('replaces a thread that dies, and the calls of the others go on', async () => {
    const { udp, died } = await spread(mode);
    const party = await open(['udp:127.0.0.1:0']);
    const callIds = Array.from({ length: 30 }, (_, at) => `call-${at}`);
    const spared = callIds.find((one) => ownerOf(one, 3) !== ownerOf('victim', 3)) ?? '';
    const before = await answer(party, options(party, udp, '', spared), udp);
    const deadly = options(party, udp, '', 'victim').clone();
    deadly.method = 'INFO';
    deadly.headers.set('CSeq', '1 INFO');
    const last = await answer(party, deadly, udp);
    await died.next();
    expect(threadOf(await answer(party, options(party, udp, '', spared), udp))).toBe(
      threadOf(before),
    );
    const again = await retried(party, udp, 'victim');
    expect(threadOf(again)).not.toBe(threadOf(last));
  });

  it('knows in every thread which flows can be used, those of a thread that is new as well', async () => {
    const { udp, tcp, died } = await spread(mode);
    const asking = await open(['udp:127.0.0.1:0']);
    const phone = await open(['tcp:127.0.0.1:0']);
    const registered = await answer(phone, options(phone, tcp, '', 'phone'), tcp);
    const [flow = ''] = registered.headers.raw('x-flow');
    const owned = (owner: number): string => {
      const ids = Array.from({ length: 100 }, (_, at) => `asks-${at}`);
      return ids.find((id) => ownerOf(id, 3) === owner) ?? '';
    };
    const isSaidToBe = async (usable: boolean): Promise<void> => {
      for (let owner = 0; owner < 3; owner++) {
        for (let said = ''; said !== String(usable); ) {
          const asked = options(asking, udp, '', owned(owner)).clone();
          asked.headers.append('X-Flow', flow);
          [said = ''] = (await answer(asking, asked, udp)).headers.raw('x-flow-is-open');
        }
      }
    };
    await isSaidToBe(true);
    const holder = (JSON.parse(flow) as Hop).flow?.split('/', 1)[0];
    const victim = [0, 1, 2].find((owner) => mode === 'dispatch' || String(owner) !== holder) ?? 0;
    const deadly = options(asking, udp, '', owned(victim)).clone();
    deadly.method = 'INFO';
    deadly.headers.set('CSeq', '1 INFO');
    await answer(asking, deadly, udp);
    await died.next();
    await retried(asking, udp, owned(victim));
    await isSaidToBe(true);
    await phone.layer.close();
    await isSaidToBe(false);
  });

  it('trusts whom a thread vouches for, wherever they were heard', async () => {
    const { tcp } = await spread(mode, 3, {
      admission: { trustedNetworks: [] },
      limits: { messagesPerSecondPerSource: 2 },
    });
    const party = await open(['tcp:127.0.0.1:0']);
    const vouched = options(party, tcp, '', 'vouched').clone();
    vouched.method = 'SUBSCRIBE';
    vouched.headers.set('CSeq', '1 SUBSCRIBE');
    await answer(party, vouched, tcp);
    // four at once are all that a stranger may send
    for (let call = 0; call < 12; call++) {
      await answer(party, options(party, tcp, '', `trusted-${call}`), tcp);
    }
  });

  it('frees its ports when it closes', async () => {
    const { threads, udp, tcp } = await spread(mode);
    await threads.close();
    await open([`udp:127.0.0.1:${udp.port}`, `tcp:127.0.0.1:${tcp.port}`]);
  });
});

/** Asks until the thread that takes another's place is there; who asks over UDP repeats itself. */
async function retried(party: Party, hop: Hop, callId: string): Promise<SipResponse> {
  const request = options(party, hop, '', callId);
  const again = setInterval(() => party.layer.send(request, hop, mustLeave), 100);
  try {
    return await answer(party, request, hop);
  } finally {
    clearInterval(again);
  }
}

describe('starting threads', () => {
  const start = (over: Partial<CallThreadsOptions>): Promise<CallThreads> =>
    startCallThreads({
      runtime: nodeRuntime(),
      script,
      threads: 1,
      mode: 'dispatch',
      transport: { listen: ['udp:127.0.0.1:0'] },
      workerData: { transport: { listen: [] } },
      ...over,
    });

  it('says that a port is taken', async () => {
    const taken = await open(['udp:127.0.0.1:0']);
    const listen = [`udp:127.0.0.1:${taken.layer.listening[0]?.port}`];
    await expect(start({ transport: { listen } })).rejects.toMatchObject({ code: 'LISTEN_FAILED' });
  });

  it('says that the script does not run', async () => {
    const missing = new URL('missing.mjs', script);
    await expect(start({ script: missing })).rejects.toMatchObject({ code: 'THREAD_FAILED' });
  });

  it('refuses a number of threads that makes no sense', async () => {
    await expect(start({ threads: 0 })).rejects.toMatchObject({ code: 'BAD_THREADS' });
  });

  if (!canReusePort()) {
    it('says that SO_REUSEPORT is not to be had', async () => {
      const wanted = start({ mode: 'reusePort' });
      await expect(wanted).rejects.toMatchObject({ code: 'REUSE_PORT_UNSUPPORTED' });
    });
  }
});
