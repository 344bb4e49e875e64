import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createResponse, parseMessage, serializeMessage } from '@strowger/sip-message';
import { afterEach, expect, it } from 'vitest';
import {
  type Background,
  background,
  describeWithPeers,
  here,
  isListening,
  root,
  until,
  workFolder,
} from './lab.ts';
import { sipp, sippInBackground } from './sipp.ts';

const LOCAL = ['-i', '127.0.0.1'];
const at = (port: number): string => `sip:bob@127.0.0.1:${port}`;

describeWithPeers(['sipp', 'ss'], 'sipp through the proxy', () => {
  const folder = workFolder('proxy');
  const running: Background[] = [];

  afterEach(async () => {
    for (const one of running.splice(0).toReversed()) await one.stop();
  });

  const start = async (what: string, program: Background, port: number): Promise<Background> => {
    running.push(program);
    await until(`${what} listens`, () => isListening(port), 10_000);
    return program;
  };
  const proxy = (port: number, ...targets: string[]): Promise<Background> => {
    const program = [process.execPath, join(here, 'proxy-program.mjs'), String(port), ...targets];
    const log = join(folder, `proxy-${port}-${process.hrtime()[1]}.log`);
    return start('the proxy', background(log, program as [string, ...string[]]), port);
  };
  const callee = (port: number, scenario = 'callee'): Promise<Background> => {
    const args = [...LOCAL, '-p', String(port)];
    return start('the callee', sippInBackground(folder, scenario, args, 50), port);
  };
  const kamailio = (): Promise<Background> => {
    const work = ['-Y', folder, '-P', join(folder, 'pid'), '-w', folder];
    const file = join(folder, 'kamailio.cfg');
    // one process: two may swap an ACK and the BYE behind it
    const bench = readFileSync(join(root, 'bench/kamailio-proxy.cfg'), 'utf8');
    writeFileSync(file, bench.replace('children=2', 'children=1'));
    const command: [string, ...string[]] = ['kamailio', '-f', file, '-DD', '-E', ...work];
    return start('kamailio', background(join(folder, 'kamailio.log'), command), 5060);
  };
  const call = (
    port: number,
    calls: number,
    scenario = 'caller-unchallenged',
    more: string[] = [],
  ) => {
    const load = `-p 5081 -m ${calls} -r 50 -l 500 -s bob -set caller alice -d 50`.split(' ');
    return sipp(folder, scenario, [`127.0.0.1:${port}`, ...LOCAL, ...load, ...more], 40);
  };
  /** What lives in the proxy and what it counted, once it is at rest. */
  const atRest = (program: Background) =>
    until(
      'the proxy is at rest',
      () => {
        const lines = program.output().trim().split('\n');
        const last = lines.at(-1) ?? '';
        program.child.kill('SIGUSR2');
        if (!last.startsWith('{')) return undefined;
        const told = JSON.parse(last) as Record<string, number>;
        const live = ['clientTransactions', 'serverTransactions', 'proxiedRequests'];
        return live.every((name) => told[name] === 0) ? told : undefined;
      },
      15_000,
    );

  it('200 calls, ACK and BYE along the recorded route: none failed, nothing is left', async () => {
    const program = await proxy(5090, at(5070));
    await callee(5070);
    const result = call(5090, 200);
    expect(result, result.errors).toMatchObject({ successful: 200, failed: 0 });
    const told = await atRest(program);
    expect(told).toMatchObject({ acksForwarded: 200, acksDropped: 0 });
    expect(told['requests']).toBe(400);
  });

  it('the same over TCP towards the caller: recorded twice (RFC 5658)', async () => {
    await proxy(5090, at(5070));
    await callee(5070);
    const result = call(5090, 20, 'caller-unchallenged', ['-t', 't1']);
    expect(result, result.errors).toMatchObject({ successful: 20, failed: 0 });
  });

  it('two phones ring; the one that does not answer is cancelled', async () => {
    await proxy(5090, at(5070), at(5072));
    await callee(5070);
    const single = [...LOCAL, '-p', '5072', '-m', '1'];
    const other = await start(
      'the other callee',
      sippInBackground(folder, 'callee-cancelled', single, 50),
      5072,
    );
    expect(call(5090, 1)).toMatchObject({ successful: 1, failed: 0 });
    // its scenario ends well only after a CANCEL, its 487 to the INVITE, and the ACK to that
    expect(await other.ended).toBe(0);
  });

  it('a caller who gives up hears 487, 100 times', async () => {
    const program = await proxy(5090, at(5072));
    await callee(5072, 'callee-cancelled');
    const result = call(5090, 100, 'caller-cancels');
    expect(result, result.errors).toMatchObject({ successful: 100, failed: 0 });
    await atRest(program);
  });

  it('both of two 200s reach the caller', async () => {
    await proxy(5090, at(5073), at(5074));
    const phones = await Promise.all([answeringPhone(5073), answeringPhone(5074)]);
    const caller = createSocket('udp4');
    caller.bind(0, '127.0.0.1');
    await once(caller, 'listening');
    const tags = new Set<string | undefined>();
    caller.on('message', (bytes) => {
      const parsed = parseMessage(bytes);
      if (parsed.ok && parsed.value.kind === 'response' && parsed.value.status === 200) {
        tags.add(parsed.value.toTag);
      }
    });
    caller.send(inviteOf(caller.address().port), 5090, '127.0.0.1');
    await until('both have answered', () => tags.size === 2);
    for (const socket of [...phones, caller]) socket.close();
    expect(tags).toEqual(new Set(['at5073', 'at5074']));
  });

  describeWithPeers(['kamailio'], 'with kamailio', () => {
    it('in front of it', async () => {
      await kamailio();
      await proxy(5070, at(5075)); // kamailio sends everything to 5070
      await callee(5075);
      const result = call(5060, 50);
      expect(result, result.errors).toMatchObject({ successful: 50, failed: 0 });
    });

    it('behind it', async () => {
      await kamailio();
      await proxy(5090, at(5060));
      await callee(5070);
      expect(call(5090, 50)).toMatchObject({ successful: 50, failed: 0 });
    });
  });
});

/** A phone that answers every INVITE with 200 at once, its port as its tag. */
async function answeringPhone(port: number): Promise<Socket> {
  const socket = createSocket('udp4');
  socket.bind(port, '127.0.0.1');
  await once(socket, 'listening');
  socket.on('message', (bytes, from) => {
    const parsed = parseMessage(bytes);
    if (!parsed.ok || parsed.value.kind !== 'request' || parsed.value.method !== 'INVITE') return;
    const headers: [string, string][] = [['Contact', `<sip:bob@127.0.0.1:${port}>`]];
    const response = createResponse(parsed.value, 200, { toTag: `at${port}`, headers });
    socket.send(serializeMessage(response), from.port, from.address);
  });
  return socket;
}

function inviteOf(port: number): string {
  return [
    'INVITE sip:bob@127.0.0.1:5090 SIP/2.0',
    `Via: SIP/2.0/UDP 127.0.0.1:${port};branch=z9hG4bKforked;rport`,
    'From: <sip:alice@127.0.0.1>;tag=a',
    'To: <sip:bob@127.0.0.1>',
    'Call-ID: forked',
    'CSeq: 1 INVITE',
    `Contact: <sip:alice@127.0.0.1:${port}>`,
    'Max-Forwards: 70',
    'Content-Length: 0',
    '\r\n',
  ].join('\r\n');
}
