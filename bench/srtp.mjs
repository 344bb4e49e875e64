// CPU per packet of SRTP: `node srtp.mjs strowger|werift|libsrtp2 SUITE protect|unprotect`. Packets of
// 172 bytes, one of each of 200 streams after the other, as a server of many calls has them. What
// prepares the packets is not counted, nor is the first quarter, which warms up. To ask for the time
// costs as much as a dozen packets: several of each stream go between.
import { spawnSync } from 'node:child_process';
import { canCompile, compile } from './native.mjs';

const STREAMS = 200;
const EACH = 8;
const KEY_LENGTHS = { AES_CM_128_HMAC_SHA1_80: [16, 14], AEAD_AES_128_GCM: [16, 12] };

const [kind = 'strowger', suite = 'AES_CM_128_HMAC_SHA1_80', operation = 'protect'] =
  process.argv.slice(2);
// werift takes ten times as long, and is warm sooner
const ROUNDS = kind === 'werift' ? 64 : 512;
if (kind === 'libsrtp2') measureNative();
else measure(await { strowger, werift }[kind]());

function measureNative() {
  if (!canCompile('libsrtp2')) {
    console.log(JSON.stringify({ microseconds: Number.NaN }));
    return;
  }
  const program = compile('srtp-libsrtp2', 'libsrtp2');
  const { stdout } = spawnSync(program, [suite, operation, ...[STREAMS, EACH, ROUNDS].map(String)]);
  console.log(stdout.toString().trim());
}

function measure(make) {
  const streams = Array.from({ length: STREAMS }, (_, at) => make(at));
  const packets = Array.from({ length: EACH * STREAMS }, () => Buffer.alloc(172));
  const sealed = Array.from({ length: packets.length });
  let spent = 0;
  let counted = 0;
  for (let round = 0; round < ROUNDS; round++) {
    for (const [at, packet] of packets.entries()) {
      fill(packet, at % STREAMS, EACH * round + Math.floor(at / STREAMS) + 1);
    }
    let before = process.cpuUsage();
    for (let at = 0; at < packets.length; at++) {
      sealed[at] = streams[at % STREAMS].protect(packets[at]);
    }
    if (operation === 'unprotect') {
      before = process.cpuUsage();
      for (let at = 0; at < sealed.length; at++) {
        if (streams[at % STREAMS].unprotect(sealed[at]) === undefined) throw new Error('refused');
      }
    }
    const { user, system } = process.cpuUsage(before);
    if (round < ROUNDS / 4) continue;
    spent += user + system;
    counted += packets.length;
  }
  console.log(JSON.stringify({ microseconds: spent / counted }));
}

async function strowger() {
  const { packetSigner, SrtpReceiver, SrtpSender } = await import('@strowger/media-core');
  const signer = packetSigner();
  return (stream) => {
    const [masterKey, masterSalt] = keysOf(stream);
    const keys = { suite, masterKey, masterSalt };
    const sender = new SrtpSender(keys, signer);
    const receiver = new SrtpReceiver(keys, signer);
    return {
      protect: (packet) => sender.protect(packet),
      unprotect: (packet) => receiver.unprotect(packet),
    };
  };
}

async function werift() {
  const { RtpHeader, SrtpSession } = await import('werift');
  const profile = { AES_CM_128_HMAC_SHA1_80: 1, AEAD_AES_128_GCM: 7 }[suite];
  return (stream) => {
    const [key, salt] = keysOf(stream).map((bytes) => Buffer.from(bytes));
    const keys = {
      localMasterKey: key,
      localMasterSalt: salt,
      remoteMasterKey: key,
      remoteMasterSalt: salt,
    };
    const sender = new SrtpSession({ keys, profile });
    const receiver = new SrtpSession({ keys, profile });
    return {
      protect: (packet) => sender.encrypt(packet.subarray(12), RtpHeader.deSerialize(packet)),
      unprotect: (packet) => receiver.decrypt(packet),
    };
  };
}

function keysOf(stream) {
  return KEY_LENGTHS[suite].map((length, part) =>
    Uint8Array.from({ length }, (_, at) => (at * 7 + stream + part) & 0xff),
  );
}

function fill(packet, stream, sequence) {
  packet.fill(0xd5);
  packet[0] = 0x80;
  packet[1] = 0;
  packet.writeUInt16BE(sequence & 0xffff, 2);
  packet.writeUInt32BE((sequence * 160) >>> 0, 4);
  packet.writeUInt32BE(1000 + stream, 8);
}
