import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { SipClient } from '@strowger/sip-client';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Baresip } from './baresip.ts';
import { describeWithPeers, pause, runToEnd, workFolder } from './lab.ts';
import { decoded, listen } from './sound.ts';

const [OURS, THEIRS] = [440, 880];

describeWithPeers(['baresip', 'ffmpeg', 'opusinfo', 'sox'], 'a recorded call with baresip', () => {
  const folder = workFolder('recordings');
  const bob = new Baresip({ folder, name: 'bob', port: 5120, tone: THEIRS, codecs: 'pcmu' });
  const phone = new SipClient({ uri: 'sip:alice@127.0.0.1' });

  beforeAll(() => bob.start());
  afterAll(async () => {
    await phone.close();
    await bob.stop();
  });

  /** A call in which both say a tone. */
  async function talking() {
    const call = await phone.call(`sip:bob@127.0.0.1:5120`);
    await call.connected;
    call.play({ type: 'tone', frequencyHz: OURS });
    await pause(500);
    return call;
  }

  it('is Opus in Ogg that opusinfo finds nothing wrong with, and ffmpeg hears both legs of', async () => {
    const call = await talking();
    const path = join(folder, 'call.ogg');
    const recording = await call.record(path, { format: 'ogg', channels: 'stereo' });
    await pause(3000);
    const { durationMs, lostMs } = await recording.stop();
    await call.hangUp();
    expect(lostMs).toBe(0);
    const { output, status } = runToEnd(['opusinfo', path]);
    expect(output).not.toMatch(/warning|error|hole/i);
    expect(output).toContain('Channels: 2');
    expect(status).toBe(0);
    const seconds = /length: 0m:0?(\d+\.\d+)s/.exec(output)?.[1];
    expect(Math.abs(Number(seconds) * 1000 - durationMs)).toBeLessThan(2);
    const [left, right] = [0, 1].map((channel) => listen(decoded(path, channel)));
    // a packet that this machine was too late for is silence
    expect(left?.heardFor(THEIRS), 'what we heard').toBeGreaterThan(1.5);
    expect(right?.heardFor(OURS), 'what we said').toBeGreaterThan(1.5);
  });

  it.each(['wav', 'ogg'] as const)('is heard by ffmpeg as a server got it: %s', async (format) => {
    const chunks: Uint8Array[] = [];
    const server = createServer(async (request, response) => {
      for await (const chunk of request) chunks.push(chunk as Uint8Array);
      response.writeHead(201).end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo; // it listens on a port
    const call = await talking();
    const target = { type: 'http', url: `http://127.0.0.1:${port}/` } as const;
    const recording = await call.record(target, { format });
    await pause(2000);
    expect(chunks.length, 'what came while it was made').toBeGreaterThan(0);
    await recording.stop();
    await call.hangUp();
    server.close();
    const file = join(folder, `sent.${format}`);
    writeFileSync(file, Buffer.concat(chunks));
    expect(readFileSync(file).length).toBeGreaterThan(2000);
    expect(listen(decoded(file)).heardFor(THEIRS)).toBeGreaterThan(1.5);
  });
});
