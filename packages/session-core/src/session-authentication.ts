import { type Clock, Machine, type Runtime, StrowgerError } from '@strowger/runtime';
import {
  type Challenge,
  computeHa1,
  DIGEST_ALGORITHMS,
  type SipRequest,
} from '@strowger/sip-message';
import {
  DigestServer,
  type DigestVerdict,
  type Ha1Lookup,
  isReliable,
} from '@strowger/transaction-core';
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
import { badOption } from './recovery.ts';

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
  /** Whom the INVITEs prove whose nonce count was used up. */
  private readonly counted = new WeakMap<SipRequest, string>();

  /** Throws `AUTHENTICATION_BYPASS` for a bypass that was not made by `bypassAuthentication`. */
  constructor(
    options: SessionAuthenticationOptions,
    runtime: Runtime,
    tell: (session: Session, event: SecurityEvent) => void,
  ) {
    const { realm, algorithms, nonceLifetimeMs, maxFailures = 10, lockMs = 60_000 } = options;
    if (options.bypass !== undefined && !AuthenticationBypass.isMade(options.bypass)) {
      throw badOption(
        'AUTHENTICATION_BYPASS',
        'authentication.bypass',
        'only bypassAuthentication() makes one',
      );
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
    if (session.isAuthenticated) return true;
    const request = requestOf(session);
    session.authentication.input({ type: 'required' });
    const { bypass } = this.options;
    if (bypass !== undefined) {
      this.tell(session, { what: 'bypassed', severity: 'critical', detail: bypass.reason });
      const username = 'user' in request.from.uri ? (request.from.uri.user ?? '') : '';
      return this.prove(session, username, this.guessOf(session, request));
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
    const request = requestOf(session);
    checkUnanswered(session, 'challenge');
    const client = addressOf(session);
    const response = this.digest.challenge(this.status, request, { stale, client });
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
    const verdict = await this.verify(request, lookup);
    if (session.endReason !== undefined) return false; // it gave up meanwhile
    const guess = this.guessOf(session, request);
    // others that came at the same time may have been judged meanwhile
    const lockedMs = isAnswered ? this.failures.lockedFor(guess.place) : 0;
    if (lockedMs > 0 && guess.isThere) return this.lock(session, lockedMs);
    const isUnheard = lockedMs > 0 && verdict.outcome !== 'missing';
    if (verdict.outcome === 'ok' && !isUnheard) {
      const client = addressOf(session);
      const confirmation = this.digest.confirmation(verdict, { client });
      if (confirmation.length > 0) session.sayInAnswer(confirmation);
      return this.prove(session, verdict.username, guess);
    }
    if (isUnheard || verdict.outcome === 'missing' || verdict.outcome === 'stale') {
      if (isAnswered) this.challenge(session, isUnheard || verdict.outcome === 'stale');
      return false;
    }
    this.refute(session, verdict.outcome, guess);
    if (isAnswered) this.challenge(session);
    return false;
  }

  /** An INVITE that is asked about again is no replay of itself: its nonce count is used up once. */
  private async verify(request: SipRequest, lookup: Ha1Lookup): Promise<DigestVerdict> {
    const username = this.counted.get(request);
    if (username !== undefined) {
      const isRight = await this.digest.isRight(request, this.status, lookup);
      return isRight ? { outcome: 'ok', username } : { outcome: 'wrong' };
    }
    const verdict = await this.digest.verify(request, this.status, lookup);
    if (verdict.outcome === 'ok') this.counted.set(request, verdict.username);
    return verdict;
  }

  private prove(session: Session, username: string, { place }: Guess): boolean {
    this.failures.succeeds(place, username);
    if (session.isAuthenticated) return true;
    return session.authentication.input({ type: 'proven', username }) !== 'refused';
  }

  private refute(session: Session, outcome: DigestVerdict['outcome'], guess: Guess): void {
    session.authentication.input({ type: 'refuted' });
    const severity = outcome === 'replayed' ? 'critical' : 'warning';
    const what = outcome === 'replayed' ? 'replay' : 'authenticationFailed';
    this.tell(session, { what, severity, detail: outcome });
    const isTooMany = this.failures.fails(guess.place, guess.username);
    if (isTooMany && guess.isThere) this.tell(session, { what: 'lockedOut', severity: 'critical' });
  }

  /**
   * Whose failure it is: of the address, where the INVITE came over a connection or answers a
   * challenge that was sent there. Else anybody could lock others out by guessing in their name: then
   * it is of the user name, whose guesses from nobody knows where are challenged anew after too many.
   */
  private guessOf(session: Session, request: SipRequest): Guess {
    const { source } = session;
    const { status, digest } = this;
    const username = digest.credentials(request, status)?.username ?? '';
    const address = addressOf(session);
    const isThere =
      (source !== undefined && isReliable(source.transport)) ||
      digest.answersUs(request, status, address);
    return { username, isThere, place: isThere ? address : `user ${username.slice(0, 128)}` };
  }

  private lock(session: Session, lockedMs: number): false {
    checkUnanswered(session, 'lock');
    session.authentication.input({ type: 'lockedOut' });
    const headers = [['Retry-After', Math.ceil(lockedMs / 1000)]] as const;
    session.reject(403, { headers });
    return false;
  }
}

/** Who says to be whom, and from where. */
interface Guess {
  readonly username: string;
  /** Whether it is from where it says. */
  readonly isThere: boolean;
  /** What its failures are counted for. */
  readonly place: string;
}

/** Throws `SESSION_STATE`. */
function checkUnanswered({ isUnanswered, state }: Session, input: string): void {
  if (!isUnanswered) throw refusedBy('SESSION_STATE', { input, state, allowed: [] });
}

function requestOf({ request, direction }: Session): SipRequest {
  if (request !== undefined) return request;
  throw new StrowgerError('SESSION_STATE', `an ${direction} call has nothing to prove to us`);
}

function addressOf({ source }: Session): string {
  return source?.address ?? '';
}
