// A phone with an account at a PBX: registers, says what became of that, and keeps at it until it is closed.
import { SipClient } from '@strowger/sip-client';

const phone = new SipClient({
  uri: 'sip:alice@pbx.example',
  password: process.env['PASSWORD'] ?? '',
  server: 'sip:127.0.0.1:9;transport=tcp', // by default what DNS knows of pbx.example
});
phone.on('registration', (change) => console.log(change.type)); // prints: registrationFailed

const outcome = await phone.registerAndWait({ timeoutMs: 500 });
if (!outcome.registered) console.log(outcome.why); // prints: timedOut
await phone.close(); // it would go on trying
