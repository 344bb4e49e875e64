import { type SipMessage, SipRequest, SipResponse } from '@strowger/sip-message';
import type { MessageSender } from '@strowger/transaction-core';

/**
 * What makes a proxy an application layer gateway (RFC 3665 §3.5): descriptions that pass it say
 * that media goes to `address`.
 */
export function layerGateway(address: string): (sender: MessageSender) => MessageSender {
  return (sender) => ({
    locate: (target, sizeBytes) => sender.locate(target, sizeBytes),
    sentBy: (hop) => sender.sentBy(hop),
    send: (message, hop, failed) => sender.send(rewritten(message, address), hop, failed),
  });
}

function rewritten(message: SipMessage, address: string): SipMessage {
  if (message.body.length === 0) return message;
  const headers = message.headers.entries();
  const body = message.text().replaceAll(/^c=IN IP4 .*$/gmu, `c=IN IP4 ${address}`);
  if (message.kind === 'response') {
    const { status, reason } = message;
    return new SipResponse({ status, reason, headers, body });
  }
  return new SipRequest({ method: message.method, uri: message.uri, headers, body });
}
