// Microseconds per message of the parsers of npm, each in its own turn: `node parse.mjs NAME`.
// The corpus: seven realistic messages, each in 128 copies that differ in Call-ID, tags and branches.
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const COPIES = 128;
const require = createRequire(import.meta.url);
const corpus = new URL('corpus/', import.meta.url);

const parsers = {
  'strowger-keys': async () => {
    const { parseMessage } = await import('@strowger/sip-message');
    return ({ bytes }) => {
      const parsed = parseMessage(bytes);
      if (!parsed.ok) throw new Error(parsed.refusal.message);
      const { branch, callId, fromTag, toTag, cseq } = parsed.value;
      return `${branch}${callId}${fromTag}${toTag}${cseq.number}`.length;
    };
  },
  'strowger-all': async () => {
    const { parseMessage, validateMessage } = await import('@strowger/sip-message');
    return ({ bytes }) => {
      const parsed = parseMessage(bytes);
      if (!parsed.ok) throw new Error(parsed.refusal.message);
      const refusal = validateMessage(parsed.value);
      if (refusal !== undefined) throw new Error(refusal.message);
      return parsed.value.body.length;
    };
  },
  // what its transports do with a datagram: bytes to text, text to message
  sip: async () => {
    const { parse } = require('sip');
    return ({ bytes }) => parse(bytes.toString('binary')).headers.cseq.seq;
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
const messages = copies(file);
measure(0.3);
console.log(JSON.stringify({ microseconds: measure(Number(seconds)) }));

function copies(only) {
  const files = only === 'all' ? readdirSync(corpus) : [only];
  return files.flatMap((one) => {
    const text = readFileSync(new URL(one, corpus), 'latin1');
    return Array.from({ length: COPIES }, (_, index) => {
      const varied = text
        .replaceAll(/(branch=|tag=|Call-ID: *)(\w)/gi, `$1${(index + 4096).toString(36)}$2`)
        .replaceAll(/\r?\n/g, '\r\n');
      return { bytes: Buffer.from(varied, 'latin1'), text: varied };
    });
  });
}

function measure(forSeconds) {
  let sink = 0;
  let parsed = 0;
  let batch = 16;
  const began = process.cpuUsage();
  for (let used = 0; used < forSeconds * 1e6; ) {
    for (let count = 0; count < batch; count++) {
      sink += parse(messages[(parsed + count) % messages.length]);
    }
    parsed += batch;
    const { user, system } = process.cpuUsage(began);
    // asking for the time costs as much as a dozen messages: ask a hundred times a second
    if (user + system - used < 10_000) batch *= 2;
    used = user + system;
  }
  if (Number.isNaN(sink)) throw new Error('nothing was parsed');
  return (process.cpuUsage(began).user + process.cpuUsage(began).system) / parsed;
}
