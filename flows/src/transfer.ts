import type { Dialog, IncomingRefer, ReferEnd } from '@strowger/dialog-core';
import { referenceTo } from '@strowger/dialog-core';
import { type DialogReference, type NameAddr, SipUri, type Uri } from '@strowger/sip-message';
import type { Call } from './call.ts';
import type { Phone } from './phone.ts';

/** Replaces and Join as `call`'s peer reads them: they name its dialog (RFC 3891 §6.1). */
export function naming({ dialog }: Call, isEarlyOnly = false): DialogReference {
  return referenceTo(present(dialog), isEarlyOnly);
}

/** Asks the peer of `call` to call somebody else (RFC 3515); how it goes stands in the call's log. */
export function refer(phone: Phone, call: Call, referTo: Uri | NameAddr): void {
  present(call.dialog).refer(
    { referTo, referredBy: phone.nameAddr },
    {
      onProgress: (status) => call.log.push(`told ${status}`),
      onEnded: (end) => call.log.push(`refer ${end.kind}${statusOf(end)}`),
    },
  );
}

function statusOf(end: ReferEnd): string {
  return 'status' in end ? ` ${end.status}` : '';
}

/** The phone does what a REFER asks for, and tells how it goes (RFC 3515 §2.4.4). */
export function follow(phone: Phone): (refer: IncomingRefer) => void {
  return (asked) => {
    const progress = asked.accept();
    const { uri } = asked.referTo;
    if (!(uri instanceof SipUri)) return progress.report(416);
    const headers: [string, string | NameAddr | DialogReference][] = [];
    if (asked.referredBy !== undefined) headers.push(['Referred-By', asked.referredBy]);
    if (asked.replaces !== undefined) headers.push(['Replaces', asked.replaces]);
    // once the 202 has left
    phone.after(1, () => {
      const placed = phone.call(uri.with({ headers: [] }).toString(), { headers });
      placed.onSettled = () => {
        if (placed.final !== undefined) progress.report(placed.final.status);
      };
    });
  };
}

/**
 * The phone carries Replaces out: it answers, and ends the dialog that is replaced (RFC 3891 §3).
 * Other calls go to `others`.
 */
export function takesOver(phone: Phone, others: (call: Call) => void = () => {}): void {
  phone.onCall = (call) => {
    const replaced = call.incoming?.replaces;
    if (replaced === undefined) return others(call);
    call.answer();
    phone.after(1, () => giveUp(phone, replaced));
  };
}

function giveUp(phone: Phone, replaced: Dialog): void {
  const call = phone.calls.find(({ dialog }) => dialog === replaced);
  if (replaced.state === 'early') call?.cancel();
  else replaced.bye();
}

function present(dialog: Dialog | undefined): Dialog {
  if (dialog === undefined) throw new Error('there is no dialog');
  return dialog;
}
