import { type ReferEnd, referToReplacing } from '@strowger/dialog-core';
import { StrowgerError } from '@strowger/runtime';
import type { NameAddr, Uri } from '@strowger/sip-message';
import { Session } from './session.ts';
import type { SessionShell } from './session-shell.ts';
import { Transfer } from './transfer.ts';
import type { TransferOptions, TransferOutcome } from './transfer-options.ts';

/** @internal What is transferred, and where to. */
export interface TransferRequest {
  readonly session: Session;
  readonly shell: SessionShell;
  readonly target: Uri | NameAddr | Session;
  readonly options: TransferOptions;
}

/** @internal Begins a transfer (RFC 5589 §6, §7). */
export function transferSession(request: TransferRequest): Transfer {
  const { options } = request;
  const transferor = new Transferor(request);
  if (options.bridge === 'always') transferor.bridge();
  else transferor.refer();
  return transferor.transfer;
}

/** One transfer, seen from who asks for it. */
class Transferor {
  readonly transfer = new Transfer();
  private readonly request: TransferRequest;

  constructor(request: TransferRequest) {
    this.request = request;
  }

  refer(): void {
    const { session, shell, target, options } = this.request;
    const { referredBy = session.local.withTag(undefined), headers } = options;
    // `transferBegun` was allowed: the dialog is confirmed
    session.dialog?.refer(
      {
        referTo: target instanceof Session ? replacing(target) : target,
        referredBy: referredBy === false ? undefined : referredBy,
        headers,
      },
      {
        onAccepted: () => this.transfer.tell({ type: 'accepted' }),
        onProgress: (status) => this.progress(status),
        onEnded: (end) => this.referEnded(end),
      },
    );
    shell.take({ type: 'transferBegun' });
  }

  /** Calls the target, or takes the other session, and joins both. */
  bridge(): void {
    const { session, shell, target, options } = this.request;
    if (shell.allows('transferBegun')) shell.take({ type: 'transferBegun' });
    this.transfer.tell({ type: 'bridging' });
    const { bridges } = shell.context;
    const joined: Promise<unknown> =
      target instanceof Session
        ? bridges.join(session, target)
        : bridges.callAndJoin(session, target, {
            call: options.call ?? {},
            onProgress: (status) => this.progress(status),
          });
    joined.then(
      () => this.end({ kind: 'transferred', bridged: true }),
      (error: unknown) => this.end({ kind: 'failed', status: statusOf(error) }),
    );
  }

  private progress(status: number): void {
    this.transfer.tell({ type: 'progress', status });
    this.request.shell.emit('transferProgress', { status });
  }

  private referEnded(end: ReferEnd): void {
    const { options, shell } = this.request;
    const refused = end.kind === 'rejected';
    const mayBridge = options.bridge === 'whenRefused' && shell.allows('transferBegun');
    if (refused && mayBridge) return this.bridge();
    this.end(outcomeOf(end));
  }

  private end(outcome: TransferOutcome): void {
    const { session, shell, target, options } = this.request;
    if (shell.allows('transferOver')) shell.take({ type: 'transferOver' });
    shell.emit('transferEnded', { outcome });
    this.transfer.settle(outcome);
    const isAway = outcome.kind === 'transferred' && !outcome.bridged;
    if (!isAway || options.hangUp === false) return;
    void session.hangUp();
    if (target instanceof Session) void target.hangUp();
  }
}

/** The Refer-To of an attended transfer. Throws `SESSION_STATE` for a target without a dialog. */
function replacing(target: Session): NameAddr {
  const { dialog } = target;
  if (dialog === undefined || dialog.state === 'terminated') {
    throw new StrowgerError('SESSION_STATE', `the target is ${target.state}`);
  }
  return referToReplacing(dialog);
}

function outcomeOf(end: ReferEnd): TransferOutcome {
  switch (end.kind) {
    case 'finished':
      if (end.status < 300) return { kind: 'transferred', bridged: false };
      return { kind: 'failed', status: end.status };
    case 'rejected':
      return { kind: 'refused', status: end.status };
    case 'noProgress':
      return { kind: 'unknown' };
    case 'lost': {
      const { lastStatus } = end;
      return { kind: 'unknown', ...(lastStatus === undefined ? {} : { lastStatus }) };
    }
    case 'failed':
      return { kind: 'failed', status: end.why.kind === 'timeout' ? 408 : 503 };
    default:
      return end satisfies never;
  }
}

/** What a call that came to nothing, or a peer that did not agree, is worth. */
function statusOf(error: unknown): number {
  const cause = error instanceof Error ? error.cause : undefined;
  const hasStatus = typeof cause === 'object' && cause !== null && 'status' in cause;
  return hasStatus && typeof cause.status === 'number' ? cause.status : 488;
}
