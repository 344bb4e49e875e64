import { Buffer } from 'node:buffer';
import { type BodyLimits, DEFAULT_BODY_LIMITS } from './body-limits.ts';
import { faultInBlock, readFieldBlock } from './field-block.ts';
import { CONTENT_TYPE } from './header-names.ts';
import { Headers } from './headers.ts';
import { type Limits, limitsOf } from './limits.ts';
import type { MediaType } from './media-type.ts';
import type { SipMessage } from './message.ts';
import { boundaryOf, type Span, splitParts } from './multipart-boundary.ts';
import { Params } from './params.ts';
import { Fault, type Parsed, toParsed } from './refusal.ts';

/** A body, or one part of a multipart body (RFC 5621 §3). */
export interface BodyPart {
  /** Content-Type, Content-Disposition, Content-ID … as typed as those of a message. */
  readonly headers: Headers;
  /** What the headers say; where they say nothing what `readBody` and RFC 2046 §5.1 take instead. */
  readonly contentType: MediaType;
  /** The octets as they stand, whatever their encoding: a view of the packet. */
  readonly body: Uint8Array;
  /** The parts of a multipart, none of any other body. */
  readonly parts: readonly BodyPart[];
  /** Where the octets begin in the whole body. */
  readonly at: number;
}

/**
 * Takes the body of a message apart: one part, or a multipart with its parts, nested ones as well
 * (RFC 2046 §5.1, RFC 5621). A body without Content-Type is `application/octet-stream`. What has a
 * Content-Encoding is not looked into. Linear in the size of the body; never throws. The position of
 * a refusal is that in the body. Undefined where there is no body.
 */
export function readBody(
  message: SipMessage,
  limits: Partial<BodyLimits> = {},
): Parsed<BodyPart | undefined> {
  const { body, headers } = message;
  const bounds = { ...DEFAULT_BODY_LIMITS, ...limits };
  if (body.length === 0) return { ok: true, value: undefined };
  if (body.length > bounds.bodyBytes) {
    const fault = new Fault('BODY_TOO_LARGE', 0, 'RFC 3261 §21.4.11', 'the body is too large');
    return toParsed<BodyPart>(fault.deserving(413));
  }
  const type = headers.read(CONTENT_TYPE);
  if (type instanceof Fault) return toParsed<BodyPart>(type.moved(0));
  const reading = new BodyReading(body, bounds);
  const contentType = headers.get('content-type') ?? mediaType('application', 'octet-stream');
  return toParsed(reading.read({ headers, contentType }, { from: 0, end: body.length }, 1));
}

/**
 * Takes a multipart apart that is not the body of a message: `contentType` is its own.
 * Promises what `readBody` does.
 */
export function parseMultipart(
  bytes: Uint8Array,
  contentType: MediaType,
  limits: Partial<BodyLimits> = {},
): Parsed<BodyPart> {
  const reading = new BodyReading(bytes, { ...DEFAULT_BODY_LIMITS, ...limits });
  const headers = new Headers([['Content-Type', contentType]]);
  return toParsed(reading.read({ headers, contentType }, { from: 0, end: bytes.length }, 1));
}

/** What a body is made of in the end: the parts of its multiparts, or itself where it is none. */
export function leafParts(part: BodyPart): readonly BodyPart[] {
  return part.contentType.type === 'multipart' ? part.parts.flatMap(leafParts) : [part];
}

type Described = Pick<BodyPart, 'headers' | 'contentType'>;

/** One body being taken apart. */
class BodyReading {
  private readonly octets: Buffer;
  private readonly limits: BodyLimits;
  private readonly headLimits: Limits;
  /** The octets as characters, made where there is a multipart. */
  private text: string | undefined;
  private count = 0;

  constructor(bytes: Uint8Array, limits: BodyLimits) {
    this.octets = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.limits = limits;
    const { partHeaders, partHeaderBytes } = limits;
    const over = { headers: partHeaders, headerBytes: partHeaderBytes };
    this.headLimits = limitsOf({ ...over, headBytes: partHeaderBytes + 16 });
  }

  read(described: Described, span: Span, depth: number): BodyPart | Fault {
    const { headers, contentType } = described;
    const isMultipart = contentType.type === 'multipart' && !headers.has('content-encoding');
    const parts = isMultipart ? this.readParts(contentType, span, depth) : [];
    if (parts instanceof Fault) return parts;
    const body = this.octets.subarray(span.from, span.end);
    return { headers, contentType, body, parts, at: span.from };
  }

  private readParts(type: MediaType, span: Span, depth: number): BodyPart[] | Fault {
    if (depth > this.limits.nesting) {
      return this.fault('TOO_DEEP', span.from, 'multiparts are nested too deeply');
    }
    const boundary = boundaryOf(type);
    if (boundary instanceof Fault) return boundary.moved(span.from);
    this.text ??= this.octets.toString('latin1');
    const spans = splitParts(this.text, span, boundary);
    if (spans instanceof Fault) return spans;
    this.count += spans.length;
    if (this.count > this.limits.parts) {
      return this.fault('TOO_MANY_PARTS', span.from, 'a body has too many parts');
    }
    const parts: BodyPart[] = [];
    for (const each of spans) {
      const part = this.readPart(each, depth, type.subtype);
      if (part instanceof Fault) return part;
      parts.push(part);
    }
    return parts;
  }

  private readPart({ from, end }: Span, depth: number, around: string): BodyPart | Fault {
    const blank = this.blankLine(from, end);
    const headers = readFieldBlock(this.octets.subarray(from, blank), this.headLimits);
    if (headers instanceof Fault) return headers.moved(from + headers.at).deserving(400);
    const type = headers.read(CONTENT_TYPE);
    if (type instanceof Fault) return type.moved(from + faultInBlock(type).at);
    // RFC 2046 §5.1.5: a part of a digest is a message where it does not say otherwise.
    const usual = around === 'digest' ? mediaType('message', 'rfc822') : mediaType('text', 'plain');
    const contentType = headers.get('content-type') ?? usual;
    return this.read({ headers, contentType }, { from: Math.min(blank + 2, end), end }, depth + 1);
  }

  /** Where the blank line behind the headers begins; the end where there is none. */
  private blankLine(from: number, end: number): number {
    const text = this.text ?? '';
    if (text.startsWith('\r\n', from)) return from;
    const bound = Math.min(end, from + this.limits.partHeaderBytes + 4);
    const at = text.slice(from, bound).indexOf('\r\n\r\n');
    return at < 0 ? end : from + at + 2;
  }

  private fault(code: string, at: number, message: string): Fault {
    return new Fault(code, at, 'RFC 5621 §3', message);
  }
}

function mediaType(type: string, subtype: string): MediaType {
  return { type, subtype, params: new Params() };
}
