import { StrowgerError } from '@strowger/runtime';

/** Where a call's voice comes from: a device, a stream of one's own, or nowhere. */
export type MicrophoneSource = boolean | MediaTrackConstraints | MediaStream;

/**
 * One microphone for all calls: asked for with the first of them, and given back with the last, so
 * that the browser's sign that it is recording goes out.
 */
export class Microphone {
  private readonly source: MicrophoneSource;
  private opened: Promise<MediaStream | undefined> | undefined;
  private users = 0;

  constructor(source: MicrophoneSource) {
    this.source = source;
  }

  /** Rejects with `MEDIA_NO_MICROPHONE` where there is none, or where the user says no. */
  async acquire(): Promise<MediaStream | undefined> {
    this.users++;
    this.opened ??= this.open();
    try {
      return await this.opened;
    } catch (cause) {
      this.release();
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new StrowgerError('MEDIA_NO_MICROPHONE', why, { cause });
    }
  }

  release(): void {
    if (--this.users > 0) return;
    const { opened, source } = this;
    this.opened = undefined;
    if (source instanceof MediaStream) return; // its owner stops it
    opened?.then(
      (stream) => stream?.getTracks().forEach((track) => track.stop()),
      () => {},
    );
  }

  private async open(): Promise<MediaStream | undefined> {
    const { source } = this;
    if (source === false) return undefined;
    if (source instanceof MediaStream) return source;
    return navigator.mediaDevices.getUserMedia({ audio: source, video: false });
  }
}

/** The microphones and loudspeakers that the user may choose from; labels once one was allowed. */
export async function audioDevices(): Promise<{
  readonly microphones: readonly MediaDeviceInfo[];
  readonly speakers: readonly MediaDeviceInfo[];
}> {
  const all = await navigator.mediaDevices.enumerateDevices();
  const of = (kind: MediaDeviceKind): MediaDeviceInfo[] => all.filter((one) => one.kind === kind);
  return { microphones: of('audioinput'), speakers: of('audiooutput') };
}
