import {
  type HeaderInput,
  SipRequest,
  SipResponse,
  type SipMessage,
  uri,
} from '@strowger/sip-message';
import * as fc from 'fast-check';
import { uris } from './uris.ts';
import { plainText, tokens } from './wire-text.ts';

/**
 * Messages as a program builds them, values given as text: every part can hold what its setter
 * accepts. Parsed again after they were serialised they say the same.
 */
export function builtMessages(): fc.Arbitrary<SipMessage> {
  const method = fc.oneof(fc.constantFrom('INVITE', 'OPTIONS', 'MESSAGE'), tokens());
  const body = fc.oneof(fc.string({ maxLength: 30 }), fc.uint8Array({ maxLength: 30 }));
  const request = fc
    .tuple(method, uris({ headers: false }), body)
    .chain(([name, target, content]) =>
      headersOf(name).map(
        (headers) => new SipRequest({ method: name, uri: uri(target), headers, body: content }),
      ),
    );
  const response = fc
    .tuple(method, fc.integer({ min: 100, max: 699 }), plainText(), body)
    .chain(([name, status, reason, content]) =>
      headersOf(name).map((headers) => new SipResponse({ status, reason, headers, body: content })),
    );
  return fc.oneof(request, response);
}

function headersOf(method: string): fc.Arbitrary<[string, HeaderInput][]> {
  const address = fc.tuple(uris(), tokens()).map(([text, tag]) => `<${text}>;tag=${tag}`);
  const name = fc.oneof(tokens(), fc.constantFrom('Subject', '__proto__', 'constructor', 'X-A'));
  const extra = fc.array(fc.tuple(name.filter(isFree), plainText()), { maxLength: 5 });
  return fc.tuple(address, address, tokens(), fc.nat(2 ** 31 - 1), extra).map((parts) => {
    const [from, to, callId, sequence, others] = parts;
    const once = new Map(others.map(([key, value]) => [key.toLowerCase(), [key, value] as const]));
    return [
      ['Via', `SIP/2.0/TCP a.example;branch=z9hG4bK${callId}`],
      ['From', from],
      ['To', to],
      ['Call-ID', callId],
      ['CSeq', `${sequence} ${method}`],
      ...[...once.values()].map(([key, value]): [string, HeaderInput] => [key, value]),
    ];
  });
}

/** A generated name must not be a compact form, whose grammar its value would have to follow. */
function isFree(name: string): boolean {
  return name.length > 1 && !/^(?:via|from|to|call-id|cseq|content-length)$/i.test(name);
}
