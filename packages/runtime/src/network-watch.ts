import type { Clock } from './clock.ts';

/** Tells when this machine's place in the network may have become another one. */
export interface NetworkWatch {
  /** Until the function that it gives is called; `onChange` is never called from within. */
  watch(onChange: () => void): () => void;
}

/** How often the addresses are read. */
const EVERY_MS = 1000;

/** A network watch for where nobody tells: the addresses of this machine, read every second. */
export class AddressWatch implements NetworkWatch {
  private readonly clock: Clock;
  private readonly addresses: () => readonly string[];

  constructor(options: { readonly clock: Clock; addresses(): readonly string[] }) {
    this.clock = options.clock;
    this.addresses = () => options.addresses();
  }

  watch(onChange: () => void): () => void {
    let known = this.read();
    const look = (): void => {
      timer = this.clock.arm(EVERY_MS, look);
      const now = this.read();
      if (now === known) return;
      known = now;
      onChange();
    };
    let timer = this.clock.arm(EVERY_MS, look);
    return () => timer.cancel();
  }

  private read(): string {
    return this.addresses().toSorted().join(' ');
  }
}
