import { SipUri, type Uri } from '@strowger/sip-message';
import type { Inbound } from '@strowger/transaction-core';

/** Which hosts are ours, and what a user of ours is called. */
export class Domain {
  readonly name: string;
  private readonly hosts: ReadonlySet<string>;

  /** @param aliases further names and addresses that stand for the domain. */
  constructor(name: string, aliases: readonly string[] = []) {
    this.name = name.toLowerCase();
    this.hosts = new Set([this.name, ...aliases.map((alias) => alias.toLowerCase())]);
  }

  /**
   * The user part where the URI is a SIP address of ours: of the domain, an alias, or the address
   * that the request came in on. `undefined` for others' addresses, '' for the domain itself.
   */
  userOf(uri: Uri, inbound: Inbound): string | undefined {
    if (!(uri instanceof SipUri)) return undefined;
    const host = uri.host.replace(/\.$/, ''); // a name with its root is the same name
    const isOurs = this.hosts.has(host) || host === inbound.local.address;
    return isOurs ? (uri.user ?? '') : undefined;
  }

  /** The one spelling of a user's address of record (RFC 3261 §10.3 step 5). */
  addressOfRecord(user: string): string {
    return this.uri(user).toString();
  }

  /** `sip:user@domain`. */
  uri(user?: string): SipUri {
    return new SipUri({ host: this.name, ...(user === undefined ? {} : { user }) });
  }
}
