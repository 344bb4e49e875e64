// CPU per request, from its bytes to the bytes of what follows: `node answer.mjs NAME SECONDS`.
import { createRequire } from 'node:module';
import { createResponse, parseMessage, serializeMessage } from '@strowger/sip-message';
import { corpus } from './corpus.mjs';
import { microseconds } from './cpu.mjs';

const sip = createRequire(import.meta.url)('sip');
const CONTACT = [['Contact', '<sip:uas@192.0.2.2:5060>']];
const VIA = 'SIP/2.0/UDP 192.0.2.2:5060;branch=z9hG4bKourown;rport';

const acts = {
  'strowger-answer': ({ bytes }) => {
    const request = read(bytes);
    const options = { toTag: 'ours', headers: CONTACT };
    return serializeMessage(createResponse(request, 200, options)).length;
  },
  'strowger-forward': ({ bytes }) => {
    const request = read(bytes);
    const forwarded = request.clone();
    forwarded.headers.prepend('Via', VIA);
    forwarded.headers.set('Max-Forwards', request.headers.get('max-forwards') - 1);
    return serializeMessage(forwarded).length;
  },
  'sip-answer': ({ bytes }) => {
    const response = sip.makeResponse(sip.parse(bytes.toString('binary')), 200, 'OK');
    response.headers.to.params.tag = 'ours';
    response.headers.contact = [{ uri: 'sip:uas@192.0.2.2:5060' }];
    return Buffer.from(sip.stringify(response), 'binary').length;
  },
  'sip-forward': ({ bytes }) => {
    const request = sip.parse(bytes.toString('binary'));
    const via = { version: '2.0', protocol: 'UDP', host: '192.0.2.2', port: 5060 };
    request.headers.via.unshift({ ...via, params: { branch: 'z9hG4bKourown', rport: null } });
    request.headers['max-forwards'] = Number(request.headers['max-forwards']) - 1;
    return Buffer.from(sip.stringify(request), 'binary').length;
  },
};

const [name = 'strowger-answer', seconds = '1'] = process.argv.slice(2);
const messages = corpus('invite.sip');
microseconds(acts[name], messages, 0.3);
console.log(JSON.stringify({ microseconds: microseconds(acts[name], messages, Number(seconds)) }));

function read(bytes) {
  const parsed = parseMessage(bytes);
  if (!parsed.ok) throw new Error(parsed.refusal.message);
  return parsed.value;
}
