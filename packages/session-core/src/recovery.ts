import { type Recovery, StrowgerError } from '@strowger/runtime';
import type { EndReason } from './end-reason.ts';
import type { Refused } from './session-machine.ts';

/** What a peer, or a server on the way, answers that may answer otherwise in a while. */
const IN_A_WHILE: Readonly<Record<number, number>> = {
  408: 5000,
  480: 30_000,
  486: 30_000,
  491: 2000,
  500: 5000,
  502: 5000,
  503: 5000,
  504: 5000,
  600: 30_000,
};

const NONE: Recovery = { kind: 'none' };
const inMs = (afterMs: number): Recovery => ({ kind: 'retry', afterMs });

/** @internal What can be done where a request got this final response. */
export function recoveryOfStatus(status: number): Recovery {
  if (status === 401 || status === 407) return { kind: 'authenticate' };
  const afterMs = IN_A_WHILE[status];
  return afterMs === undefined ? NONE : inMs(afterMs);
}

/**
 * What can be done about a call that has ended so: call once more in a while, with credentials, or after
 * something was put right; nothing where it was meant to end, or would end so again.
 */
export function recoveryOf(reason: EndReason): Recovery {
  switch (reason.kind) {
    case 'rejected':
      return reason.by === 'remote' ? recoveryOfStatus(reason.status) : NONE;
    case 'timeout':
      return inMs(reason.phase === 'ring' ? 30_000 : 5000);
    case 'transportFailed':
      return reason.code === 'INSECURE_HOP' ? NONE : inMs(5000);
    case 'mediaFailed':
      return RECOVERY_OF_MEDIA[reason.code] ?? inMs(5000);
    case 'dialogLost':
      return inMs(0);
    case 'cancelled':
    case 'hungUp':
      return NONE;
    default:
      return reason satisfies never;
  }
}

/** What of media does not pass with time. */
const RECOVERY_OF_MEDIA: Readonly<Record<string, Recovery>> = {
  MEDIA_NOT_ACCEPTABLE: { kind: 'fixConfiguration', key: 'codecs' },
  MEDIA_UNKNOWN_CODEC: { kind: 'fixConfiguration', key: 'codecs' },
  MEDIA_NOT_ENCRYPTED: { kind: 'fixConfiguration', key: 'srtp' },
  MEDIA_UNSUPPORTED: NONE,
};

/** What a change was refused with: the peer's status; none where nobody answered, or it did not get out. */
export interface ChangeRefusal {
  readonly status?: number;
  readonly isUnsent?: true;
}

/** @internal What was not done as an error: `cause` is a `ChangeRefusal` where a peer was to agree. */
export function refusalError({ code, message, status, isUnsent = false }: Refused): StrowgerError {
  const cause: ChangeRefusal = {
    ...(status === undefined ? {} : { status }),
    ...(isUnsent ? { isUnsent } : {}),
  };
  const isOfPeer = code === 'CHANGE_REFUSED';
  const recovery = isUnsent ? inMs(0) : recoveryOfRefusal(code, status);
  return new StrowgerError(code, message, { recovery, ...(isOfPeer && { cause }) });
}

/** @internal What `CHANGE_REFUSED` is about; undefined for other errors. */
export function refusalOf(error: unknown): ChangeRefusal | undefined {
  if (!StrowgerError.isInstance(error) || error.code !== 'CHANGE_REFUSED') return undefined;
  return error.cause as ChangeRefusal | undefined; // `refusalError` has put it there
}

function recoveryOfRefusal(code: string, status: number | undefined): Recovery {
  if (code === 'SESSION_BUSY') return inMs(1000);
  if (code === 'CHANGE_REFUSED') return recoveryOfStatus(status ?? 408);
  return RECOVERY_OF_MEDIA[code] ?? NONE;
}

/** @internal There are as many as may be; some will end. */
export function tooMany(code: string, message: string): StrowgerError {
  return new StrowgerError(code, message, { recovery: inMs(5000) });
}

/** @internal An option that cannot be, by its name. */
export function badOption(code: string, key: string, message: string): StrowgerError {
  return new StrowgerError(code, message, { recovery: { kind: 'fixConfiguration', key } });
}
