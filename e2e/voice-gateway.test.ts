import { writeFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { pcmuDecode, pcmuEncode, toneShare } from '@strowger/media-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';
import { Baresip } from './baresip.ts';
import {
  type Background,
  background,
  describeWithPeers,
  root,
  runToEnd,
  until,
  workFolder,
} from './lab.ts';
import { Pbx } from './pbx.ts';
import { listen } from './sound.ts';

const MAIN = join(root, 'apps/voice-gateway/dist/main.js');
const [PROGRAM_HZ, PHONE_HZ] = [880, 440];
const FRAME = 160;

/** A program that says a tone for three seconds, and hears for how long another one sounds. */
class ToneProgram {
  heardMs = 0;
  digits = '';
  private pace: NodeJS.Timeout | undefined;

  hear(samples: Int16Array): void {
    const isLoud = samples.some((sample) => Math.abs(sample) > 500);
    if (isLoud && toneShare(samples, 8000, PHONE_HZ) > 0.7) this.heardMs += samples.length / 8;
  }

  /** Says a frame each 20 ms, as a server of AudioSocket does. */
  say(frame: (samples: Int16Array) => void): void {
    let at = 0;
    this.pace = setInterval(() => {
      frame(
        Int16Array.from({ length: FRAME }, (_, index) =>
          Math.round(8000 * Math.sin((2 * Math.PI * PROGRAM_HZ * (at + index)) / 8000)),
        ),
      );
      at += FRAME;
      if (at >= 3 * 8000) clearInterval(this.pace);
    }, 20);
  }

  stop(): void {
    clearInterval(this.pace);
  }
}

/** By AudioSocket, octet by octet. */
function audioSocketServer(port: number, program: ToneProgram): { close(): void } {
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket);
    let rest = Buffer.alloc(0);
    socket.on('error', () => {});
    socket.on('data', (bytes) => {
      rest = Buffer.concat([rest, bytes]);
      while (rest.length >= 3 && rest.length >= 3 + rest.readUInt16BE(1)) {
        const payload = rest.subarray(3, 3 + rest.readUInt16BE(1));
        const kind = rest[0];
        rest = rest.subarray(3 + payload.length);
        if (kind === 0x10) program.hear(new Int16Array(Uint8Array.from(payload).buffer));
        if (kind === 0x03) program.digits += payload.toString();
        if (kind === 0x01) {
          program.say((samples) => {
            const header = Buffer.of(0x10, (2 * FRAME) >> 8, (2 * FRAME) & 0xff);
            socket.write(Buffer.concat([header, new Uint8Array(samples.buffer)]));
          });
        }
      }
    });
    socket.on('close', () => program.stop());
  });
  server.listen(port, '127.0.0.1');
  return {
    close: () => {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}

/** By Twilio's Media Streams. */
function twilioServer(port: number, program: ToneProgram): { close(): void } {
  const server = new WebSocketServer({ host: '127.0.0.1', port });
  server.on('connection', (socket: WebSocket) => {
    socket.on('message', (data: Buffer) => {
      // the gateway's own, of which only these fields are looked at
      const { event, streamSid, media, dtmf } = JSON.parse(data.toString()) as {
        event: string;
        streamSid: string;
        media?: { payload: string };
        dtmf?: { digit: string };
      };
      if (media) program.hear(pcmuDecode(Buffer.from(media.payload, 'base64')));
      if (dtmf) program.digits += dtmf.digit;
      if (event !== 'start') return;
      program.say((samples) => {
        const payload = Buffer.from(pcmuEncode(samples)).toString('base64');
        socket.send(JSON.stringify({ event: 'media', streamSid, media: { payload } }));
      });
    });
    socket.on('close', () => program.stop());
  });
  return {
    close: () => {
      for (const client of server.clients) client.terminate();
      server.close();
    },
  };
}

describeWithPeers(['baresip', 'sox'], 'the voice gateway and baresip', () => {
  const folder = workFolder('voice-gateway');
  let pbx: Pbx;

  beforeAll(async () => {
    pbx = await Pbx.start(folder, {
      users: [
        { user: 'agent', password: 'pw-agent' },
        { user: 'bob', password: 'pw-bob' },
      ],
    });
  });
  afterAll(async () => {
    expect(await pbx.stop()).toBe(0);
  });

  async function gateway(name: string, config: object): Promise<Background> {
    const file = join(folder, `${name}.json`);
    writeFileSync(file, JSON.stringify({ drainMs: 1000, ...config }));
    const command: [string, ...string[]] = [process.execPath, MAIN, '--config', file];
    const program = background(join(folder, `${name}.log`), command);
    await until('the gateway runs', () => program.output().includes('calls to'));
    return program;
  }

  /** Calls, presses a digit, and hangs up when the tone is over; then both have heard enough. */
  async function talks(phone: Baresip, to: string, program: ToneProgram): Promise<void> {
    await phone.start();
    await phone.command('dial', to);
    await phone.event('CALL_ESTABLISHED');
    await until('the program hears the phone', () => program.heardMs > 2200, 15_000);
    await phone.command('sndcode', '5');
    await phone.command('sndcode', ' '); // it is released
    await until('the program is told of the digit', () => program.digits === '5');
    await phone.command('hangup');
    await phone.stop();
    expect(listen(phone.heard).heardFor(PROGRAM_HZ)).toBeGreaterThan(1);
  }

  it('a wrong configuration gets a line for each mistake, and exit code 2', () => {
    const file = join(folder, 'wrong.json');
    writeFileSync(file, JSON.stringify({ program: { type: 'pcm', url: 'http://x' }, drainMs: -1 }));
    const { status, output } = runToEnd([process.execPath, MAIN, '--config', file]);
    expect(status).toBe(2);
    expect(output).toMatch(/wrong\.json:1: program\.url: a URL that begins with "ws:\/\/"/m);
    expect(output).toMatch(/wrong\.json:1: drainMs: /m);
    expect(runToEnd([process.execPath, MAIN]).status).toBe(2);
  });

  it('AudioSocket: a phone that calls it hears the server, and is heard', async () => {
    const program = new ToneProgram();
    const server = audioSocketServer(9019, program);
    const running = await gateway('audiosocket', {
      sip: { listen: ['udp:127.0.0.1:5090'] },
      program: { type: 'audiosocket', address: '127.0.0.1:9019' },
    });
    const phone = new Baresip({ folder, name: 'alice', port: 5120, tone: PHONE_HZ });
    await talks(phone, 'sip:agent@127.0.0.1:5090', program);
    await until('the call is over', () => running.output().includes('"msg":"ended"'));
    await running.stop();
    expect(await running.ended).toBe(0);
    server.close();
  });

  it('Media Streams: a user of the PBX calls it where it has registered', async () => {
    const program = new ToneProgram();
    const server = twilioServer(9020, program);
    const running = await gateway('twilio', {
      sip: {
        uri: 'sip:agent@127.0.0.1',
        password: 'pw-agent',
        server: 'sip:127.0.0.1:5060',
        register: true,
      },
      program: { type: 'twilio', url: 'ws://127.0.0.1:9020/stream' },
    });
    await until('it is registered', () => running.output().includes('"type":"registered"'));
    const registrar = { domain: '127.0.0.1:5060', password: 'pw-bob' };
    const phone = new Baresip({ folder, name: 'bob', port: 5140, tone: PHONE_HZ, registrar });
    await talks(phone, 'sip:agent@127.0.0.1:5060', program);
    await until('the call is over', () => running.output().includes('"msg":"ended"'));
    await running.stop();
    expect(await running.ended).toBe(0);
    server.close();
    expect((await pbx.cdrs(1))[0]).toMatchObject({ outcome: 'answered', endedBy: 'caller' });
  });
});
