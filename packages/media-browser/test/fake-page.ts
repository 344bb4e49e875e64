import { type VoiceCommand, type VoiceEvent, VoiceQueue } from '../src/voice-queue.ts';
import { VOICE } from '../src/voice-worklet.ts';

/** A node of an audio graph that makes no sound. */
class FakeNode extends EventTarget {
  readonly to = new Set<FakeNode>();

  connect(node: FakeNode): FakeNode {
    this.to.add(node);
    return node;
  }

  disconnect(node?: FakeNode): void {
    if (node === undefined) this.to.clear();
    else if (!this.to.delete(node)) throw new DOMException('no such output', 'InvalidAccessError');
  }
}

class FakeGain extends FakeNode {
  readonly gain = { value: 1 };
}

/** One that has an end, which a test tells. */
class FakeSource extends FakeNode {
  start(): void {}
  stop(): void {}
}

class FakeTrack extends EventTarget {
  isStopped = false;

  stop(): void {
    this.isStopped = true;
  }
}

class FakeStream {
  private readonly tracks: FakeTrack[];

  constructor(tracks: FakeTrack[] = []) {
    this.tracks = tracks;
  }

  getTracks(): FakeTrack[] {
    return this.tracks;
  }

  getAudioTracks(): FakeTrack[] {
    return this.tracks;
  }
}

class FakeDestination extends FakeNode {
  readonly stream = new FakeStream([new FakeTrack()]);
}

/** The port of an audio worklet, with our own queue behind it, in the same thread. */
class FakePort extends EventTarget {
  isOver = false;
  private readonly queue = new VoiceQueue((data) => this.tell(data));

  start(): void {}

  postMessage(message: VoiceCommand | 'over'): void {
    if (message === 'over') this.isOver = true;
    else this.queue.take(message);
  }

  render(count: number): number[] {
    const out = new Float32Array(count);
    this.queue.render(out);
    return [...out];
  }

  private tell(data: VoiceEvent): void {
    this.dispatchEvent(new MessageEvent('message', { data }));
  }
}

/** Of a page's globals as many as a call's audio needs, and what was made of them. */
export class FakePage {
  readonly voices: FakePort[] = [];
  readonly sources: FakeSource[] = [];
  readonly connections: object[] = [];
  readonly context = {
    sampleRate: 48_000,
    currentTime: 0,
    state: 'running',
    destination: new FakeNode(),
    audioWorklet: { addModule: (): Promise<void> => Promise.resolve() },
    close: (): Promise<void> => Promise.resolve(),
    createMediaStreamSource: (stream: FakeStream): FakeNode => {
      if (stream.getAudioTracks().length > 0) return new FakeNode();
      throw new DOMException('no audio', 'InvalidStateError');
    },
  };

  /** To be stubbed by name; `speakers` tells whether loudspeakers may be chosen. */
  globals({ speakers = true } = {}): Record<string, unknown> {
    const { voices, sources, connections, context } = this;
    const sinkId = { setSinkId: () => Promise.reject(new DOMException('gone', 'NotFoundError')) };
    const made = class extends FakeSource {
      constructor() {
        super();
        sources.push(this);
      }
    };
    return {
      MediaStream: FakeStream,
      MediaStreamAudioDestinationNode: FakeDestination,
      GainNode: FakeGain,
      OscillatorNode: made,
      ConstantSourceNode: made,
      Audio: function Audio() {
        return speakers ? { ...sinkId } : {};
      },
      AudioWorkletNode: class extends FakeNode {
        readonly port = new FakePort();
        constructor(_: unknown, name: string) {
          super();
          if (name === VOICE) voices.push(this.port);
        }
      },
      AudioContext: function AudioContext() {
        return context;
      },
      RTCPeerConnection: class extends EventTarget {
        constructor() {
          super();
          connections.push(this);
        }
        getStats = (): Promise<Map<string, unknown>> => Promise.resolve(new Map());
        close(): void {
          connections.splice(connections.indexOf(this), 1);
        }
      },
    };
  }

  /** What our own code takes it for. */
  get audioContext(): AudioContext {
    return this.context as unknown as AudioContext; // as much of it as a call uses
  }
}
