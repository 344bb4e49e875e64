import { Buffer } from 'node:buffer';
import type { SipMessage, SipRequest, SipResponse } from '@strowger/sip-message';
import { BoundedTable } from './bounded-table.ts';
import type { SourceAccount, Sources } from './sources.ts';

/** Packets that may go out for each that came in, and how much credit an account keeps. */
const PACKETS_OUT = 2;
const MOST_PACKETS = 64;
const MOST_BYTES = 262_144;
/**
 * What a final response may take of its request: as long as one could not be sent any more, no
 * provisional response is, and the client sends its request again, which brings credit for both.
 */
const FINAL_SHARE = 1.5;
/** Characters of which a tag that holds 64 random bits has at least so many (RFC 3261 §19.3). */
const SECRET_LENGTH = 12;

/** What a response to an unproven source comes to. */
export interface Answered {
  readonly response: SipResponse;
  readonly bytes: number;
}

/**
 * Towards a UDP source that has not proven to be where it says, never more bytes leave than came:
 * else whoever forges sources could have us flood others. It has proven that once it says something
 * that only who receives our packets can know: our tag or our branch (RFC 3261 §19.3), or once it
 * has authenticated itself. A client whose request was too short for its answer sends it again
 * (RFC 3261 §17.1.1.2, §17.1.2.2), and then there is credit enough.
 */
export class Amplification {
  private readonly sources: Sources;
  /** Tags and branches that were sent to unproven sources, and to which. */
  private readonly secrets: BoundedTable<string, string>;
  /** Tags that a peer chose: no proof, though our answer repeats them. */
  private readonly theirs: BoundedTable<string, true>;

  constructor(sources: Sources, limit: number) {
    this.sources = sources;
    this.secrets = new BoundedTable(limit);
    this.theirs = new BoundedTable(limit);
  }

  /** How many secrets are remembered. */
  get size(): number {
    return this.secrets.size + this.theirs.size;
  }

  /** A datagram came from it. */
  heard(account: SourceAccount, bytes: number): void {
    if (this.sources.isVerified(account)) return;
    account.creditBytes = Math.min(MOST_BYTES, account.creditBytes + bytes);
    account.creditPackets = Math.min(MOST_PACKETS, account.creditPackets + PACKETS_OUT);
    account.lastBytes = bytes;
  }

  /** It may have proven something with this. */
  read(account: SourceAccount, message: SipMessage): void {
    if (this.sources.isVerified(account)) return;
    const secret = message.kind === 'request' ? message.to.tag : message.via.branch;
    if (secret === undefined) return;
    if (this.secrets.get(secret) === account.key) {
      this.secrets.delete(secret);
      this.sources.verify(account);
    } else if (message.kind === 'request') this.theirs.set(copied(secret), true);
  }

  /** A request of ours leaves for it: who answers with its branch has received it. */
  asked(account: SourceAccount, request: SipRequest): void {
    if (this.sources.isVerified(account)) return;
    const branch = request.headers.has('via') ? request.branch : undefined;
    if (branch !== undefined) this.secrets.set(copied(branch), account.key);
  }

  /** Takes what a response needs from the credit; false when it may not be sent. */
  allows(account: SourceAccount, { response, bytes }: Answered): boolean {
    if (this.sources.isVerified(account)) return true;
    const reserve = response.status < 200 ? account.lastBytes * FINAL_SHARE : 0;
    if (!this.takes(account, bytes, reserve)) return false;
    const tag = response.headers.get('to')?.tag;
    // a short one was made without chance (RFC 3261 §8.2.7): who forged the request knows it
    if (tag !== undefined && tag.length >= SECRET_LENGTH && this.theirs.get(tag) === undefined) {
      this.secrets.set(copied(tag), account.key);
    }
    return true;
  }

  /** Takes bytes from the credit, if as many as `reserve` are left then. */
  takes(account: SourceAccount, bytes: number, reserve = 0): boolean {
    if (this.sources.isVerified(account)) return true;
    if (account.creditPackets < 1 || account.creditBytes < bytes + reserve) return false;
    account.creditPackets--;
    account.creditBytes -= bytes;
    return true;
  }

  clear(): void {
    this.secrets.clear();
    this.theirs.clear();
  }
}

/** Without the message that it was cut from, which would live as long. */
function copied(text: string): string {
  return Buffer.from(text, 'latin1').toString('latin1');
}
