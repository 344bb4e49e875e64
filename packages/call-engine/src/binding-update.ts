import { parseUri } from '@strowger/sip-message';
import type { Hop } from '@strowger/transaction-core';
import type { Binding } from './location-store.ts';
import type { ContactUpdate, RegisterCommand, RegisterRefusal } from './register-request.ts';

/** The REGISTER that a command comes from. */
export interface RegisterSource {
  readonly callId: string;
  readonly cseq: number;
  readonly userAgent?: string;
  /** Where it came from, where its contacts cannot be reached otherwise. */
  readonly received?: Hop | undefined;
  /** The proxies that it passed and through which its contacts are reached; none by default. */
  readonly path?: readonly string[];
}

/** What bindings are updated under. */
export interface BindingTerms {
  /** Wall time in milliseconds since 1970. */
  readonly wall: number;
  /** Contacts of one address of record at most. */
  readonly maxContacts: number;
}

/** The bindings after a command, or why it is refused as a whole. */
export type BindingUpdate =
  | { readonly ok: true; readonly bindings: readonly Binding[] }
  | { readonly ok: false; readonly refusal: RegisterRefusal };

/** The bindings that are in force at `wall`. */
export function liveBindings(bindings: readonly Binding[], wall: number): readonly Binding[] {
  return bindings.filter(({ expiresAt }) => expiresAt > wall);
}

/**
 * Applies one REGISTER to the bindings of its address of record, all or nothing (RFC 3261 §10.3
 * steps 6 and 7). Expired bindings fall out on the way.
 */
export function updateBindings(
  command: RegisterCommand,
  source: RegisterSource,
  present: readonly Binding[],
  terms: BindingTerms,
): BindingUpdate {
  const live = liveBindings(present, terms.wall);
  if (command.kind === 'query') return { ok: true, bindings: live };
  if (command.kind === 'removeAll') {
    return live.some((binding) => isOutOfOrder(binding, source)) ? OUT_OF_ORDER : EMPTY;
  }
  let bindings = [...live];
  for (const contact of command.contacts) {
    const isSame = (binding: Binding): boolean => isSameContact(binding, contact);
    // named twice in one request it is no older than itself: the later one stands
    if (live.some((binding) => isSame(binding) && isOutOfOrder(binding, source))) {
      return OUT_OF_ORDER;
    }
    bindings = bindings.filter((binding) => !isSame(binding));
    if (contact.expiresSeconds > 0) bindings.push(newBinding(contact, source, terms.wall));
  }
  return bindings.length > terms.maxContacts ? TOO_MANY : { ok: true, bindings };
}

const EMPTY: BindingUpdate = { ok: true, bindings: [] };
/** An update that fails makes the whole request fail with 500 (RFC 3261 §10.3 step 7). */
const OUT_OF_ORDER: BindingUpdate = {
  ok: false,
  refusal: { status: 500, reason: 'CSeq Out of Order' },
};
const TOO_MANY: BindingUpdate = {
  ok: false,
  refusal: { status: 403, reason: 'Too Many Contacts' },
};

/** The same Call-ID with a CSeq that is no higher: an old REGISTER that was overtaken. */
function isOutOfOrder(binding: Binding, { callId, cseq }: RegisterSource): boolean {
  return binding.callId === callId && cseq <= binding.cseq;
}

/** The same flow of the same phone (RFC 5626 §6), or an equal URI (RFC 3261 §10.3 step 7). */
function isSameContact(binding: Binding, { uri, instance, regId }: ContactUpdate): boolean {
  if (regId !== undefined && binding.regId !== undefined) {
    return binding.regId === regId && binding.instance === instance;
  }
  const known = parseUri(binding.contact);
  return known.ok && uri.equals(known.value);
}

function newBinding(contact: ContactUpdate, source: RegisterSource, wall: number): Binding {
  const { callId, cseq, received, userAgent, path = [] } = source;
  return {
    contact: contact.uri.toString(),
    q: contact.q,
    expiresAt: wall + contact.expiresSeconds * 1000,
    callId,
    cseq,
    ...(contact.instance === undefined ? {} : { instance: contact.instance }),
    ...(contact.regId === undefined ? {} : { regId: contact.regId }),
    ...(userAgent === undefined ? {} : { userAgent }),
    ...(received === undefined ? {} : { received }),
    ...(path.length === 0 ? {} : { path }),
    updatedAt: wall,
  };
}
