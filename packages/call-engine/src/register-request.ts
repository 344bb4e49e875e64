import { type NameAddr, SipUri, type SipRequest } from '@strowger/sip-message';

/** How long a registration may last, in seconds. */
export interface ExpiryLimits {
  /** Below it a phone is told 423 (RFC 3261 §10.3 step 7). At most 3600 there. */
  readonly minSeconds: number;
  /** What is asked beyond it is shortened to it. */
  readonly maxSeconds: number;
  /** For phones that ask for nothing. */
  readonly defaultSeconds: number;
}

/** One Contact of a REGISTER. */
export interface ContactUpdate {
  readonly uri: SipUri;
  /** From 0 to 1; 1 where the phone says nothing. */
  readonly q: number;
  /** 0 removes the binding. */
  readonly expiresSeconds: number;
  readonly instance?: string;
  /** Which of the phone's flows this is, from 1; only beside `instance` (RFC 5626 §4.2). */
  readonly regId?: number;
}

/** What a REGISTER asks for. */
export type RegisterCommand =
  | { readonly kind: 'query' }
  | { readonly kind: 'removeAll' }
  | { readonly kind: 'update'; readonly contacts: readonly ContactUpdate[] };

/** The answer to a REGISTER that is not carried out. */
export interface RegisterRefusal {
  readonly status: number;
  readonly reason?: string;
  readonly minExpires?: number;
  /** The option tag that makes it a 420. */
  readonly unsupported?: string;
}

/** A REGISTER that was understood, or its refusal. */
export type ReadRegister =
  | { readonly ok: true; readonly command: RegisterCommand }
  | { readonly ok: false; readonly refusal: RegisterRefusal };

/** The shortest interval that a registrar must not call too brief (RFC 3261 §10.3 step 7). */
const ONE_HOUR = 3600;

/** Reads what a REGISTER asks for (RFC 3261 §10.3 steps 6 and 7). */
export function readRegister(request: SipRequest, limits: ExpiryLimits): ReadRegister {
  const contacts = request.headers.get('contact');
  if (contacts === undefined) return { ok: true, command: { kind: 'query' } };
  if (contacts === '*') return readRemoveAll(request);
  const updates: ContactUpdate[] = [];
  for (const contact of contacts) {
    const update = readContact(contact, request.headers.get('expires'), limits);
    if (update === undefined) return refuse({ status: 400, reason: 'Contact Not a SIP URI' });
    if (isTooBrief(update.expiresSeconds, limits)) {
      return refuse({ status: 423, minExpires: limits.minSeconds });
    }
    updates.push(update);
  }
  return { ok: true, command: { kind: 'update', contacts: updates } };
}

/** `Contact: *` goes with `Expires: 0` and with no other Contact (the parser saw to that). */
function readRemoveAll(request: SipRequest): ReadRegister {
  if (request.headers.get('expires') === 0) return { ok: true, command: { kind: 'removeAll' } };
  return refuse({ status: 400, reason: 'Contact * Without Expires 0' });
}

function readContact(
  { uri, params }: NameAddr,
  expires: number | undefined,
  limits: ExpiryLimits,
): ContactUpdate | undefined {
  if (!(uri instanceof SipUri)) return undefined;
  const instance = params.get('+sip.instance');
  const regId = instance === undefined ? undefined : readRegId(params.get('reg-id'));
  return {
    uri,
    q: readQ(params.get('q')),
    expiresSeconds: Math.min(
      readExpires(params.get('expires'), expires, limits),
      limits.maxSeconds,
    ),
    ...(instance === undefined ? {} : { instance }),
    ...(regId === undefined ? {} : { regId }),
  };
}

/** The parameter goes before the header; a malformed value counts as 3600 (RFC 3261 §20.10). */
function readExpires(
  param: string | undefined,
  header: number | undefined,
  limits: ExpiryLimits,
): number {
  if (param === undefined) return header ?? limits.defaultSeconds;
  return /^\d+$/.test(param) ? Number(param) : ONE_HOUR;
}

function readRegId(param: string | undefined): number | undefined {
  const regId = /^\d{1,10}$/.test(param ?? '') ? Number(param) : 0;
  return regId >= 1 && regId < 2 ** 31 ? regId : undefined;
}

function readQ(param: string | undefined): number {
  return param !== undefined && /^(0(\.\d{0,3})?|1(\.0{0,3})?)$/.test(param) ? Number(param) : 1;
}

function isTooBrief(seconds: number, { minSeconds }: ExpiryLimits): boolean {
  return seconds > 0 && seconds < minSeconds && seconds < ONE_HOUR;
}

function refuse(refusal: RegisterRefusal): ReadRegister {
  return { ok: false, refusal };
}
