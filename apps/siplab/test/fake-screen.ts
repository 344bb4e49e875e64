const ESCAPE = '\u001b';
const COMMAND_OR_CHARACTER = new RegExp(`${ESCAPE}\\[(\\d*)([A-Z])|[^]`, 'gu');

/** A terminal as much as a repainted view needs one: it wraps, and knows what the view sends. */
export class FakeScreen {
  columns: number;
  rows: number;
  /** Pieces in which it was written. */
  writes = 0;
  private readonly cells: string[][] = [[]];
  private row = 0;
  private column = 0;

  constructor(columns = 80, rows = 24) {
    this.columns = columns;
    this.rows = rows;
  }

  /** All lines ever, without those that are empty at the end. */
  get lines(): string[] {
    const lines = this.cells.map((row) =>
      Array.from(row, (one) => one ?? ' ')
        .join('')
        .trimEnd(),
    );
    return lines.slice(0, lines.findLastIndex((line) => line !== '') + 1);
  }

  write(text: string): void {
    this.writes++;
    for (const [whole, count, command] of text.matchAll(COMMAND_OR_CHARACTER)) {
      if (command !== undefined) this.obey(command, Number(count || 0));
      else if (whole === '\n') this.feed();
      else if (whole === '\r') this.column = 0;
      else this.put(whole);
    }
  }

  /** What a key leaves behind that the terminal shows by itself. */
  typed(text: string): void {
    for (const one of text) this.put(one);
  }

  private obey(command: string, count: number): void {
    if (command === 'A') this.row = Math.max(this.row - count, this.cells.length - this.rows, 0);
    else if (command === 'K') this.cells[this.row]?.splice(this.column);
    else if (command === 'J') {
      this.cells.splice(this.row + 1);
      this.obey('K', 0);
    } else throw new Error(`the view sends ${command}`);
  }

  private feed(): void {
    this.row++;
    this.column = 0;
    this.cells[this.row] ??= [];
  }

  private put(character: string): void {
    if (this.column >= this.columns) this.feed();
    const row = this.cells[this.row];
    if (row !== undefined) row[this.column++] = character;
  }
}
