import type { Dialog } from '@strowger/dialog-core';
import type { Session } from './session.ts';
import type { SessionAuthentication } from './session-authentication.ts';
import type { SessionManagerOptions } from './session-manager-options.ts';
import type { SessionRegistry } from './session-registry.ts';
import type { ReplacesDecision } from './transfer-hooks.ts';

/** @internal What calls that come in are let in with. */
export interface AdmissionOptions {
  readonly hooks: Pick<SessionManagerOptions, 'onIncoming' | 'onReplaces'>;
  readonly registry: SessionRegistry;
  readonly authentication: SessionAuthentication | undefined;
  report(error: unknown): void;
}

/** @internal A call comes in: who it is, whether it replaces another one, and then the application. */
export class Admission {
  private readonly options: AdmissionOptions;

  constructor(options: AdmissionOptions) {
    this.options = options;
  }

  async admit(session: Session, replaces: Dialog | undefined): Promise<void> {
    const { authentication } = this.options;
    if (session.cameInsecurely) {
      const detail = `a sips: call came in over ${session.transport?.name}`;
      session.guard({ what: 'insecureHop', severity: 'critical', detail });
      return session.reject(403, { reason: 'SIPS over an insecure hop' });
    }
    try {
      if (authentication !== undefined && !(await authentication.admit(session))) return;
      if (replaces === undefined) await this.announce(session);
      else await this.replace(session, replaces);
    } catch (error) {
      // the policy or the credentials could not be asked, or what was decided cannot be done
      this.options.report(error);
      if (session.isUnanswered) session.reject(500);
    }
  }

  /** Decides on a call that wants to take the place of another one (RFC 3891 §3). */
  private async replace(session: Session, { id }: Dialog): Promise<void> {
    const replaced = this.options.registry.byTags(id.callId, id.localTag, id.remoteTag);
    if (replaced === undefined) return session.reject(481);
    const decision = await this.decideReplaces(session, replaced);
    if (!session.isUnanswered) return; // it was given up meanwhile
    if (decision.kind === 'refuse') return session.reject(decision.status ?? 403);
    if (decision.kind === 'take') return;
    try {
      await session.answer(decision.options);
    } catch {
      return; // it ended instead, which everybody was told: the other one goes on
    }
    this.options.registry.emit(replaced, 'replaced', { by: session.id });
    void replaced.hangUp();
  }

  private async decideReplaces(session: Session, replaced: Session): Promise<ReplacesDecision> {
    try {
      return (await this.options.hooks.onReplaces?.(session, replaced)) ?? { kind: 'refuse' };
    } catch (error) {
      this.options.report(error);
      return { kind: 'refuse', status: 500 };
    }
  }

  private async announce(session: Session): Promise<void> {
    const { onIncoming } = this.options.hooks;
    if (onIncoming !== undefined) await onIncoming(session);
    else if (session.isUnanswered) session.reject(480);
  }
}
