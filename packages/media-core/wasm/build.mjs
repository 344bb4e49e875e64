// Assembles the WebAssembly of this package: `node packages/media-core/wasm/build.mjs`.
import wabt from 'wabt';
import { assemble as assembleWith, assembleAll } from '../../../scripts/assemble-wasm.mjs';

/** What is assembled, and where it goes. */
export const BINARIES = [
  { source: 'hmac-sha1.wat', target: '../src/srtp/hmac-sha1-binary.ts', name: 'HMAC_SHA1_BINARY' },
  { source: 'ghash.wat', target: '../src/srtp/ghash-binary.ts', name: 'GHASH_BINARY' },
  { source: 'audio.wat', target: '../src/audio/audio-binary.ts', name: 'AUDIO_BINARY' },
];

const where = { wabt, folder: import.meta.url };

/** The module that belongs to a source, as text. */
export const assemble = (binary) => assembleWith(where, binary);

if (process.argv[1] === new URL(import.meta.url).pathname) await assembleAll(where, BINARIES);
