// Assembles the WebAssembly of this package: `node packages/sip-message/wasm/build.mjs`.
import wabt from 'wabt';
import { assemble as assembleWith, assembleAll } from '../../../scripts/assemble-wasm.mjs';

/** What is assembled, and where it goes. */
export const BINARIES = [
  { source: 'scan-head.wat', target: '../src/scan-head-binary.ts', name: 'SCAN_HEAD_BINARY' },
];

const where = { wabt, folder: import.meta.url };

/** The module that belongs to a source, as text. */
export const assemble = (binary) => assembleWith(where, binary);

if (process.argv[1] === new URL(import.meta.url).pathname) await assembleAll(where, BINARIES);
