import { type Headers, Params, type TokenWithParams } from '@strowger/sip-message';

/** How a call wants to be answered, or was (RFC 5373). */
export interface AnswerMode {
  readonly mode: 'auto' | 'manual';
  /** Whether it is to be refused where it cannot be answered so. */
  readonly isRequired: boolean;
  /** From Priv-Answer-Mode: for callers with a right to it, past the callee's own settings. */
  readonly isPrivileged: boolean;
}

/** What Priv-Answer-Mode, or else Answer-Mode, says; undefined for none, or a mode nobody knows. */
export function answerModeOf(headers: Headers): AnswerMode | undefined {
  const privileged = headers.get('priv-answer-mode');
  const field = privileged ?? headers.get('answer-mode');
  const mode = field?.value.toLowerCase();
  if (field === undefined || (mode !== 'auto' && mode !== 'manual')) return undefined;
  const isRequired = field.params.has('require');
  return { mode, isRequired, isPrivileged: privileged !== undefined };
}

/**
 * What to do with a call (RFC 5373 §5): answer it by itself, let it ring, or refuse it with this
 * status. `mayAuto` says whether this caller may be answered automatically.
 */
export function judgeAnswerMode(
  wish: AnswerMode | undefined,
  mayAuto: boolean,
): 'auto' | 'manual' | 403 {
  if (wish === undefined || wish.mode === 'manual') return 'manual';
  if (mayAuto) return 'auto';
  return wish.isRequired ? 403 : 'manual';
}

/** The header field of a wish, or in a 2xx of how it was answered. */
export function answerModeField({
  mode,
  isRequired,
  isPrivileged,
}: AnswerMode): [name: string, value: TokenWithParams] {
  const params = new Params(isRequired ? [['require']] : []);
  const value = mode === 'auto' ? 'Auto' : 'Manual';
  return [isPrivileged ? 'Priv-Answer-Mode' : 'Answer-Mode', { value, params }];
}
