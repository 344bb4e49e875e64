/** Bounds on what is taken apart of a body. */
export interface BodyLimits {
  /** Bytes of the whole body (413 beyond). Default 262,144. */
  readonly bodyBytes: number;
  /** Parts in all, those of nested multiparts counted. Default 32. */
  readonly parts: number;
  /** Multiparts within each other; 1 is a multipart without another in it. Default 4. */
  readonly nesting: number;
  /** Header fields of one part. Default 32. */
  readonly partHeaders: number;
  /** Bytes of the headers of one part. Default 8,192. */
  readonly partHeaderBytes: number;
}

/** The bounds that hold where nothing else is said. */
export const DEFAULT_BODY_LIMITS: BodyLimits = {
  bodyBytes: 262_144,
  parts: 32,
  nesting: 4,
  partHeaders: 32,
  partHeaderBytes: 8_192,
};
