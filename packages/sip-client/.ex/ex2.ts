import { SipClient } from '@strowger/sip-client';

const client = new SipClient({
  uri: 'sip:alice@pbx.example',
  password: process.env['PASSWORD'] ?? '',
  server: 'sip:127.0.0.1:5060;transport=tcp', // by default what DNS knows of pbx.example
});
client.on('registration', (change) => console.log(change)); // also every retry, and every loss

// An unreachable registrar is tried again until it is there: give it a second here.
setTimeout(() => void client.close(), 1000);
try {
  console.log(await client.register());
  for await (const call of client.incoming()) {
    await call.answer();
    call.echo(true);
  }
} catch (error) {
  console.error(error); // UNREGISTERED: it was closed before a registrar answered
}
