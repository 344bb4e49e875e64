import { type Document, isNode, LineCounter, parseDocument } from 'yaml';
import { ConfigError } from './config-error.ts';

/** What a schema complains of: the path, and keys there that it does not know. */
interface Complaint {
  readonly path: readonly PropertyKey[];
  readonly keys?: readonly string[];
}

/** A configuration file, YAML or JSON, that knows in which line each value stands. */
export class ConfigFile {
  readonly document: Document;
  private readonly lines = new LineCounter();
  private readonly name: string;

  /**
   * @param name what it is called in complaints.
   * @throws ConfigError with a line for each place that is neither YAML nor JSON.
   */
  constructor(text: string, name: string) {
    this.name = name;
    const options = { lineCounter: this.lines, uniqueKeys: true, prettyErrors: true };
    this.document = parseDocument(text, options);
    const { errors } = this.document;
    if (errors.length === 0) return;
    throw new ConfigError(
      errors.map(({ message, linePos }) => {
        return `${name}:${linePos?.[0].line ?? 1}: ${message.split('\n')[0]}`;
      }),
    );
  }

  /** `pbx.yaml:7`: where it stands, or the nearest thing around it that is there. */
  at({ path, keys: [unknown] = [] }: Complaint): string {
    const keys = [...path.map(String), ...(unknown === undefined ? [] : [unknown])];
    for (let depth = keys.length; depth > 0; depth--) {
      const known = keys.slice(0, depth).map((key) => (/^\d+$/.test(key) ? Number(key) : key));
      const node = this.document.getIn(known, true);
      if (isNode(node) && node.range) {
        return `${this.name}:${this.lines.linePos(node.range[0]).line}`;
      }
    }
    return `${this.name}:1`;
  }
}
