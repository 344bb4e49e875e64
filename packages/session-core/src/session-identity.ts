import type { SipMessage } from '@strowger/sip-message';

/** The UUIDs of both ends, as Session-ID has them (RFC 7989 §5): 32 hexadecimal digits. */
export interface SessionIdentifiers {
  /** Of whoever speaks on our side: we, or the party that we connect the peer with. */
  readonly local: string;
  /** Of the peer; absent while it has said none. */
  readonly remote?: string;
}

/** A UUID that is not known (RFC 7989 §5). */
const NIL = '0'.repeat(32);

/** @internal Who the two ends of a session are, from the first INVITE to the last answer. */
export class SessionIdentity {
  private readonly seed: string;
  private heard: string | undefined;
  /** Our tag in the session's dialogs: who does not know it does not speak in them. */
  private tag: string | undefined;
  private own: string | undefined;
  private made: string | undefined;
  private behalf: SessionIdentity | undefined;

  /** @param seed different for every session: both UUIDs that we give are made of it. */
  constructor(seed: string) {
    this.seed = seed;
  }

  get identifiers(): SessionIdentifiers {
    const { heard } = this;
    return { local: this.local, ...(heard === undefined ? {} : { remote: heard }) };
  }

  /** The value of Session-ID. */
  get value(): string {
    return `${this.local};remote=${this.heard ?? NIL}`;
  }

  /** Whose UUID the peer has: its own, or the one that we give a peer that says none (§6). */
  get party(): string {
    return this.heard ?? (this.made ??= uuidOf(`${this.seed} party`));
  }

  /** Goes on as another process was known, whose tag we have. */
  goOn(tag: string, { local, remote }: SessionIdentifiers): void {
    this.tag = tag;
    this.own = local;
    this.heard = remote;
  }

  /** From now on our side speaks for the peer of another session (§7): its UUID is passed on. */
  speakFor(other: SessionIdentity): void {
    this.behalf = other;
  }

  /**
   * A message of ours leaves, with the Session-ID (§5); it has our tag, from the INVITE or its first
   * answer with one on. 481 says that no call is known, and says so without state: it would not be the same once we are gone.
   */
  leaves(message: SipMessage): void {
    if (message.kind === 'response' && message.status === 481) return;
    this.learnTag(message);
    if (!message.headers.has('session-id')) message.headers.set('Session-ID', this.value);
  }

  private learnTag(message: SipMessage): void {
    if (message.kind === 'request') this.tag = message.fromTag ?? this.tag;
    else if (message.cseq.method === 'INVITE') this.tag ??= message.toTag;
  }

  /**
   * What the peer says; the latest counts, as it may have been connected with somebody else. Nothing
   * that comes without our tag is the peer's, but for the INVITE that began it all: `first`.
   */
  hear(message: SipMessage, first = false): void {
    if (!message.headers.has('session-id')) return;
    const tag = message.kind === 'request' ? message.toTag : message.fromTag;
    if (!first && (tag === undefined || tag !== this.tag)) return;
    const said = message.headers.get('session-id')?.local;
    if (said !== undefined && said !== NIL) this.heard = said;
  }

  private get local(): string {
    return this.behalf?.party ?? (this.own ??= uuidOf(this.seed));
  }
}

/** A UUID of version 8 (RFC 9562 §5.8) from a text that is unique: four lanes of FNV-1a. */
function uuidOf(text: string): string {
  const lanes = [0x811c9dc5, 0x01000193, 0x9e3779b9, 0x85ebca6b].map((start) => {
    let hash = start;
    for (let at = 0; at < text.length; at++) {
      hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193) >>> 0;
    }
    return mixed(hash).toString(16).padStart(8, '0');
  });
  const hex = lanes.join('');
  const variant = ((Number.parseInt(hex[16] ?? '0', 16) & 3) | 8).toString(16);
  return `${hex.slice(0, 12)}8${hex.slice(13, 16)}${variant}${hex.slice(17)}`;
}

function mixed(hash: number): number {
  const once = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  return (once ^ (once >>> 13)) >>> 0;
}
