import { Machine, type Timer } from '@strowger/runtime';
import { type HeaderInput, NameAddr, type SipResponse } from '@strowger/sip-message';
import type { Body } from '../dialog-user.ts';
import { type LayerContext, tellSteps } from '../layer-context.ts';
import { type OutgoingRequest, sendRequest } from '../outgoing-request.ts';
import { eventValue } from './event-name.ts';
import type { OutsideAddress } from './outgoing-subscribe.ts';
import {
  type PublicationEnd,
  type PublicationInput,
  type PublicationOutput,
  type PublicationState,
  publicationTable,
  type PublishKind,
} from './publication-table.ts';
import { timerMs } from './refresh.ts';
import { refusalOf } from './subscriber.ts';

/** What we publish (RFC 3903 §4.1). */
export interface PublishOptions extends OutsideAddress {
  readonly event: string;
  readonly body: Body;
  /** By default the layer's. */
  readonly expiresSeconds?: number | undefined;
}

/** The owner of a publication. */
export interface PublicationUser {
  /** A PUBLISH was accepted: the first, or a change, with its body; or a refresh, which has none. */
  onPublished?(response: SipResponse, body: Body | undefined): void;
  /** It is over. Nothing follows. */
  onEnded?(end: PublicationEnd): void;
}

/** Event state of ours at a server: refreshed until it is removed. */
export interface OutgoingPublication {
  readonly isPublished: boolean;
  /** Publishes another body; of several while one is under way the last one. */
  change(body: Body): void;
  /** Takes it back (RFC 3903 §4.5). Idempotent. */
  remove(): void;
}

/** The shell of `publicationTable`. */
export class Publication implements OutgoingPublication {
  private readonly context: LayerContext;
  private readonly options: PublishOptions;
  private readonly user: PublicationUser;
  private readonly machine: Machine<PublicationState, PublicationInput, PublicationOutput>;
  private readonly timers = new Map<'refresh' | 'expiry', Timer>();
  private body: Body;
  /** What the PUBLISH under way carries. */
  private sent: Body | undefined;
  private expiresSeconds: number;
  private request: OutgoingRequest | undefined;

  constructor(context: LayerContext, options: PublishOptions, user: PublicationUser) {
    this.context = context;
    this.options = options;
    this.user = user;
    this.body = options.body;
    this.expiresSeconds = options.expiresSeconds ?? context.events.options.defaultSeconds;
    this.machine = new Machine({
      table: publicationTable,
      initial: { name: 'publishing', kind: 'initial' },
      context: undefined,
      perform: (output) => this.perform(output),
      ...tellSteps<PublicationState, PublicationInput>(context, 'publication'),
    });
  }

  get isPublished(): boolean {
    const { state } = this.machine;
    return state.name === 'published' || (state.name === 'publishing' && state.etag !== undefined);
  }

  change(body: Body): void {
    this.body = body;
    this.machine.input({ type: 'changed' });
  }

  remove(): void {
    this.machine.input({ type: 'remove' });
  }

  // What follows is for the layer.

  start(): void {
    this.send('initial', undefined);
  }

  close(): void {
    this.machine.input({ type: 'close' });
  }

  private perform(output: PublicationOutput): void {
    switch (output.type) {
      case 'publish':
        this.expiresSeconds = Math.max(this.expiresSeconds, output.minSeconds ?? 0);
        return this.send(output.kind, output.etag);
      case 'arm':
        return this.arm(output.timer, output.ms);
      case 'tell':
        return this.user.onEnded?.(output.end);
      case 'release':
        for (const timer of this.timers.values()) timer.cancel();
        this.context.events.withdraw(this);
        return;
      default:
        output satisfies never;
    }
  }

  private send(kind: PublishKind, etag: string | undefined): void {
    const { to, from, requestUri, route, credentials, hops, event } = this.options;
    const address = to instanceof NameAddr ? to : new NameAddr({ uri: to });
    const asked = kind === 'remove' ? 0 : this.expiresSeconds;
    const headers: [string, HeaderInput][] = [
      ['Event', eventValue({ name: event })],
      ['Expires', asked],
    ];
    if (etag !== undefined) headers.push(['SIP-If-Match', etag]);
    // a refresh has no body (RFC 3903 §4.3)
    this.sent = kind === 'initial' || kind === 'modify' ? this.body : undefined;
    this.request = sendRequest(
      this.context,
      {
        method: 'PUBLISH',
        to: address,
        from,
        requestUri: requestUri ?? address.uri,
        route,
        credentials,
        hops,
        callId: this.request?.callId,
        cseq: (this.request?.cseq ?? 0) + 1,
        headers,
        body: this.sent,
      },
      {
        onResponse: (response) => this.answered(response, asked),
        onFailed: (why) => this.machine.input({ type: 'failed', why }),
      },
    );
  }

  private answered(response: SipResponse, asked: number): void {
    const { status, headers } = response;
    if (status >= 300) {
      return void this.machine.input({ type: 'refused', ...refusalOf(response, asked) });
    }
    const expiresMs = (headers.get('expires') ?? asked) * 1000;
    const { sent } = this;
    const wasPublished = asked > 0;
    this.machine.input({ type: 'accepted', etag: headers.get('sip-etag'), expiresMs });
    if (wasPublished && this.machine.state.name !== 'over') this.user.onPublished?.(response, sent);
  }

  private arm(name: 'refresh' | 'expiry', ms: number): void {
    this.timers.get(name)?.cancel();
    const type = name === 'refresh' ? 'refreshDue' : 'expired';
    const { clock } = this.context.runtime;
    this.timers.set(
      name,
      clock.arm(timerMs(ms), () => this.machine.input({ type })),
    );
  }
}
