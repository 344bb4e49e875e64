// A phone with an account at a PBX: registers, and keeps the registration alive until it is closed.
import { SipClient } from '@strowger/sip-client';

const phone = new SipClient({
  uri: 'sip:alice@pbx.example',
  password: process.env['PASSWORD'] ?? '',
  server: 'sip:127.0.0.1:9;transport=tcp', // by default what DNS knows of pbx.example
});
phone.on('registration', (change) => console.log(change.type)); // prints: registrationFailed

setTimeout(() => void phone.close(), 500); // nobody answers there: it would go on trying
await phone.register().catch((error) => console.log(error.code)); // prints: UNREGISTERED
