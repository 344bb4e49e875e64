import type { DialogLayer, RequestOptions } from '@strowger/dialog-core';
import { type Clock, StrowgerError } from '@strowger/runtime';
import { DESCRIPTION_TYPES } from '@strowger/session-core';
import { createResponse } from '@strowger/sip-message';
import type { ServerTransaction } from '@strowger/transaction-core';

/** The answer to OPTIONS (RFC 3261 §11.2). */
export interface Capabilities {
  readonly status: number;
  readonly reason: string;
  readonly allow: readonly string[];
  readonly supported: readonly string[];
  /** What the other side calls itself. */
  readonly server?: string;
  readonly roundTripMs: number;
}

/** Sends OPTIONS (RFC 3261 §11.1). Rejects with `NO_ANSWER`, and `CLOSED` when we close meanwhile. */
export function askCapabilities(
  dialogs: DialogLayer,
  request: Omit<RequestOptions, 'method'>,
  clock: Clock,
): Promise<Capabilities> {
  const began = clock.now();
  return new Promise((resolve, reject) => {
    dialogs.request(
      { ...request, method: 'OPTIONS' },
      {
        onResponse: ({ status, reason, headers }) => {
          const server = headers.get('server') ?? headers.get('user-agent');
          resolve({
            status,
            reason,
            allow: headers.get('allow') ?? [],
            supported: headers.get('supported') ?? [],
            roundTripMs: clock.now() - began,
            ...(server === undefined ? {} : { server }),
          });
        },
        onFailed: ({ kind }) => reject(new StrowgerError('NO_ANSWER', `to OPTIONS: ${kind}`)),
      },
    );
  });
}

/** Methods that we know and that a phone does not take outside of a dialog. */
const KNOWN = ['REGISTER', 'SUBSCRIBE', 'NOTIFY', 'REFER', 'MESSAGE', 'PUBLISH'];

/** What a request outside of dialogs is answered from. */
export interface Answering {
  readonly allow: readonly string[];
  readonly server: string;
  /** Whether a call would be taken now. */
  readonly isTaking: boolean;
  /** Media types that are taken besides session descriptions. */
  readonly accept: readonly string[];
}

/**
 * Answers OPTIONS with the status that an INVITE would get now, 200 or 480, and what we can
 * (RFC 3261 §11.2); refuses what we know with 405 and what nobody knows with 501 (§8.2.1, §21.5.2).
 */
export function answerRequest(
  transaction: ServerTransaction,
  { allow, server, isTaking, accept }: Answering,
): void {
  const { request, method } = transaction;
  const said: [string, string][] = [
    ['Allow', allow.join(', ')],
    ['Server', server],
  ];
  if (method === 'OPTIONS') {
    // an empty Supported says that we know no extension (RFC 3261 §20.37)
    const can: [string, string][] = [
      ['Accept', [...DESCRIPTION_TYPES, ...accept].join(', ')],
      ['Supported', ''],
    ];
    const headers = [...said, ...can];
    transaction.respond(createResponse(request, isTaking ? 200 : 480, { headers }));
    return;
  }
  const status = KNOWN.includes(method) ? 405 : 501;
  transaction.respond(createResponse(request, status, { headers: said }));
}
