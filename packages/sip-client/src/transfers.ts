import type { IncomingRefer } from '@strowger/dialog-core';
import type {
  ReferDecision,
  ReplacesDecision,
  Session,
  TransferHooks,
} from '@strowger/session-core';
import { SipUri } from '@strowger/sip-message';
import type { Call } from './call.ts';
import type { ClientStack } from './client-stack.ts';
import type { SipClientOptions } from './sip-client-options.ts';

/** What transfers are decided with. */
export interface TransfersOptions {
  readonly settings: Pick<SipClientOptions, 'onTransfer' | 'onReplace'>;
  callOf(session: Session): Call;
  stack(): Promise<ClientStack>;
}

/** Asks the program about transfers: what peers want of us, and who wants to replace whom. */
export function transferHooks(options: TransfersOptions): TransferHooks {
  return {
    onRefer: (session, refer) => decideRefer(options, session, refer),
    onReplaces: (session, replaced) => decideReplaces(options, session, replaced),
  };
}

async function decideRefer(
  { settings, callOf, stack }: TransfersOptions,
  session: Session,
  { referTo, replaces, referredBy }: IncomingRefer,
): Promise<ReferDecision> {
  const { uri } = referTo;
  if (!(uri instanceof SipUri)) return { kind: 'refuse', status: 416 };
  const isAllowed = await settings.onTransfer?.({
    call: callOf(session),
    target: uri.with({ headers: [] }).toString(),
    attended: replaces !== undefined,
    ...(referredBy === undefined ? {} : { referredBy: referredBy.uri.toString() }),
  });
  if (isAllowed !== true) return { kind: 'refuse' };
  const line = (await stack()).lineOf(session);
  const from = line.account.identity;
  return { kind: 'call', options: { from, ...(await line.routeTo(uri)) } };
}

async function decideReplaces(
  { settings, callOf, stack }: TransfersOptions,
  session: Session,
  replaced: Session,
): Promise<ReplacesDecision> {
  // the server of the account that is called with whom is to be replaced
  const line = (await stack()).lineOf(replaced);
  const isFromServer = await line.isFromServer(session.source);
  const { onReplace = (request) => request.isFromServer } = settings;
  const request = { call: callOf(replaced), by: callOf(session), isFromServer };
  return { kind: (await onReplace(request)) ? 'replace' : 'refuse' };
}
