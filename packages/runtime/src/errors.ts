const MARK = Symbol.for('strowger.error');

/** What a program can do about an error. */
export type Recovery =
  | { kind: 'retry'; afterMs: number }
  | { kind: 'authenticate' }
  | { kind: 'fixConfiguration'; key: string }
  | { kind: 'none' };

/** Details of a `StrowgerError`. */
export interface StrowgerErrorOptions {
  cause?: unknown;
  recovery?: Recovery;
}

/**
 * Thrown for misuse by the caller and for what the machine refused (a port in use). What a peer
 * sends never throws. Test `code`, not the class: it is stable.
 */
export class StrowgerError extends Error {
  /** A stable name such as `MEDIA_UNSUPPORTED`. */
  readonly code: string;
  /** What can be done about it. */
  readonly recovery: Recovery;

  constructor(code: string, message: string, options: StrowgerErrorOptions = {}) {
    super(message, options.cause === undefined ? {} : { cause: options.cause });
    this.name = 'StrowgerError';
    this.code = code;
    this.recovery = options.recovery ?? { kind: 'none' };
    Object.defineProperty(this, MARK, { value: true });
  }

  /** Whether `value` is a StrowgerError, even one of another copy of this package. */
  static isInstance(value: unknown): value is StrowgerError {
    return typeof value === 'object' && value !== null && MARK in value;
  }
}
