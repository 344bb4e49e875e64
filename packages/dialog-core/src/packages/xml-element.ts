/** What is read of a peer's XML at most. */
export interface XmlLimits {
  /** Default 256 KiB. */
  readonly bytes: number;
  /** Default 32. */
  readonly depth: number;
  /** Default 10,000. */
  readonly elements: number;
  /** Attributes of one element, namespaces among them. Default 64. */
  readonly attributes: number;
}

/** An element: what of it counts in the bodies of event packages. */
export interface XmlElement {
  /** Without prefix. */
  readonly name: string;
  readonly namespace: string;
  /** By local name, those without a namespace or of this element's own. */
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: readonly XmlElement[];
  /** All text within, without leading and trailing space. */
  readonly text: string;
}

/** A body that is not as it should be, on its way out of a reader; never thrown at the caller. */
export class BodyFault extends Error {
  readonly status: 400 | 413;

  constructor(message: string, status: 400 | 413 = 400) {
    super(message);
    this.status = status;
  }
}
