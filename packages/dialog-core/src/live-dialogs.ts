/** The dialogs of a layer by their ids, and who waits until there is none. */
export class LiveDialogs<D> {
  private readonly byId = new Map<string, D>();
  private waiting: (() => void)[] = [];

  get size(): number {
    return this.byId.size;
  }

  get(key: string): D | undefined {
    return this.byId.get(key);
  }

  has(key: string): boolean {
    return this.byId.has(key);
  }

  set(key: string, dialog: D): this {
    this.byId.set(key, dialog);
    return this;
  }

  values(): IterableIterator<D> {
    return this.byId.values();
  }

  delete(key: string): boolean {
    const was = this.byId.delete(key);
    if (this.byId.size === 0 && this.waiting.length > 0) {
      for (const tell of this.waiting.splice(0)) tell();
    }
    return was;
  }

  /** Resolves when none is left; at once where there is none now. */
  empty(): Promise<void> {
    if (this.size === 0) return Promise.resolve();
    return new Promise((resolve) => void this.waiting.push(resolve));
  }
}
