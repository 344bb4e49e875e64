// Microseconds and bytes per message of one parser: `node parse.mjs NAME FILE SECONDS`.
import { createRequire } from 'node:module';
import { corpus } from './corpus.mjs';
import { bytesAllocated, microseconds } from './cpu.mjs';

const require = createRequire(import.meta.url);

const parsers = {
  // what a transaction layer needs: start line, top Via, tags, Call-ID, CSeq, Max-Forwards, Route
  'strowger-keys': async () => {
    const { parseMessage } = await import('@strowger/sip-message');
    return ({ bytes }) => {
      const message = parsed(parseMessage(bytes));
      const { branch, callId, fromTag, toTag, cseq, headers } = message;
      const start = message.kind === 'request' ? message.method.length : message.status;
      const hops = headers.get('max-forwards') ?? 0;
      const keys = branch.length + callId.length + fromTag.length + (toTag ?? '').length;
      return start + keys + cseq.number + hops + (headers.has('route') ? 1 : 0);
    };
  },
  // every header that is known is checked against its grammar, no value is made
  'strowger-checked': async () => {
    const { parseMessage, validateMessage } = await import('@strowger/sip-message');
    return ({ bytes }) => {
      const message = parsed(parseMessage(bytes));
      const refusal = validateMessage(message);
      if (refusal !== undefined) throw new Error(refusal.message);
      return message.body.length;
    };
  },
  // every header a typed value, every URI parsed
  'strowger-all': async () => {
    const { parseMessage } = await import('@strowger/sip-message');
    const { touchEverything } = await import('./touch-everything.mjs');
    return (one) => {
      const message = parsed(parseMessage(one.bytes));
      one.names ??= message.headers.names();
      return touchEverything(message, one.names);
    };
  },
  // what its transports do with a datagram: bytes to text, text to message
  sip: async () => {
    const { parse } = require('sip');
    return ({ bytes }) => parse(bytes.toString('binary')).headers.cseq.seq;
  },
  drachtio: async () => {
    const { parser } = require('drachtio-sip');
    return ({ text }) => Object.keys(parser.parseSipMessage(text, true).headers).length;
  },
  jssip: async () => {
    const Parser = require('jssip/lib/Parser');
    const ua = {};
    return ({ text }) => Parser.parseMessage(text, ua).cseq;
  },
  'sip.js': async () => {
    const { Parser } = await import('sip.js/lib/core/messages/parser.js');
    const logger = { warn() {}, error() {}, log() {}, debug() {} };
    return ({ text }) => Parser.parseMessage(text, logger).cseq;
  },
};

const [name = 'strowger-all', file = 'invite.sip', seconds = '1'] = process.argv.slice(2);
if (!(name in parsers)) throw new Error(`one of ${Object.keys(parsers).join(', ')}`);
const parse = await parsers[name]();
const messages = corpus(file);
microseconds(parse, messages, 0.3);
const spent = microseconds(parse, messages, Number(seconds));
// of the others it takes minutes, and nobody asks
const bytes = name.startsWith('strowger') ? bytesAllocated(parse, messages) : undefined;
console.log(JSON.stringify({ microseconds: spent, bytes }));

function parsed(result) {
  if (!result.ok) throw new Error(result.refusal.message);
  return result.value;
}
