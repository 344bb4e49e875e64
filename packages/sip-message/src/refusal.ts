/** Why a message, header or URI of a peer is not accepted, as a value: what a peer sends never throws. */
export interface Refusal {
  /** A stable name such as `BAD_CSEQ`. */
  readonly code: string;
  /** Position of the fault: bytes from the start of the packet, or of the text that was parsed. */
  readonly at: number;
  /** The rule that was broken, such as `RFC 3261 §20.16`. */
  readonly section: string;
  /** The status of the response that a request with this fault deserves. */
  readonly status: number;
  /** One sentence for a person. It never repeats more than a few words of the input. */
  readonly message: string;
}

/** The outcome of parsing: the value, or why there is none. */
export type Parsed<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly refusal: Refusal };

/** A refusal on its way out of a reader. A class, so that it can be told from every value. */
export class Fault implements Refusal {
  readonly code: string;
  readonly at: number;
  readonly section: string;
  status: number;
  readonly message: string;

  constructor(code: string, at: number, section: string, message: string) {
    this.code = code;
    this.at = at;
    this.section = section;
    this.status = 400;
    this.message = message;
  }

  /** The same fault at another position. */
  moved(at: number): Fault {
    return new Fault(this.code, at, this.section, this.message).deserving(this.status);
  }

  /** Sets the status that it deserves, where that is not 400. */
  deserving(status: number): this {
    this.status = status;
    return this;
  }
}

/** Turns what a reader returned into the public outcome. */
export function toParsed<T>(result: T | Fault): Parsed<T> {
  if (result instanceof Fault) return { ok: false, refusal: { ...result } };
  return { ok: true, value: result };
}

/**
 * Thrown for misuse by the program that builds a message: `HEADER_INJECTION` (CR, LF or NUL in a
 * value), `BAD_VALUE`, `BAD_NAME`, `BAD_URI`, `MISSING_HEADER`. Nothing that a peer sends throws.
 */
export class SipMessageError extends Error {
  /** A stable name. */
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.name = 'SipMessageError';
    this.code = code;
  }
}
