// The same UAS on npm `sip`: `node sip.mjs PORT`.
import { createRequire } from 'node:module';

const sip = createRequire(import.meta.url)('sip');
const port = Number(process.argv[2] ?? 5060);
let tag = 0;
sip.start({ port, address: '127.0.0.1', udp: true, tcp: false }, (request) => {
  if (request.method === 'ACK') return;
  const response = sip.makeResponse(request, 200, 'OK');
  response.headers.to.params.tag ??= `t${tag++}`;
  response.headers.contact = [{ uri: `sip:uas@127.0.0.1:${port}` }];
  sip.send(response);
});
process.on('SIGTERM', () => process.exit(0));
console.log('ready');
