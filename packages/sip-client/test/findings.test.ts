import { spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { toneShare } from '@strowger/media-core';
import { nodeRuntime } from '@strowger/runtime';
import { Session, SessionManager } from '@strowger/session-core';
import { createResponse } from '@strowger/sip-message';
import { describe, expect, it } from 'vitest';
import {
  Call,
  CallConference,
  ClientAccount,
  pcmBytes,
  pcmFrames,
  type PcmFrame,
  SipClient,
  type SessionId,
} from '../src/index.ts';
import { natScene } from './nat-scene.ts';
import { during, finish, PASSWORD, scene } from './scene.ts';

const folder = fileURLToPath(new URL('.', import.meta.url));
const readme = readFileSync(join(folder, '../README.md'), 'utf8');

/** Two that talk on loopback, with their media engine and sockets. */
async function talking(options: { alice?: object; bob?: object } = {}) {
  const alice = new SipClient({ uri: 'sip:alice@127.0.0.1', ...options.alice });
  const bob = new SipClient({ uri: 'sip:bob@127.0.0.1', ...options.bob });
  const answered = new Promise<Call>((resolve) => {
    bob.on('incoming', (call) => {
      void call.answer();
      resolve(call);
    });
  });
  const call = await alice.call(await bob.contact());
  expect(await call.answered()).toEqual({ answered: true });
  const close = () => Promise.all([alice.close(), bob.close()]);
  return { alice, bob, call, answered: await answered, close };
}

/** Resolves when something is so that time brings about. */
async function until(isSo: () => Promise<boolean> | boolean): Promise<void> {
  while (!(await isSo())) await new Promise((resolve) => setTimeout(resolve, 10));
}

/** What can be called or read of a class, its parents' too. */
function publicNames(...classes: readonly { readonly prototype: object }[]): string[] {
  const names = new Set<string>();
  for (const { prototype } of classes) {
    for (let one = prototype; one !== Object.prototype; one = Object.getPrototypeOf(one)) {
      for (const name of Object.getOwnPropertyNames(one)) names.add(name);
    }
  }
  return [...names].filter((name) => name !== 'constructor');
}

/** The names of a class that its source marks as its own affair. */
function privateNames(directory: string): Set<string> {
  const names = new Set<string>();
  for (const file of readdirSync(directory, { recursive: true, encoding: 'utf8' })) {
    if (!file.endsWith('.ts') || file.endsWith('.test.ts')) continue;
    const source = readFileSync(join(directory, file), 'utf8');
    const marked =
      /(?:private|protected)(?: async| get| readonly)* (\w+)|@internal[^/]*\*\/\s*(?:async |get |set )?(\w+)/g;
    for (const [, hidden, internal] of source.matchAll(marked)) names.add(hidden ?? internal ?? '');
  }
  return names;
}

describe('what those found who built a softphone on the seed’s relatives', () => {
  it('1: credentials are given once, and serve REGISTER, INVITE, OPTIONS and what follows', async () => {
    const all = scene();
    const { simulation, registrar, alice } = all;
    await during(simulation, alice.client.register());
    const call = await during(simulation, alice.client.call('bob'));
    await during(simulation, call.ended);
    await during(simulation, alice.client.options('bob'));
    const proven = registrar.seen.filter(({ headers }) => headers.has('authorization'));
    expect(proven.map(({ method }) => method)).toEqual(['REGISTER', 'INVITE', 'OPTIONS']);
    await finish(all);
  });

  it('1: they serve what is asked within calls that came in, where our server asks for it', async () => {
    const all = natScene({ password: PASSWORD });
    const { simulation, pbx, alice } = all;
    await during(simulation, alice.client.register());
    const byes: boolean[] = [];
    pbx.host.receive = (inbound) => {
      const { message, hop } = inbound;
      const isBye = message.kind === 'request' && message.method === 'BYE';
      if (isBye) byes.push(message.headers.has('authorization'));
      if (!isBye || byes.at(-1) === true) return pbx.sessions.receive(inbound);
      const challenge = 'Digest realm="pbx.example", nonce="n", algorithm=MD5, qop="auth"';
      const headers: [string, string][] = [['WWW-Authenticate', challenge]];
      pbx.host.send(createResponse(message, 401, { headers }), hop, () => {});
    };
    const answered = new Promise<Call>((resolve) => {
      alice.client.on('incoming', (call) => {
        void call.answer();
        resolve(call);
      });
    });
    const session = pbx.call('alice');
    await during(simulation, session.connected);
    await simulation.run(100);
    await during(simulation, (await answered).hangUp());
    expect(await during(simulation, session.ended)).toMatchObject({ kind: 'hungUp', by: 'remote' });
    expect(byes).toEqual([false, true]);
    await during(simulation, alice.client.close());
    await pbx.sessions.close();
  });

  it('2: the Contact has the port that was given by the system, and leads to us', async () => {
    const { bob, call, close } = await talking();
    const contact = await bob.contact();
    expect(contact).toMatch(/^sip:bob@127\.0\.0\.1:\d+$/);
    expect(contact).not.toMatch(/:(0|5060)$/);
    expect(call.session.dialog?.remoteTarget.toString()).toBe(contact);
    await close();
  });

  it('3: nothing is logged for each packet', async () => {
    let lines = 0;
    const count = (): void => void lines++;
    const runtime = nodeRuntime({
      logger: { debug: count, info: count, warn: count, error: count },
    });
    const { call, answered, close } = await talking({ alice: { runtime }, bob: { runtime } });
    call.play({ type: 'tone', frequencyHz: 440 });
    answered.play({ type: 'tone', frequencyHz: 880 });
    const before = lines;
    const packets = async (): Promise<number> => {
      const all = await Promise.all([call.stats(), answered.stats()]);
      return all.reduce((sum, one) => sum + (one ? one.packetsSent + one.packetsReceived : 0), 0);
    };
    await until(async () => (await packets()) >= 500);
    expect(lines - before).toBeLessThan(5); // of one it would be five hundred
    await close();
  });

  it('4: what is said at once leaves at its pace', async () => {
    const { call, close } = await talking();
    const writer = call.audioOut().getWriter();
    const began = performance.now();
    const second: PcmFrame = {
      samples: new Int16Array(8000).fill(1000),
      sampleRate: 8000,
      timestamp: 0,
    };
    const sent = async (): Promise<number> => (await call.stats())?.packetsSent ?? 0;
    const before = await sent();
    writer.write(second).catch(() => {});
    writer.write({ ...second, timestamp: 8000 }).catch(() => {});
    await until(async () => (await sent()) >= before + 25);
    const due = (performance.now() - began) / 20; // not before its time, however busy the machine is
    expect((await sent()) - before).toBeLessThanOrEqual(due + 3);
    await close();
  });

  it('5: a call is found by its id, until it is over', async () => {
    const { alice, bob, call, answered, close } = await talking();
    expect(alice.findCall(call.id)).toBe(call);
    expect(bob.findCall(answered.id)).toBe(answered);
    expect(bob.findCall(call.id)).toBeUndefined();
    expect((await alice.sessions()).get(call.id)).toBe(call.session);
    await call.hangUp();
    expect(alice.findCall(call.id)).toBeUndefined();
    await close();
  });

  it('6: there is one SessionId', () => {
    const find = (client: SipClient, id: SessionId): Call | undefined => client.findCall(id);
    const idOf = (call: Call): SessionId => call.id;
    const bySession = (manager: SessionManager, call: Call) => manager.get(idOf(call));
    const client = new SipClient({ uri: 'sip:alice@127.0.0.1' });
    // @ts-expect-error a text of any kind is none
    expect(find(client, 'text')).toBeUndefined();
    expect(bySession).toBeTypeOf('function');
    const sources = join(folder, '../../session-core/src');
    const declared = readdirSync(sources).filter((file) =>
      /^(export )?type SessionId =/m.test(readFileSync(join(sources, file), 'utf8')),
    );
    expect(declared).toEqual(['session-state.ts']);
  });

  it('7: frames come from where they are used', async () => {
    const { call, answered, close } = await talking();
    const frames: ReadableStream<PcmFrame> = answered.audioIn();
    const mouth: WritableStream<PcmFrame> = call.audioOut();
    call.play({ type: 'tone', frequencyHz: 440 });
    const { value } = await frames.getReader().read();
    expect(value).toMatchObject({ sampleRate: 8000, samples: expect.any(Int16Array) });
    expect(mouth.locked).toBe(false);
    await close();
  });

  it('8: programs of the system are microphone and loudspeaker', async () => {
    const { call, answered, close } = await talking();
    const work = mkdtempSync(join(tmpdir(), 'sound-'));
    const file = join(work, 'heard.raw');
    // in place of `rec` and `play`, which need a sound card: two seconds of 440 Hz out, what comes into a file
    const says = `const tone = Int16Array.from({ length: 16000 }, (_, at) =>
        16000 * Math.sin((2 * Math.PI * 440 * at) / 8000));
      process.stdout.write(new Uint8Array(tone.buffer))`;
    const keeps = `process.stdin.pipe(require('fs').createWriteStream(process.argv[1]))`;
    const microphone = spawn(process.execPath, ['-e', says], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const speaker = spawn(process.execPath, ['-e', keeps, file], {
      stdio: ['pipe', 'ignore', 'inherit'],
    });
    const written = once(speaker, 'exit');
    const heard = pipeline(pcmBytes(answered.audioIn()), speaker.stdin);
    await pcmFrames(microphone.stdout).pipeTo(call.audioOut());
    await call.mark('said');
    await call.hangUp();
    await Promise.all([heard, written]);
    const bytes = readFileSync(file);
    const frames = Array.from({ length: bytes.length / 320 }, (_, frame) =>
      Int16Array.from({ length: 160 }, (__, at) => bytes.readInt16LE(320 * frame + 2 * at)),
    );
    const tones = frames.filter((frame) => toneShare(frame, 8000, 440) > 0.9);
    expect(tones.length).toBeGreaterThan(50); // of a hundred, on a busy machine
    rmSync(work, { recursive: true });
    await close();
    expect(readme).toContain('pcmFrames(microphone.stdout)');
    expect(readme).toContain('`audioDevices()`'); // in a page
  });

  it('9: who waits for a registration is told what became of it', async () => {
    const all = scene({ client: { password: 'wrong' } });
    const outcome = await during(all.simulation, all.alice.client.registerAndWait());
    expect(outcome).toMatchObject({ registered: false, why: 'refused', status: 401 });
    await finish(all);
  });

  it('10: all ports are free at once after close', async () => {
    const ports = { from: 42_200, to: 42_201 };
    const listen = ['udp:127.0.0.1:42202'];
    const { close } = await talking({ alice: { listen, media: { ports } } });
    await close();
    for (const port of [42_200, 42_201, 42_202]) {
      const socket = createSocket('udp4');
      socket.bind(port, '127.0.0.1');
      await once(socket, 'listening'); // and no `error`
      socket.close();
    }
    const again = await talking({ alice: { listen, media: { ports } } });
    await again.close();
  });

  it('11: nothing is a stub: each method is used by a test, and no source says that it is not there', () => {
    const own = privateNames(join(folder, '../src'));
    const tests = [folder, join(folder, '../../../e2e')].flatMap((directory) =>
      readdirSync(directory)
        .filter((file) => /\.(ts|js|mjs)$/.test(file))
        .map((file) => readFileSync(join(directory, file), 'utf8')),
    );
    const used = [readme, ...tests].join('\n'); // its examples are run as well
    const names = publicNames(SipClient, Call, ClientAccount, CallConference);
    const unused = names.filter(
      (name) => !own.has(name) && !new RegExp(`\\.${name}\\b`).test(used),
    );
    expect(unused).toEqual([]);
    const sources = readdirSync(join(folder, '../src'), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts'))
      .map((file) => readFileSync(join(folder, '../src', file), 'utf8'));
    expect(
      sources.filter((text) => /not (yet )?(implemented|supported)|\bstub\b/i.test(text)),
    ).toEqual([]);
  });

  it('12: what the easy door does not have is told, and where it is', () => {
    const hidden = privateNames(join(folder, '../../session-core/src'));
    const isHidden = (name: string): boolean => hidden.has(name);
    const [, chapter = ''] = readme.split('## Behind the easy door');
    const [told = ''] = chapter.split('\n## ');
    const behind = (deep: string[], easy: string[]): string[] =>
      deep.filter((name) => !easy.includes(name) && !isHidden(name));
    const missing = [
      ...behind(publicNames(Session), publicNames(Call)),
      ...behind(publicNames(SessionManager), publicNames(SipClient)),
    ].filter((name) => !told.includes(`\`${name}\``));
    expect(missing).toEqual([]);
    // and nothing is told that is not there
    const known = [...publicNames(Session, SessionManager)];
    const listed = [...told.matchAll(/`(\w+)`/g)].map(([, name]) => name ?? '');
    expect(listed.length).toBeGreaterThan(30);
    expect(listed.filter((name) => !known.includes(name))).toEqual([]);
  });

  it('13: a URI without a host is told so', async () => {
    for (const uri of ['sip:alice@', 'sip:', 'sip:alice@:5060']) {
      expect(() => new SipClient({ uri })).toThrow(
        expect.objectContaining({ code: 'BAD_ACCOUNT', message: 'uri: a URI needs a host' }),
      );
    }
    const client = new SipClient({ uri: 'sip:alice@pbx.example' });
    for (const target of ['bob@', 'sip:bob@', 'sip:']) {
      await expect(client.call(target)).rejects.toMatchObject({
        code: 'BAD_TARGET',
        message: `${target} cannot be called: a URI needs a host`,
      });
    }
  });
});
