import type { BodyPart } from './body-part.ts';
import type { HeaderInput } from './header-input.ts';
import type { Headers } from './headers.ts';
import { Params } from './params.ts';
import { Fault, type Refusal } from './refusal.ts';

/** What is to be done with a body (RFC 3261 §20.11, RFC 5621 §8). */
export interface Disposition {
  /** In lower case: `session`, `render`, `early-session`, `by-reference` … */
  readonly type: string;
  /** Whether the message must be refused where the body is not understood; so by default. */
  readonly isRequired: boolean;
  readonly params: Params;
}

/**
 * The disposition that a body has, whether the headers say it or not: a description of a session is
 * `session`, all else `render`. A malformed Content-Disposition counts as absent.
 */
export function dispositionOf(headers: Headers): Disposition {
  const given = headers.get('content-disposition');
  const params = given?.params ?? new Params();
  const isRequired = params.get('handling')?.toLowerCase() !== 'optional';
  const type = headers.get('content-type');
  const usual = type?.type === 'application' && type.subtype === 'sdp' ? 'session' : 'render';
  return { type: given?.value.toLowerCase() ?? usual, isRequired, params };
}

/** How a body is judged that does not say it itself. */
export interface HandlingOptions {
  readonly defaultHandling?: 'required' | 'optional';
}

/**
 * Why a body cannot be handled by one who understands these media types (`application/sdp`,
 * `text/*`), as a refusal with status 415; undefined where it can (RFC 3261 §8.2.3). Of
 * `multipart/alternative` one part has to be understood, of `multipart/related` the root, of any
 * other multipart each part; what is `handling=optional` never stands in the way. No
 * Content-Encoding but `identity` is understood. With `defaultHandling: 'optional'` neither does what
 * says nothing of its handling, which is `required` by default (§20.11).
 */
export function refuseBody(
  part: BodyPart,
  types: readonly string[],
  options: HandlingOptions = {},
): Refusal | undefined {
  if (!mustBeUnderstood(part, options)) return undefined;
  const encodings = part.headers.get('content-encoding') ?? part.headers.raw('content-encoding');
  if (encodings.some((name) => name.toLowerCase() !== 'identity')) {
    return unsupported('UNSUPPORTED_ENCODING', part, 'the encoding of a body is not understood');
  }
  const { contentType, parts } = part;
  if (contentType.type !== 'multipart') {
    if (types.some((type) => isOf(type, part))) return undefined;
    return unsupported('UNSUPPORTED_MEDIA_TYPE', part, 'the type of a body is not understood');
  }
  const refusals = partsThatCount(part).map((each) => refuseBody(each, types, options));
  if (contentType.subtype === 'alternative') {
    return refusals.includes(undefined) ? undefined : refusals[0];
  }
  return parts.length === 0 ? undefined : refusals.find((refusal) => refusal !== undefined);
}

/** The headers of a 415: what would have been understood (RFC 3261 §21.4.13). */
export function acceptHeaders(types: readonly string[]): [string, HeaderInput][] {
  return [
    ['Accept', types.join(', ')],
    ['Accept-Encoding', 'identity'],
  ];
}

/** By what it says, else by the default; a multipart that says nothing is looked into. */
function mustBeUnderstood({ headers, contentType }: BodyPart, options: HandlingOptions): boolean {
  const { isRequired, params } = dispositionOf(headers);
  const isUnsaid = params.get('handling') === undefined && contentType.type !== 'multipart';
  return isUnsaid ? options.defaultHandling !== 'optional' : isRequired;
}

/** All parts; of `related` the root: the part that `start` names, or the first (RFC 2387 §3). */
function partsThatCount({ contentType, parts }: BodyPart): readonly BodyPart[] {
  if (contentType.subtype !== 'related') return parts;
  const start = contentType.params.get('start');
  const root = parts.find(({ headers }) => headers.raw('content-id')[0] === start);
  return start !== undefined && root !== undefined ? [root] : parts.slice(0, 1);
}

function isOf(type: string, { contentType }: BodyPart): boolean {
  const wanted = type.toLowerCase();
  const { type: main, subtype } = contentType;
  return wanted === `${main}/${subtype}` || wanted === `${main}/*` || wanted === '*/*';
}

function unsupported(code: string, { at }: BodyPart, message: string): Refusal {
  return { ...new Fault(code, at, 'RFC 3261 §8.2.3', message).deserving(415) };
}
