import { pinnedHop } from '@strowger/dialog-core';
import type { Runtime, Timer } from '@strowger/runtime';
import {
  createResponse,
  NameAddr,
  parseUri,
  type SipRequest,
  type SipResponse,
} from '@strowger/sip-message';
import type { Hop, Inbound } from '@strowger/transaction-core';
import { hasOutboundEdge, isKnownPath, MAX_PATH, pathIn } from './register-path.ts';
import {
  type BindingTerms,
  liveBindings,
  type RegisterSource,
  updateBindings,
} from './binding-update.ts';
import type { Binding, LocationStore } from './location-store.ts';
import {
  type ExpiryLimits,
  readRegister,
  type RegisterCommand,
  type RegisterRefusal,
} from './register-request.ts';

/** What a `Registrar` is made of. */
export interface RegistrarOptions {
  readonly runtime: Runtime;
  readonly location: LocationStore;
  readonly expiry: ExpiryLimits;
  /** Contacts of one address of record at most. */
  readonly maxContacts: number;
  /** The value of Service-Route in what is accepted (RFC 3608); none by default. */
  readonly serviceRoute?: readonly string[] | undefined;
  /** Whether the flow that a hop is pinned to can still be used; without it, every flow can. */
  isFlowOpen?(hop: Hop): boolean;
  /** Told which contacts an address of record won and lost, after the store has it. */
  onChange(change: RegistrationChange): void;
}

/** How the contacts of one address of record changed. */
export interface RegistrationChange {
  readonly addressOfRecord: string;
  readonly added: readonly Binding[];
  readonly removed: readonly Binding[];
}

/** How often a REGISTER is decided anew because somebody else wrote the same address of record. */
const ATTEMPTS = 8;
const SWEEP_INTERVAL_MS = 5000;
const SWEEP_BATCH = 1000;

/**
 * The registrar of RFC 3261 §10, for requests whose sender was proven to be the owner of the
 * address of record.
 */
export class Registrar {
  private readonly options: RegistrarOptions;
  private timer: Timer | undefined;
  private isClosed = false;

  constructor(options: RegistrarOptions) {
    this.options = options;
  }

  /** Carries out a REGISTER and resolves with the answer to it. */
  async register(
    addressOfRecord: string,
    request: SipRequest,
    inbound: Inbound,
  ): Promise<SipResponse> {
    const read = readRegister(request, this.options.expiry);
    if (!read.ok) return this.refusal(request, read.refusal);
    const path = pathIn(request);
    if (path === undefined || path.length > MAX_PATH) {
      return this.refusal(request, { status: 400, reason: 'Bad Path' });
    }
    // somebody put it in whom the phone does not know of (RFC 3327 §5.3)
    if (path.length > 0 && !isKnownPath(request)) {
      return this.refusal(request, { status: 420, unsupported: 'path' });
    }
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const answer = await this.attempt(addressOfRecord, read.command, request, inbound);
      if (answer !== undefined) return answer;
    }
    return this.refusal(request, { status: 500 });
  }

  /** The contacts to call, the preferred first, then the latest. */
  async lookup(addressOfRecord: string): Promise<readonly Binding[]> {
    const { bindings } = await this.options.location.read(addressOfRecord);
    return [...this.reachable(liveBindings(bindings, this.wall))].sort(
      (one, other) => other.q - one.q || other.updatedAt - one.updatedAt,
    );
  }

  /** Whether a contact of the address of record is at this address, or was registered from it. */
  async isRegisteredFrom(addressOfRecord: string, address: string): Promise<boolean> {
    const { bindings } = await this.options.location.read(addressOfRecord);
    return liveBindings(bindings, this.wall).some(({ received, contact }) => {
      if (received !== undefined) return received.address === address;
      const uri = parseUri(contact);
      return uri.ok && 'host' in uri.value && uri.value.host === address;
    });
  }

  /** Timers that are armed for as long as the registrar runs. */
  get standingTimers(): number {
    return this.timer === undefined ? 0 : 1;
  }

  /** Begins to look after bindings that run out, those of an earlier process among them. */
  start(): void {
    if (this.timer === undefined && !this.isClosed) this.arm();
  }

  close(): void {
    this.isClosed = true;
    this.timer?.cancel();
    this.timer = undefined;
  }

  /** `undefined` when somebody else wrote between the reading and the writing. */
  private async attempt(
    addressOfRecord: string,
    command: RegisterCommand,
    request: SipRequest,
    inbound: Inbound,
  ): Promise<SipResponse | undefined> {
    const { location, maxContacts } = this.options;
    const { version, bindings: present } = await location.read(addressOfRecord);
    const terms: BindingTerms = { wall: this.wall, maxContacts };
    const reachable = this.reachable(present);
    const update = updateBindings(command, sourceOf(request, inbound), reachable, terms);
    if (!update.ok) return this.refusal(request, update.refusal);
    if (command.kind !== 'query') {
      if (!(await location.replace(addressOfRecord, version, update.bindings))) return undefined;
      this.tell(addressOfRecord, present, update.bindings);
      this.start();
    }
    return this.success(request, update.bindings);
  }

  /** A WebSocket that is closed leads nowhere, and its contact never will (RFC 7118 §5.2). */
  private reachable(bindings: readonly Binding[]): readonly Binding[] {
    const isGone = (hop: Hop): boolean =>
      isWebSocket(hop) && this.options.isFlowOpen?.(hop) === false;
    return bindings.filter(({ received }) => received === undefined || !isGone(received));
  }

  private success(request: SipRequest, bindings: readonly Binding[]): SipResponse {
    const { wall } = this;
    const contacts = bindings.flatMap((binding) => contactOf(binding, wall));
    return createResponse(request, 200, {
      toTag: this.options.runtime.random.token(),
      headers: [
        ...(contacts.length === 0 ? [] : [['Contact', contacts] as [string, NameAddr[]]]),
        ['Date', new Date(wall).toUTCString()],
        ...(isOutbound(request) ? OUTBOUND : []),
        ...request.headers.raw('Path').map((value): [string, string] => ['Path', value]),
        ...(this.options.serviceRoute ?? []).map((one): [string, string] => ['Service-Route', one]),
      ],
    });
  }

  private refusal(
    request: SipRequest,
    { status, reason, minExpires, unsupported }: RegisterRefusal,
  ): SipResponse {
    const headers: [string, string][] = [];
    if (minExpires !== undefined) headers.push(['Min-Expires', String(minExpires)]);
    if (unsupported !== undefined) headers.push(['Unsupported', unsupported]);
    return createResponse(request, status, {
      toTag: this.options.runtime.random.token(),
      ...(reason === undefined ? {} : { reason }),
      headers,
    });
  }

  private tell(
    addressOfRecord: string,
    before: readonly Binding[],
    after: readonly Binding[],
  ): void {
    const isIn = (bindings: readonly Binding[], { contact }: Binding): boolean =>
      bindings.some((binding) => binding.contact === contact);
    const added = after.filter((binding) => !isIn(before, binding));
    const removed = before.filter((binding) => !isIn(after, binding));
    if (added.length + removed.length === 0) return;
    this.options.onChange({ addressOfRecord, added, removed });
  }

  private arm(): void {
    this.timer = this.options.runtime.clock.arm(SWEEP_INTERVAL_MS, () => void this.sweep());
  }

  /** Takes out what has expired; sleeps when nothing is left to look after. */
  private async sweep(): Promise<void> {
    const { location, runtime } = this.options;
    try {
      for (const addressOfRecord of await location.expired(this.wall, SWEEP_BATCH)) {
        const { version, bindings } = await location.read(addressOfRecord);
        const live = liveBindings(bindings, this.wall);
        const isWritten = await location.replace(addressOfRecord, version, live);
        if (isWritten) this.tell(addressOfRecord, bindings, live);
      }
      this.timer = undefined;
      if ((await location.count()) > 0) this.start();
    } catch (error) {
      runtime.logger.error({ err: error }, 'cannot remove expired bindings');
      this.timer = undefined;
      this.start();
    }
  }

  private get wall(): number {
    return this.options.runtime.clock.wall();
  }
}

function sourceOf(request: SipRequest, inbound: Inbound): RegisterSource {
  const userAgent = request.headers.get('user-agent');
  const path = pathIn(request) ?? [];
  return {
    callId: request.callId,
    cseq: request.cseq.number,
    ...(userAgent === undefined ? {} : { userAgent }),
    ...(path.length > 0 ? { path } : { received: receivedFrom(request, inbound) }),
  };
}

function receivedFrom(request: SipRequest, { hop }: Inbound): Hop | undefined {
  return isOutbound(request) ? hop : pinnedHop(request, hop);
}

/**
 * The phone asks to be called over the flow of this request, and it is ours, or that of a first
 * proxy that says that it can (RFC 5626 §6).
 */
function isOutbound(request: SipRequest): boolean {
  const { headers } = request;
  const supported = headers.get('supported') ?? [];
  const contacts = headers.get('contact') ?? [];
  return (
    supported.some((tag) => tag.toLowerCase() === 'outbound') &&
    (headers.get('via')?.length === 1 || hasOutboundEdge(request)) &&
    contacts !== '*' &&
    contacts.some(({ params }) => params.has('reg-id') && params.has('+sip.instance'))
  );
}

/** Says that it was done (RFC 5626 §6). */
const OUTBOUND: readonly [string, string][] = [['Require', 'outbound']];

function isWebSocket({ transport }: Hop): boolean {
  return transport === 'ws' || transport === 'wss';
}

/** One Contact of the 200: what is bound and for how long yet (RFC 3261 §10.3 step 8). */
function contactOf(binding: Binding, wall: number): NameAddr[] {
  const uri = parseUri(binding.contact);
  if (!uri.ok) return [];
  const contact = new NameAddr({ uri: uri.value });
  if (binding.q < 1) contact.params.set('q', String(binding.q));
  if (binding.instance !== undefined) contact.params.set('+sip.instance', binding.instance);
  if (binding.regId !== undefined) contact.params.set('reg-id', String(binding.regId));
  contact.params.set('expires', String(Math.ceil((binding.expiresAt - wall) / 1000)));
  return [contact];
}
