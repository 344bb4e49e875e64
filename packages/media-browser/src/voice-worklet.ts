import { VoiceQueue } from './voice-queue.ts';

/** Names under which the processors are known to an audio context. */
export const [VOICE, EAR] = ['strowger-voice', 'strowger-ear'] as const;

/** Samples of one message of the ear: 20 ms at 48 kHz, and as much as is convenient elsewhere. */
const EAR_MS = 20;

/** What runs in the audio thread, as a module: our own class as text, and what moves samples. */
const MODULE = `
const VoiceQueue = ${VoiceQueue.toString()};
registerProcessor('${VOICE}', class extends AudioWorkletProcessor {
  constructor() {
    super();
    this.isOver = false;
    const queue = new VoiceQueue((event) => this.port.postMessage(event));
    this.queue = queue;
    this.port.onmessage = ({ data }) => {
      if (data === 'over') this.isOver = true;
      else queue.take(data);
    };
  }
  process(_inputs, [[out]]) {
    this.queue.render(out);
    return !this.isOver;
  }
});
registerProcessor('${EAR}', class extends AudioWorkletProcessor {
  constructor() {
    super();
    this.isOver = false;
    this.frame = new Float32Array(Math.round(sampleRate * ${EAR_MS} / 1000));
    this.at = 0;
    this.port.onmessage = () => (this.isOver = true);
  }
  process([[heard]]) {
    const count = heard?.length ?? 128;
    for (let index = 0; index < count; index++) {
      this.frame[this.at++] = heard?.[index] ?? 0;
      if (this.at < this.frame.length) continue;
      this.port.postMessage(this.frame.slice());
      this.at = 0;
    }
    return !this.isOver;
  }
});
`;

const loaded = new WeakMap<BaseAudioContext, Promise<void>>();

/** Makes both processors known to a context, once. A page's policy has to allow scripts of `blob:`. */
export function loadProcessors(context: BaseAudioContext): Promise<void> {
  const known = loaded.get(context);
  if (known !== undefined) return known;
  const url = URL.createObjectURL(new Blob([MODULE], { type: 'text/javascript' }));
  const loading = context.audioWorklet.addModule(url).finally(() => URL.revokeObjectURL(url));
  loaded.set(context, loading);
  return loading;
}

/** Says something to a processor in the audio thread. */
export function tellThread({ port }: AudioWorkletNode, message: unknown): void {
  port.postMessage(message, []); // nothing is handed over: what is sent is copied
}

/** Hears what a processor says. */
export function hearThread<T>({ port }: AudioWorkletNode, take: (message: T) => void): void {
  port.addEventListener('message', ({ data }: MessageEvent<T>) => take(data));
  port.start();
}
