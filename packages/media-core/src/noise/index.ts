export { ComfortNoise, NOISE_FRAME_MS } from './comfort-noise.ts';
export { SilenceGate } from './silence-gate.ts';
