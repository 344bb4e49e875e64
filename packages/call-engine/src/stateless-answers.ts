import type { Logger } from '@strowger/runtime';
import { createResponse, type SipRequest, type SipResponse } from '@strowger/sip-message';
import type { Inbound } from '@strowger/transaction-core';
import type { Doorkeeper } from './admission.ts';
import type { Authenticator } from './authenticator.ts';
import type { NonCallRequests } from './non-call-requests.ts';

/** What answering without state needs. */
export interface StatelessAnswersOptions {
  readonly logger: Logger;
  readonly authenticator: Authenticator;
  readonly doorkeeper: Doorkeeper;
  readonly requests: NonCallRequests;
  /** Whether no further call is taken. */
  isFull(): boolean;
  /** Sends an answer and keeps nothing of it. */
  respond(inbound: Inbound, response: SipResponse): void;
  /** Takes a request once more, which `takes` lets pass this time. */
  takeAgain(inbound: Inbound): void;
}

/** Answers that may be worked on at the same time; more requests get 503. */
const MAX_WORKING = 1000;
/** Seconds after which who met a full engine may try again. */
const RETRY_AFTER: readonly [string, string][] = [['Retry-After', '10']];

/**
 * Who has not proven who they are is answered, most often with a challenge, and nothing is kept of
 * their request (RFC 3261 §8.2.7, §16.11): a copy of it gets a challenge that is as good. What is
 * kept of a request begins where its credentials answer a challenge of ours, or where it asks for
 * what is open to everybody.
 */
export class StatelessAnswers {
  private readonly options: StatelessAnswersOptions;
  /** Right credentials, though of a client whose address is another now. */
  private readonly proven = new WeakSet<SipRequest>();
  private working = 0;

  constructor(options: StatelessAnswersOptions) {
    this.options = options;
  }

  /** Whether the request is answered here. */
  takes(request: SipRequest, inbound: Inbound): boolean {
    if (this.proven.has(request)) return false;
    const { authenticator, doorkeeper, isFull } = this.options;
    const isCall = request.method === 'INVITE';
    if (isCall && isFull()) return this.tellFull(request, inbound);
    if (isCall && doorkeeper.isOpen(request, inbound)) return false;
    const standing = authenticator.standing(request, inbound, kindOf(request));
    if (standing === 'proving') return false;
    if (this.working >= MAX_WORKING) return this.tellFull(request, inbound);
    this.working++;
    void this.work(request, inbound, standing === 'moved').finally(() => this.working--);
    return true;
  }

  private async work(request: SipRequest, inbound: Inbound, mayBeRight: boolean): Promise<void> {
    const { authenticator, logger, respond, takeAgain } = this.options;
    try {
      if (mayBeRight && (await authenticator.isRight(request, inbound, kindOf(request)))) {
        this.proven.add(request);
        return takeAgain(inbound);
      }
      respond(inbound, await this.answer(request, inbound));
    } catch (error) {
      logger.error({ err: error, method: request.method }, 'a request could not be answered');
      respond(inbound, createResponse(request, 500));
    }
  }

  private async answer(request: SipRequest, inbound: Inbound): Promise<SipResponse> {
    const { method } = request;
    const { doorkeeper, requests } = this.options;
    if (method !== 'INVITE') return requests.answer({ method, request, inbound });
    const admission = await doorkeeper.admit(request, inbound);
    // without credentials that prove anything nobody is let in: see `takes`
    if (admission.ok) return createResponse(request, 500);
    return 'response' in admission ? admission.response : createResponse(request, admission.status);
  }

  private tellFull(request: SipRequest, inbound: Inbound): true {
    this.options.respond(inbound, createResponse(request, 503, { headers: RETRY_AFTER }));
    return true;
  }
}

/** A registrar asks with 401, all else with 407 (RFC 3261 §22.2, §22.3). */
function kindOf({ method }: SipRequest): 401 | 407 {
  return method === 'REGISTER' ? 401 : 407;
}
