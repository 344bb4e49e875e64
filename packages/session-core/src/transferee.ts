import type { HeaderFields, IncomingRefer, ReferProgress } from '@strowger/dialog-core';
import { type DialogReference, SipUri, type Uri } from '@strowger/sip-message';
import type { CallOptions } from './call-options.ts';
import type { Session } from './session.ts';
import type { SessionEventDetails } from './session-events.ts';
import type { ReferDecision, TransferHooks } from './transfer-hooks.ts';
import type { TransferOutcome } from './transfer-options.ts';

/** @internal What incoming REFERs are answered with. */
export interface TransfereeOptions {
  readonly hooks: TransferHooks;
  call(options: CallOptions): Session;
  emit<T extends keyof SessionEventDetails>(
    session: Session,
    type: T,
    details: SessionEventDetails[T],
  ): void;
  /** What a session belongs to, its replacement belongs to as well. */
  adopt(replacement: Session, of: Session): void;
  report(error: unknown): void;
}

/** @internal Does what peers ask for by REFER, where the application lets them (RFC 5589). */
export class Transferee {
  private readonly options: TransfereeOptions;

  constructor(options: TransfereeOptions) {
    this.options = options;
  }

  take(session: Session, refer: IncomingRefer): void {
    const { referTo, replaces, referredBy } = refer;
    this.options.emit(session, 'referred', {
      target: referTo.uri.toString(),
      attended: replaces !== undefined,
      ...(referredBy === undefined ? {} : { referredBy: referredBy.uri.toString() }),
    });
    void this.decide(session, refer).then((decision) => this.follow(session, refer, decision));
  }

  private async decide(session: Session, refer: IncomingRefer): Promise<ReferDecision> {
    const { hooks, report } = this.options;
    if (refer.method !== 'INVITE') return { kind: 'refuse', status: 405 };
    try {
      return (await hooks.onRefer?.(session, refer)) ?? { kind: 'refuse' };
    } catch (error) {
      report(error);
      return { kind: 'refuse', status: 500 };
    }
  }

  /** What was decided may not be possible: then it is answered like a decision that throws. */
  private async follow(
    session: Session,
    refer: IncomingRefer,
    decision: ReferDecision,
  ): Promise<void> {
    if (!refer.pending) return; // it took too long
    try {
      switch (decision.kind) {
        case 'refuse':
          return refer.reject(decision.status ?? 603);
        case 'take':
          return await this.hand(decision, refer.accept());
        case 'call':
          return this.call(session, refer, decision.options ?? {});
        default:
          decision satisfies never;
      }
    } catch (error) {
      this.options.report(error);
      if (refer.pending) refer.reject(500);
    }
  }

  /** The application does it; who asked does not wait for one that cannot. */
  private async hand(decision: TakeDecision, progress: ReferProgress): Promise<void> {
    try {
      await decision.start(progress);
    } catch (error) {
      progress.report(500);
      throw error;
    }
  }

  /** Calls whom it names. Throws `REFER_ANSWERED`. */
  call(session: Session, refer: IncomingRefer, options: Partial<CallOptions>): void {
    let replacement: Session;
    try {
      replacement = this.options.call({
        from: session.local.withTag(undefined),
        ...options,
        to: plain(refer.referTo.uri),
        headers: [...referralHeaders(refer), ...(options.headers ?? [])],
      });
    } catch (error) {
      this.options.report(error); // the manager is full, or closed
      return refer.reject(503);
    }
    this.options.adopt(replacement, session);
    const progress = refer.accept();
    session.referred(true);
    this.options.emit(session, 'referAccepted', { replacement: replacement.id });
    this.tell(session, replacement, progress);
  }

  private tell(session: Session, replacement: Session, progress: ReferProgress): void {
    const { emit } = this.options;
    const heard = replacement.on('progress', ({ status, reason }) => {
      progress.report(status, reason);
      emit(session, 'transferProgress', { status });
    });
    const end = (status: number, outcome: TransferOutcome): void => {
      heard();
      progress.report(status);
      session.referred(false);
      emit(session, 'transferEnded', { outcome });
    };
    replacement.connected.then(
      () => end(200, { kind: 'transferred', bridged: false }),
      () => {
        const status = replacement.endReason?.status ?? 500;
        end(status, { kind: 'failed', status });
      },
    );
  }
}

type TakeDecision = Extract<ReferDecision, { kind: 'take' }>;

/** What the new INVITE says of the REFER (RFC 3891 §4, RFC 3892 §2.2). */
export function referralHeaders({ replaces, referredBy }: IncomingRefer): HeaderFields {
  return [
    ...(replaces === undefined ? [] : replacesFields(replaces)),
    ...(referredBy === undefined ? [] : [['Referred-By', referredBy.toString()] as const]),
  ];
}

function replacesFields({ callId, toTag, fromTag, isEarlyOnly }: DialogReference): HeaderFields {
  const early = isEarlyOnly ? ';early-only' : '';
  const value = `${callId};to-tag=${toTag};from-tag=${fromTag}${early}`;
  return [
    ['Replaces', value],
    ['Require', 'replaces'],
  ];
}

/** An address as it goes into a Request-URI: without method and headers (RFC 3261 §19.1.5). */
function plain(uri: Uri): Uri {
  if (!(uri instanceof SipUri)) return uri;
  const bare = uri.with({ headers: [] });
  bare.params.delete('method');
  return bare;
}
