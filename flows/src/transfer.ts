import { createResponse, NameAddr, type SipRequest, SipUri } from '@strowger/sip-message';
import type { Call } from './call.ts';
import type { Phone } from './phone.ts';

/** The value of Replaces or Join that names a dialog, as its peer sees it (RFC 3891 §6.1). */
export function naming({ dialog }: Call): string {
  if (dialog === undefined) throw new Error('no dialog to name');
  const { callId, localTag, remoteTag } = dialog.id;
  return `${callId};to-tag=${remoteTag};from-tag=${localTag}`;
}

/** A Refer-To that replaces the dialog of `call` at its peer (RFC 3891 §1, RFC 5589 §7). */
export function referToReplacing(call: Call): string {
  return `<${call.dialog?.remoteTarget}?Replaces=${encodeURIComponent(naming(call))}>`;
}

/** Asks the peer of `call` to call somebody else (RFC 3515). */
export function refer(phone: Phone, call: Call, referTo: string): void {
  call.request('REFER', {
    headers: [
      ['Refer-To', referTo],
      ['Referred-By', phone.nameAddr.toString()],
    ],
  });
}

/** The phone follows the REFER that comes in `call`, and tells how it goes (RFC 3515 §2.4.4). */
export function followRefer(phone: Phone, call: Call): void {
  call.onRequest = (transaction) => {
    const { request } = transaction;
    transaction.respond(createResponse(request, request.method === 'REFER' ? 202 : 200));
    // once the 202 has left
    if (request.method === 'REFER') phone.after(1, () => follow(phone, call, request));
  };
}

function follow(phone: Phone, call: Call, request: SipRequest): void {
  const referTo = NameAddr.parse(request.headers.raw('refer-to').join());
  if (!referTo.ok || !(referTo.value.uri instanceof SipUri)) throw new Error('no Refer-To');
  const { uri } = referTo.value;
  const replaces = uri.headers.find(([name]) => name.toLowerCase() === 'replaces')?.[1];
  const headers: [string, string][] = [['Referred-By', request.headers.raw('referred-by').join()]];
  if (replaces !== undefined) headers.push(['Replaces', replaces]);
  notify(call, '100 Trying', 'active;expires=60');
  const placed = phone.call(uri.with({ headers: [] }).toString(), { headers });
  placed.onSettled = () => {
    const { final } = placed;
    if (final !== undefined)
      notify(call, `${final.status} ${final.reason}`, 'terminated;reason=noresource');
  };
}

function notify(call: Call, status: string, state: string): void {
  call.request('NOTIFY', {
    headers: [
      ['Event', 'refer'],
      ['Subscription-State', state],
    ],
    body: { type: 'message/sipfrag;version=2.0', content: `SIP/2.0 ${status}\r\n` },
  });
}

/**
 * The phone carries Replaces and Join out: it answers, and ends the dialog that is replaced (RFC 3891
 * §3). `joined` gets the call that is joined. Anything else waits for the story.
 */
export function takesOver(phone: Phone, joined: (call: Call) => void = () => {}): void {
  phone.onCall = (call) => {
    const request = call.incoming?.request;
    const replaced = named(phone, request, 'replaces');
    if (replaced !== undefined) {
      call.answer();
      phone.after(1, () => end(replaced));
    }
    const other = named(phone, request, 'join');
    if (other !== undefined) joined(other);
  };
}

function end(call: Call): void {
  if (call.outgoing !== undefined && call.final === undefined) call.cancel();
  else call.hangUp();
}

/** The call of ours whose dialog a Replaces or Join names. */
function named(phone: Phone, request: SipRequest | undefined, header: string): Call | undefined {
  const value = request?.headers.raw(header)[0];
  if (value === undefined) return undefined;
  const [callId, ...params] = value.split(';');
  const tag = (name: string): string | undefined =>
    params.find((one) => one.startsWith(`${name}=`))?.slice(name.length + 1);
  return phone.calls.find(({ dialog }) => {
    const id = dialog?.id;
    return (
      id?.callId === callId && id?.localTag === tag('to-tag') && id?.remoteTag === tag('from-tag')
    );
  });
}
