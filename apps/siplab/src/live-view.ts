/** A terminal that is repainted: `process.stderr` is one. Some say 0 for a size that nobody has set. */
export interface Screen {
  write(text: string): unknown;
  readonly columns: number;
  readonly rows: number;
}

const CLEAR_LINE_END = '\u001b[K';
const CLEAR_BELOW = '\u001b[J';

/**
 * A few lines at the bottom of a terminal that are written over, in one piece and without being
 * erased first. What does not fit is cut: a line that wraps would be written over in part only.
 */
export class LiveView {
  private readonly screen: Screen;
  private height = 0;

  constructor(screen: Screen) {
    this.screen = screen;
  }

  /** Shows these lines in the place of those before; none clears the view. */
  show(lines: readonly string[]): void {
    this.paint('', lines);
  }

  /** Writes whole lines above the view, which stay there. */
  above(text: string, lines: readonly string[]): void {
    this.paint(`${text.replaceAll('\n', `${CLEAR_LINE_END}\n`)}${CLEAR_LINE_END}\n`, lines);
  }

  private paint(above: string, lines: readonly string[]): void {
    const shown = this.fitting(lines).map((line) => `${line}${CLEAR_LINE_END}\n`);
    // somebody may have typed: what stands in the cursor's line is not ours
    const up = this.height === 0 ? '\r' : `\r\u001b[${this.height}A`;
    this.screen.write(`${up}${above}${shown.join('')}${CLEAR_BELOW}`);
    this.height = shown.length;
  }

  private fitting(lines: readonly string[]): string[] {
    const { rows, columns } = this.screen;
    const room = Math.max((rows || 24) - 1, 1);
    const fits = lines.length <= room;
    const more = `${' '.repeat(10)}… and ${lines.length - room + 1} lines more`;
    const shown = fits ? [...lines] : [...lines.slice(0, room - 1), more];
    return shown.map((line) => cut(line, (columns || 80) - 1));
  }
}

function cut(line: string, columns: number): string {
  const characters = [...line];
  return characters.length <= columns ? line : `${characters.slice(0, columns - 1).join('')}…`;
}
