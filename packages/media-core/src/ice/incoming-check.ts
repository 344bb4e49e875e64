import { Buffer } from 'node:buffer';
import { METHODS, isSignedWith, type StunMessage, utf8 } from '../stun/index.ts';
import {
  addressee,
  type IceCredentials,
  readCheck,
  type ReceivedCheck,
  unknownIn,
  writeError,
} from './binding.ts';

/** What a request is judged by. */
interface Judge {
  readonly local: IceCredentials & { readonly lite: boolean };
  readonly list: { readonly isControlling: boolean };
}

/** What becomes of a request. */
export type Verdict<Generation> =
  /** It is answered, and what it says holds. */
  | {
      readonly type: 'taken';
      readonly generation: Generation;
      readonly check: ReceivedCheck;
      /** Both sides believed to have our role, and theirs is the better right. */
      readonly switchesRole: boolean;
    }
  | { readonly type: 'refused'; readonly answer: Uint8Array }
  /** For nobody here: it is not answered, so that nobody can be found by asking. */
  | { readonly type: 'unknown' };

/** Judges a request (RFC 8445 §7.3, RFC 8489 §9.1.3) by the generations that it may be for. */
export function judgeRequest<Generation extends Judge>(
  message: StunMessage,
  generations: readonly Generation[],
  tieBreaker: Uint8Array,
): Verdict<Generation> {
  const name = addressee(message);
  const generation = generations.find(({ local }) => local.ufrag === name);
  if (generation === undefined || message.method !== METHODS.binding) return { type: 'unknown' };
  const { local, list } = generation;
  if (!isSignedWith(message, utf8(local.pwd))) {
    return {
      type: 'refused',
      answer: writeError(message, { code: 401, phrase: 'Unauthenticated' }),
    };
  }
  const unknown = unknownIn(message);
  if (unknown.length > 0) {
    const error = { code: 420, phrase: 'Unknown Attribute', unknown };
    return { type: 'refused', answer: writeError(message, error, local) };
  }
  const check = readCheck(message);
  const ours = list.isControlling ? 'controlling' : 'controlled';
  if (check.role !== ours) return { type: 'taken', generation, check, switchesRole: false };
  // RFC 8445 §7.3.1.1: the larger number controls; a lite side never does
  const isLarger = Buffer.compare(tieBreaker, check.tieBreaker) >= 0;
  const staysAsItIs = local.lite || isLarger === list.isControlling;
  if (!staysAsItIs) return { type: 'taken', generation, check, switchesRole: true };
  const answer = writeError(message, { code: 487, phrase: 'Role Conflict' }, local);
  return { type: 'refused', answer };
}
