import { NameAddr, type SipMessage, type SipRequest, type Uri } from '@strowger/sip-message';

/** What a leg knows of its dialog, learnt from the messages that it sent and heard (RFC 3261 §12). */
export class LegDialog {
  /** Our address, with our tag once there is one. */
  local: NameAddr | undefined;
  /** Theirs. */
  remote: NameAddr | undefined;
  /** Where requests within the dialog go. */
  target: Uri | undefined;
  /** What they pass, nearest first. */
  routes: readonly NameAddr[] = [];
  /** The number of our last request that had a new one. */
  cseq = 0;
  /** The INVITE under way or answered last, in either direction. */
  invite: { readonly request: SipRequest; readonly ours: boolean; status: number } | undefined;
  /** Whether the 2xx to that INVITE has its ACK. */
  isAcknowledged = false;
  isOver = false;

  /** Learns from what we send. */
  sent(message: SipMessage): void {
    if (message.kind === 'response') {
      if (message.toTag !== undefined) this.local = message.to;
      this.answered(message.cseq.method, message.status);
      return;
    }
    const { method } = message;
    if (method === 'ACK') this.isAcknowledged = true;
    if (method !== 'ACK' && method !== 'CANCEL') this.cseq = message.cseq.number;
    if (method === 'BYE') this.isOver = true;
    this.local = message.from;
    this.remote ??= message.to;
    this.target ??= message.uri;
    if (method === 'INVITE') this.began(message, true);
  }

  /** Learns from what we hear. */
  heard(message: SipMessage): void {
    if (message.kind === 'request') this.heardRequest(message);
    else this.heardResponse(message);
  }

  private heardRequest(request: SipRequest): void {
    const { method } = request;
    if (method === 'ACK') this.isAcknowledged = true;
    if (method === 'BYE') this.isOver = true;
    if (this.local === undefined) {
      this.local = request.to;
      this.routes = request.headers.get('record-route') ?? [];
    }
    this.remote = request.from;
    this.follow(request);
    if (method === 'INVITE') this.began(request, false);
  }

  private heardResponse(response: SipMessage & { kind: 'response' }): void {
    const { status } = response;
    const { method } = response.cseq;
    if (status >= 300 || response.toTag === undefined) {
      this.answered(method, status);
      return;
    }
    if (this.remote?.tag !== response.toTag) {
      this.remote = response.to;
      this.routes = (response.headers.get('record-route') ?? []).toReversed();
    }
    if (method === 'INVITE' || method === 'UPDATE' || method === 'SUBSCRIBE') this.follow(response);
    this.answered(method, status);
  }

  private began(request: SipRequest, ours: boolean): void {
    this.invite = { request, ours, status: 0 };
    this.isAcknowledged = false;
  }

  private answered(method: string, status: number): void {
    if (method === 'INVITE' && this.invite !== undefined) this.invite.status = status;
  }

  /** The remote target is refreshed by each Contact (RFC 3261 §12.2). */
  private follow(message: SipMessage): void {
    const contacts = message.headers.get('contact');
    const first = contacts === '*' ? undefined : contacts?.[0];
    if (first instanceof NameAddr) this.target = first.uri;
  }
}
