import { createDecoder } from 'libopus-wasm';

/** A page as RFC 3533 §6 has it. */
export interface ReadPage {
  readonly flags: number;
  readonly granule: number;
  readonly serial: number;
  readonly sequence: number;
  readonly isSound: boolean;
  readonly packets: Uint8Array[];
}

/** Reads the pages of an Ogg stream whose packets do not go over from page to page. */
export function readPages(bytes: Uint8Array): ReadPage[] {
  const pages: ReadPage[] = [];
  for (let at = 0; at < bytes.length; ) {
    const view = new DataView(bytes.buffer, bytes.byteOffset + at);
    if (view.getUint32(0) !== 0x4f676753) throw new Error(`no page at ${at}`);
    const segments = [...bytes.subarray(at + 27, at + 27 + view.getUint8(26))];
    const from = at + 27 + segments.length;
    const packets: Uint8Array[] = [];
    let [start, end] = [from, from];
    for (const segment of segments) {
      end += segment;
      if (segment === 255) continue;
      packets.push(bytes.slice(start, end));
      start = end;
    }
    pages.push({
      flags: view.getUint8(5),
      granule: Number(view.getBigInt64(6, true)),
      serial: view.getUint32(14, true),
      sequence: view.getUint32(18, true),
      isSound: view.getUint32(22, true) === checksum(bytes.slice(at, end)),
      packets,
    });
    at = end;
  }
  return pages;
}

/** Bit by bit, as the RFC describes it. */
function checksum(page: Uint8Array): number {
  page.fill(0, 22, 26);
  let register = 0n;
  for (const byte of page) {
    for (let bit = 7; bit >= 0; bit--) {
      const out = (register >> 31n) & 1n;
      register = ((register << 1n) & 0xffff_ffffn) ^ 0n;
      const next = out ^ BigInt((byte >> bit) & 1);
      if (next === 1n) register ^= 0x04c1_1db7n;
    }
  }
  return Number(register);
}

/** What an Opus stream in Ogg sounds like at 48 kHz, one array for each channel. */
export async function listenToOgg(bytes: Uint8Array): Promise<Int16Array[]> {
  const [head, , ...pages] = readPages(bytes);
  const [identification] = head?.packets ?? [];
  if (identification === undefined) throw new Error('no header');
  const channels = identification[9] === 2 ? 2 : 1;
  const preSkip = (identification[10] ?? 0) + 256 * (identification[11] ?? 0);
  const decoder = await createDecoder({ channels, sampleRate: 48_000 });
  const samples = pages.flatMap(({ packets }) =>
    packets.flatMap((packet) => [...decoder.decode(packet)]),
  );
  decoder.free();
  const end = (pages.at(-1)?.granule ?? 0) * channels;
  const heard = Int16Array.from(samples.slice(preSkip * channels, end));
  return Array.from({ length: channels }, (_, channel) =>
    heard.filter((__, at) => at % channels === channel),
  );
}
