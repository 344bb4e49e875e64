/** The dialogs of a layer by their ids, and who waits until there is none. */
export class LiveDialogs<D> extends Map<string, D> {
  private waiting: (() => void)[] = [];

  override delete(key: string): boolean {
    const was = super.delete(key);
    if (this.size === 0) for (const tell of this.waiting.splice(0)) tell();
    return was;
  }

  /** Resolves when none is left; at once where there is none now. */
  empty(): Promise<void> {
    if (this.size === 0) return Promise.resolve();
    return new Promise((resolve) => void this.waiting.push(resolve));
  }
}
