import type { SipMessage } from '@strowger/sip-message';
import type { Hop, MessageSender } from '@strowger/transaction-core';

/** @internal The sender, which tells of every message before it leaves, and over which hop. */
export function watchedSender(
  sender: MessageSender,
  leaves: (message: SipMessage, hop: Hop) => void,
): MessageSender {
  const { report, newCallId } = sender;
  return {
    locate: (target, sizeBytes) => sender.locate(target, sizeBytes),
    sentBy: (hop) => sender.sentBy(hop),
    send: (message, hop, failed) => {
      leaves(message, hop);
      return sender.send(message, hop, failed);
    },
    ...(report && { report: report.bind(sender) }),
    ...(newCallId && { newCallId: newCallId.bind(sender) }),
  };
}
