/** What a voice queue plays: samples at its rate, a sine, or what a program still makes. */
export interface VoiceEntry {
  readonly id: number;
  readonly kind: 'samples' | 'tone' | 'stream';
  /** Of `samples`; −1 to 1. */
  readonly samples?: Float32Array;
  /** Of `tone`: radians per sample, and peak amplitude. */
  readonly step?: number;
  readonly amplitude?: number;
  readonly gain: number;
  /** How often `samples` are played in all; `Infinity` for ever. */
  readonly times: number;
  /** It ends after so many samples; `Infinity` where it has an end of its own. */
  readonly most: number;
}

/** What a voice queue is told. */
export type VoiceCommand =
  | { type: 'play'; entry: VoiceEntry; queued: boolean }
  | { type: 'feed'; id: number; samples: Float32Array }
  | { type: 'finish' | 'stop' | 'pause' | 'resume'; id: number }
  | { type: 'say'; samples: Float32Array }
  | { type: 'mark'; id: number }
  | { type: 'clear'; id: number };

/** What it tells. Numbers of samples. */
export type VoiceEvent =
  | { type: 'ended'; id: number; played: number; stopped: boolean }
  /** So much of what was fed waits; `id` 0 for what was said. */
  | { type: 'waiting'; id: number; samples: number }
  | { type: 'marked'; id: number }
  | { type: 'cleared'; id: number; heard: number; marks: number[] };

/**
 * What a call says beside its microphone, sample by sample: one entry after the other, what a program
 * says over it, and marks between. It runs in an audio worklet, which gets this very class as text: so
 * it uses nothing from outside of itself.
 */
export class VoiceQueue {
  private readonly tell: (event: VoiceEvent) => void;
  private readonly entries: {
    readonly entry: VoiceEntry;
    readonly fed: Float32Array[];
    at: number;
    round: number;
    played: number;
    paused: boolean;
    finished: boolean;
  }[] = [];
  private readonly said: Float32Array[] = [];
  private saidAt = 0;
  /** Marks wait for the last entry that was there before them, and for what was said until then. */
  private marks: { readonly id: number; readonly after: number; said: number }[] = [];
  private heard = 0;

  constructor(tell: (event: VoiceEvent) => void) {
    this.tell = tell;
  }

  take(command: VoiceCommand): void {
    switch (command.type) {
      case 'play':
        if (!command.queued) this.stopAll();
        this.entries.push({
          entry: command.entry,
          fed: command.entry.samples === undefined ? [] : [command.entry.samples],
          at: 0,
          round: 1,
          played: 0,
          paused: false,
          finished: command.entry.kind === 'samples',
        });
        return;
      case 'feed':
        this.find(command.id)?.fed.push(command.samples);
        return;
      case 'say':
        this.said.push(command.samples);
        return;
      case 'stop':
        return this.end(command.id, true);
      case 'mark': {
        const after = this.entries.at(-1)?.entry.id ?? 0;
        this.marks.push({ id: command.id, after, said: this.saidWaiting() });
        return this.reach();
      }
      case 'clear':
        return this.clear(command.id);
      default: {
        const one = this.find(command.id);
        if (one === undefined) return;
        if (command.type === 'finish') one.finished = true;
        else one.paused = command.type === 'pause';
      }
    }
  }

  /** Fills `out` with what is due now. */
  render(out: Float32Array): void {
    out.fill(0);
    const played = this.playInto(out);
    const said = this.sayInto(out);
    this.heard += Math.max(played, said);
    for (const mark of this.marks) mark.said -= said;
    this.reach();
  }

  private playInto(out: Float32Array): number {
    let at = 0;
    while (at < out.length) {
      const one = this.entries[0];
      if (one === undefined || one.paused) return at;
      const { entry } = one;
      const most = Math.min(out.length - at, entry.most - one.played);
      const count =
        entry.kind === 'tone' ? this.tone(one, out, at, most) : this.copy(one, out, at, most);
      one.played += count;
      at += count;
      if (one.played >= entry.most) this.end(entry.id, false);
      else if (this.isUsedUp(one) && !this.goesOn(one)) return at;
    }
    return at;
  }

  private tone(
    { entry, played }: VoiceQueue['entries'][number],
    out: Float32Array,
    from: number,
    count: number,
  ): number {
    const { step = 0, amplitude = 0, gain } = entry;
    for (let index = 0; index < count; index++) {
      const sample = amplitude * gain * Math.sin(step * (played + index));
      out[from + index] = Math.max(-1, Math.min(1, sample));
    }
    return count;
  }

  private copy(
    one: VoiceQueue['entries'][number],
    out: Float32Array,
    from: number,
    most: number,
  ): number {
    const block = one.fed[0];
    if (block === undefined) return 0;
    const count = Math.min(most, block.length - one.at);
    for (let index = 0; index < count; index++) {
      const sample = (block[one.at + index] ?? 0) * one.entry.gain;
      out[from + index] = Math.max(-1, Math.min(1, sample));
    }
    one.at += count;
    return count;
  }

  private isUsedUp({ entry, fed, at }: VoiceQueue['entries'][number]): boolean {
    return entry.kind !== 'tone' && at >= (fed[0]?.length ?? 0);
  }

  /** A block is used up: whether there is another, else the entry has ended or waits. */
  private goesOn(one: VoiceQueue['entries'][number]): boolean {
    const { entry, fed } = one;
    const isDone = fed[0] !== undefined && one.at >= fed[0].length;
    if (entry.kind === 'samples') {
      if (one.round >= entry.times || fed[0]?.length === 0) this.end(entry.id, false);
      one.round++;
      one.at = 0;
      return true;
    }
    if (isDone) {
      fed.shift();
      one.at = 0;
      const samples = fed.reduce((sum, { length }) => sum + length, 0);
      this.tell({ type: 'waiting', id: entry.id, samples });
    }
    if (fed.length > 0) return true;
    if (one.finished) this.end(entry.id, false);
    return one.finished;
  }

  private sayInto(out: Float32Array): number {
    let at = 0;
    while (at < out.length) {
      const block = this.said[0];
      if (block === undefined) return at;
      const count = Math.min(out.length - at, block.length - this.saidAt);
      for (let index = 0; index < count; index++) {
        const sum = (out[at + index] ?? 0) + (block[this.saidAt + index] ?? 0);
        out[at + index] = Math.max(-1, Math.min(1, sum));
      }
      this.saidAt += count;
      at += count;
      if (this.saidAt < block.length) return at;
      this.said.shift();
      this.saidAt = 0;
      this.tell({ type: 'waiting', id: 0, samples: this.saidWaiting() });
    }
    return at;
  }

  private saidWaiting(): number {
    return this.said.reduce((sum, { length }) => sum + length, 0) - this.saidAt;
  }

  private find(id: number): VoiceQueue['entries'][number] | undefined {
    return this.entries.find(({ entry }) => entry.id === id);
  }

  private end(id: number, stopped: boolean): void {
    const at = this.entries.findIndex(({ entry }) => entry.id === id);
    const [one] = at < 0 ? [] : this.entries.splice(at, 1);
    if (one !== undefined) this.tell({ type: 'ended', id, played: one.played, stopped });
  }

  private stopAll(): void {
    for (let one = this.entries[0]; one !== undefined; one = this.entries[0]) {
      this.end(one.entry.id, true);
    }
  }

  private reach(): void {
    const reached = this.marks.filter(
      ({ after, said }) => said <= 0 && this.find(after) === undefined,
    );
    if (reached.length === 0) return;
    this.marks = this.marks.filter((mark) => !reached.includes(mark));
    this.heard = 0;
    for (const { id } of reached) this.tell({ type: 'marked', id });
  }

  private clear(id: number): void {
    const { heard } = this;
    const marks = this.marks.map((mark) => mark.id);
    this.marks = [];
    this.heard = 0;
    this.said.length = 0;
    this.saidAt = 0;
    this.stopAll();
    this.tell({ type: 'waiting', id: 0, samples: 0 });
    this.tell({ type: 'cleared', id, heard, marks });
  }
}
