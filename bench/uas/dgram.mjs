// What a UAS on `dgram` costs at least: five headers found by string search, no transactions, no checks.
// `node dgram.mjs PORT`.
import dgram from 'node:dgram';

const port = Number(process.argv[2] ?? 5060);
const lookup = (address, _options, done) => done(null, address, 0);
const socket = dgram.createSocket({ type: 'udp4', recvBufferSize: 1 << 20, lookup });
const nothing = () => {};

socket.on('message', (bytes, { address, port: from }) => {
  const text = bytes.latin1Slice();
  if (text.startsWith('ACK')) return;
  const to = text.startsWith('INVITE') ? `${line(text, 'To')};tag=1` : line(text, 'To');
  const echoed = `${line(text, 'Via')}\r\n${line(text, 'From')}\r\n${to}\r\n`;
  const ids = `${line(text, 'Call-ID')}\r\n${line(text, 'CSeq')}\r\n`;
  const own = `Contact: <sip:uas@127.0.0.1:${port}>\r\nContent-Length: 0\r\n\r\n`;
  socket.send(`SIP/2.0 200 OK\r\n${echoed}${ids}${own}`, from, address, nothing);
});
socket.bind(port, '127.0.0.1', () => console.log('ready'));
process.on('SIGTERM', () => process.exit(0));

function line(text, name) {
  const from = text.indexOf(`\r\n${name}:`) + 2;
  return text.slice(from, text.indexOf('\r\n', from));
}
