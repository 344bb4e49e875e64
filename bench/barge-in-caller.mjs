// A caller of `barge-in.mjs`, with a socket of its own instead of a media engine.
import { createSocket } from 'node:dgram';
import { levelDbm0, pcmuDecode } from '@strowger/media-core';

const SAMPLES = 160;
const SOUND_DBM0 = -40;

/** Media without a jitter buffer: packets as they come and go. */
export function rawMedia(address, { callers, ...talk }) {
  return {
    usage: () => ({ endpoints: callers.length, ports: callers.length }),
    close: async () => {},
    openEndpoint: async () => {
      const socket = createSocket('udp4');
      await new Promise((resolve) => socket.bind(0, address, resolve));
      const caller = new Caller(socket, talk);
      const stats = async () => ({ direction: 'sendrecv' });
      return {
        stats,
        rollback: async () => {},
        createOffer: async () => offer(address, socket.address().port),
        acceptAnswer: async (answer) => {
          caller.port = Number(/^m=audio (\d+)/m.exec(answer)[1]);
          callers.push(caller);
        },
        close: async () => {
          callers.splice(callers.indexOf(caller), 1);
          socket.close();
          return stats();
        },
      };
    },
  };
}

function offer(address, port) {
  return [
    'v=0',
    `o=- 1 1 IN IP4 ${address}`,
    's=-',
    `c=IN IP4 ${address}`,
    't=0 0',
    `m=audio ${port} RTP/AVP 0`,
    'a=rtpmap:0 PCMU/8000',
    'a=ptime:20',
    '',
  ].join('\r\n');
}

/** Somebody who listens for a while, and interrupts. */
class Caller {
  port;
  #socket;
  #voices;
  #voice;
  #silence;
  #measured;
  #packet = Buffer.alloc(12 + SAMPLES);
  #sequence = 0;
  /** Packets with sound that it has heard in a row, and after how many it speaks. */
  #heard = 0;
  #patience = patience();
  /** Which packet of the voice is next; none while it listens. */
  #speaking;
  #beganAt;

  constructor(socket, { voices, silence, measured }) {
    this.#voices = voices;
    this.#voice = voices[0];
    this.#silence = silence;
    this.#measured = measured;
    this.#socket = socket;
    this.#packet[0] = 0x80;
    this.#packet.writeUInt32BE(Math.floor(Math.random() * 2 ** 32), 8);
    socket.on('message', (packet) => this.#hear(packet));
  }

  say() {
    if (this.#speaking === undefined && this.#heard >= this.#patience) this.#speaking = 0;
    const payload = this.#voice[this.#speaking ?? -1] ?? this.#silence;
    this.#packet.writeUInt16BE(this.#sequence & 0xffff, 2);
    this.#packet.writeUInt32BE((this.#sequence * SAMPLES) >>> 0, 4);
    this.#packet.set(payload, 12);
    this.#sequence++;
    if (this.#speaking === 0) this.#beganAt = performance.now();
    this.#socket.send(this.#packet, this.port, '127.0.0.1');
    if (this.#speaking === undefined) return;
    this.#speaking++;
    if (this.#speaking < this.#voice.length + 10) return;
    this.#speaking = undefined;
    this.#voice = this.#voices[Math.floor(Math.random() * this.#voices.length)];
    this.#heard = 0;
    this.#patience = patience();
  }

  #hear(packet) {
    const now = performance.now();
    if (packet.length !== 12 + SAMPLES) return; // RTCP has a port of its own
    const isSound = levelDbm0(pcmuDecode(packet.subarray(12))) > SOUND_DBM0;
    if (isSound) this.#heard++;
    else this.#heard = 0;
    if (isSound || this.#beganAt === undefined) return;
    this.#measured.push(now - this.#beganAt);
    this.#beganAt = undefined;
  }
}

/** Half a second to two, in packets. */
function patience() {
  return 25 + Math.floor(Math.random() * 75);
}
