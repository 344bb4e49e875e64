import { SipUri } from '@strowger/sip-message';
import type { Hop } from '@strowger/transaction-core';

const SECURE: readonly string[] = ['tls', 'wss'];

/** What a Contact of ours depends on. */
export interface ContactFacts {
  readonly hop: Hop;
  /** Whether it is a `sips:` one. */
  readonly secure: boolean;
  readonly user: string | undefined;
  readonly sentBy: { readonly host: string; readonly port: number };
}

/**
 * Spells the Contacts of one user agent. The last one is kept: nearly all messages of a user agent
 * leave over the same socket and have the same.
 */
export class OwnContacts {
  private last: (Omit<ContactFacts, 'hop'> & { transport: string; text: string }) | undefined;

  /** In angle brackets, without header parameters. */
  of({ hop: { transport }, secure, user, sentBy }: ContactFacts): string {
    const { last } = this;
    const isSame =
      last !== undefined &&
      last.transport === transport &&
      last.secure === secure &&
      last.user === user &&
      last.sentBy.port === sentBy.port &&
      last.sentBy.host === sentBy.host;
    if (isSame) return last.text;
    const text = spell({ transport, secure, user, sentBy });
    const { host, port } = sentBy;
    this.last = { transport, secure, user, sentBy: { host, port }, text };
    return text;
  }
}

function spell({
  transport,
  secure,
  user,
  sentBy: { host, port },
}: Omit<ContactFacts, 'hop'> & { readonly transport: string }): string {
  const params: [string, string][] = [];
  const implied = transport === 'udp' || (secure && SECURE.includes(transport));
  if (!implied) params.push(['transport', transport === 'wss' ? 'ws' : transport]);
  const scheme = secure ? 'sips' : 'sip';
  const uri = new SipUri({ scheme, user, host, port, params });
  return `<${uri.toString()}>`;
}
