import { type Clock, Machine, type Runtime, StrowgerError } from '@strowger/runtime';
import {
  type Challenge,
  computeHa1,
  DIGEST_ALGORITHMS,
  type SipRequest,
} from '@strowger/sip-message';
import { DigestServer, type Ha1Lookup } from '@strowger/transaction-core';
import {
  AuthenticationBypass,
  type AuthenticationDemand,
  type SessionAuthenticationOptions,
} from './authentication-options.ts';
import {
  type AuthenticationInput,
  type AuthenticationState,
  authenticationTable,
} from './authentication-table.ts';
import { FailureLog } from './failure-log.ts';
import { refusedBy } from './refused-input.ts';
import type { Session } from './session.ts';
import type { SecurityEvent } from './session-events.ts';

/** A user's password, by which a session is authenticated directly. */
export interface SessionCredentials {
  readonly username: string;
  readonly password: string;
}

/** @internal What a session's proof is in. */
export type AuthenticationMachine = Machine<AuthenticationState, AuthenticationInput, never>;

/** @internal */
export function authenticationMachine(): AuthenticationMachine {
  return new Machine({
    table: authenticationTable,
    initial: { name: 'unauthenticated' },
    context: undefined,
    perform: () => {},
  });
}

/** @internal Asks callers who they are, and judges what they say. */
export class SessionAuthentication {
  private readonly options: SessionAuthenticationOptions;
  private readonly digest: DigestServer;
  private readonly failures: FailureLog;
  private readonly tell: (session: Session, event: SecurityEvent) => void;
  private readonly status: 401 | 407;

  /** Throws `AUTHENTICATION_BYPASS` for a bypass that was not made by `bypassAuthentication`. */
  constructor(
    options: SessionAuthenticationOptions,
    runtime: Runtime,
    tell: (session: Session, event: SecurityEvent) => void,
  ) {
    const { realm, algorithms, nonceLifetimeMs, maxFailures = 10, lockMs = 60_000 } = options;
    if (options.bypass !== undefined && !AuthenticationBypass.isMade(options.bypass)) {
      throw new StrowgerError('AUTHENTICATION_BYPASS', 'only bypassAuthentication() makes one');
    }
    this.options = options;
    this.status = options.status ?? 407;
    this.tell = tell;
    const clock: Clock = runtime.clock;
    this.failures = new FailureLog(clock, maxFailures, lockMs);
    this.digest = new DigestServer({
      runtime,
      realm,
      ...(algorithms === undefined ? {} : { algorithms }),
      ...(nonceLifetimeMs === undefined ? {} : { nonceLifetimeMs }),
    });
  }

  /** Whether the call may go on; where not, it was refused or challenged. */
  async admit(session: Session): Promise<boolean> {
    const { request, source } = session;
    if (request === undefined) return true;
    const demand: AuthenticationDemand = this.options.policy?.(request, source) ?? 'authenticate';
    if (demand === 'allow') return true;
    if (demand === 'authenticate') return this.require(session);
    session.reject(403);
    return false;
  }

  /** The caller has to prove who it is. */
  async require(session: Session): Promise<boolean> {
    const request = requestOf(session);
    session.authentication.input({ type: 'required' });
    const { bypass } = this.options;
    if (bypass !== undefined) {
      this.tell(session, { what: 'bypassed', severity: 'critical', detail: bypass.reason });
      return this.prove(session, 'user' in request.from.uri ? (request.from.uri.user ?? '') : '');
    }
    const lockedMs = this.failures.lockedFor(addressOf(session));
    if (lockedMs > 0) return this.lock(session, lockedMs);
    return this.judge(session, request, this.options.credentials, true);
  }

  /** Whether the INVITE was sent with this very password; nothing is sent where not. */
  authenticate(session: Session, { username, password }: SessionCredentials): Promise<boolean> {
    const { realm } = this.options;
    const request = requestOf(session);
    const lookup: Ha1Lookup = (name) => {
      if (name !== username) return undefined;
      const secret = { username, realm, password };
      return Object.fromEntries(DIGEST_ALGORITHMS.map((one) => [one, computeHa1(one, secret)]));
    };
    return this.judge(session, request, lookup, false);
  }

  /** Refuses the INVITE with a challenge; gives what it says. Throws `SESSION_STATE`. */
  challenge(session: Session, stale = false): readonly Challenge[] {
    const response = this.digest.challenge(this.status, requestOf(session), { stale });
    const taken = session.authentication.input({ type: 'challenged' });
    if (taken === 'refused') {
      const { name } = session.authentication.state;
      const allowed = Object.keys(authenticationTable[name]);
      throw refusedBy('SESSION_STATE', { input: 'challenge', state: name, allowed });
    }
    session.challenge(response);
    const name = this.status === 401 ? 'www-authenticate' : 'proxy-authenticate';
    return response.headers.get(name) ?? [];
  }

  private async judge(
    session: Session,
    request: SipRequest,
    lookup: Ha1Lookup,
    isAnswered: boolean,
  ): Promise<boolean> {
    const verdict = await this.digest.verify(request, this.status, lookup);
    if (session.endReason !== undefined) return false; // it gave up meanwhile
    if (verdict.outcome === 'ok') return this.prove(session, verdict.username);
    if (verdict.outcome === 'missing' || verdict.outcome === 'stale') {
      if (isAnswered) this.challenge(session, verdict.outcome === 'stale');
      return false;
    }
    session.authentication.input({ type: 'refuted' });
    const severity = verdict.outcome === 'replayed' ? 'critical' : 'warning';
    const what = verdict.outcome === 'replayed' ? 'replay' : 'authenticationFailed';
    this.tell(session, { what, severity, detail: verdict.outcome });
    const isTooMany = this.failures.fails(addressOf(session));
    if (isTooMany) this.tell(session, { what: 'lockedOut', severity: 'critical' });
    if (isAnswered) this.challenge(session);
    return false;
  }

  private prove(session: Session, username: string): boolean {
    this.failures.succeeds(addressOf(session));
    return session.authentication.input({ type: 'proven', username }) !== 'refused';
  }

  private lock(session: Session, lockedMs: number): false {
    session.authentication.input({ type: 'lockedOut' });
    const headers = [['Retry-After', Math.ceil(lockedMs / 1000)]] as const;
    session.reject(403, { headers });
    return false;
  }
}

function requestOf({ request, direction }: Session): SipRequest {
  if (request !== undefined) return request;
  throw new StrowgerError('SESSION_STATE', `an ${direction} call has nothing to prove to us`);
}

function addressOf({ source }: Session): string {
  return source?.address ?? '';
}
