import { type Body, type Dialog, type HeaderFields, infoPackageOf } from '@strowger/dialog-core';
import { type Clock, within } from '@strowger/runtime';
import { digitOf, type InfoDigit, type Session, TRICKLE_ICE } from '@strowger/session-core';
import { createResponse, type SipRequest } from '@strowger/sip-message';
import type { ServerTransaction } from '@strowger/transaction-core';

/** Header fields that belong to the body of an INFO and go with it (RFC 6086 §4). */
const WITH_THE_BODY = ['Info-Package', 'Content-Disposition', 'Content-Language'];

/**
 * What a digit on its way may take until its INFO is answered all the same: it lasts for a while, and
 * waits for those before it, but a phone asks again after 500 ms (RFC 3261 §17.1.2.2).
 */
const ANSWER_MS = 300;

/** Whether a digit went another way; `full`: too many wait for their turn. */
export type Converted = 'sent' | 'unsupported' | 'full';

/** Where the INFOs of a side go. */
export interface InfoTarget {
  /** Who is the other side now. */
  session(): Session | undefined;
  /** Sends a digit another way: then its INFO goes nowhere. Absent: no digit goes another way. */
  convert?(digit: InfoDigit): Promise<Converted>;
}

/**
 * Passes every INFO of one side of an answered call to whoever is the other side then, and its answer
 * back: digits, where they are not converted, and whatever else the phones agree on.
 */
export class InfoPassing {
  private readonly targets = new WeakMap<Dialog, InfoTarget>();
  private readonly clock: Clock;

  constructor(clock: Clock) {
    this.clock = clock;
  }

  /** From now on; what was said of `from` before is forgotten. */
  pass(from: Session, to: InfoTarget): void {
    const { dialog } = from;
    if (dialog === undefined) return;
    const isKnown = this.targets.has(dialog);
    this.targets.set(dialog, to);
    if (isKnown) return;
    const { user } = dialog;
    dialog.user = {
      ...user,
      onRequest: (transaction) => {
        const target = this.targets.get(dialog);
        if (isForTheOther(transaction))
          passOrConvert(transaction, target, this.clock).catch(() => {}); // it is over by then
        else user.onRequest?.(transaction);
      },
      // the dialog outlives the call: its INVITE lingers, for 32 s
      onEnded: (end) => {
        this.targets.delete(dialog);
        user.onEnded?.(end);
      },
    };
  }
}

/** Candidates (RFC 8840) are of one leg's own media. */
function isForTheOther({ method, request }: ServerTransaction): boolean {
  return method === 'INFO' && infoPackageOf(request)?.toLowerCase() !== TRICKLE_ICE;
}

async function passOrConvert(
  transaction: ServerTransaction,
  target: InfoTarget | undefined,
  clock: Clock,
): Promise<void> {
  const { request } = transaction;
  const answer = (status: number): void => transaction.respond(createResponse(request, status));
  const digit = target?.convert && digitOf(request);
  const converting = digit && target.convert?.(digit);
  if (converting === undefined) return pass(request, target?.session(), answer);
  const converted = await within(converting, ANSWER_MS, clock);
  if (converted === 'unsupported') return pass(request, target?.session(), answer);
  answer(converted === 'full' ? 503 : 200);
  // where it turns out later that it can go no other way, it goes this one all the same
  if ((await converting) === 'unsupported') pass(request, target?.session(), () => {});
}

function pass(
  request: SipRequest,
  to: Session | undefined,
  answer: (status: number) => void,
): void {
  const dialog = to?.dialog;
  if (dialog === undefined || dialog.state === 'terminated') return answer(481);
  const body = bodyOf(request);
  dialog.request(
    'INFO',
    { headers: headersOf(request), ...(body === undefined ? {} : { body }) },
    {
      // what the phone asks of us is not for the other one to answer
      onResponse: ({ status }) => answer(status === 401 || status === 407 ? 403 : status),
      onFailed: () => answer(480),
    },
  );
}

function headersOf({ headers }: SipRequest): HeaderFields {
  return WITH_THE_BODY.flatMap((name) =>
    headers.raw(name).map((value): [string, string] => [name, value]),
  );
}

function bodyOf({ headers, body }: SipRequest): Body | undefined {
  const [type] = headers.raw('Content-Type');
  return type === undefined || body.length === 0 ? undefined : { type, content: body };
}
