import type { Provider } from './provider.ts';

/**
 * Well-known trunks and PBXs, as their public pages describe them, read in November 2026. Nothing of
 * it was tried with an account there: a row is where to begin, its sources say what holds.
 */
export const providers = {
  asterisk: {
    name: 'Asterisk (PJSIP)',
    kind: 'pbx',
    registration: 'register',
    ways: [
      { transport: 'udp' },
      { transport: 'tcp' },
      { transport: 'tls', srtp: 'optional' },
      { transport: 'wss', srtp: 'optional' },
    ],
    digits: ['rtp'],
    quirks: [
      'Each endpoint allows codecs by name; what its `allow` lacks is not agreed on.',
      'Media is in the clear unless the endpoint has media_encryption=sdes (or dtls), TLS or not.',
      'Behind a NAT an endpoint needs rewrite_contact, rtp_symmetric and direct_media=no.',
    ],
    sources: [
      'https://github.com/asterisk/asterisk/blob/master/configs/samples/pjsip.conf.sample',
      'https://docs.asterisk.org/Latest_API/API_Documentation/Module_Configuration/res_pjsip',
    ],
  },
  freeswitch: {
    name: 'FreeSWITCH (vanilla configuration)',
    kind: 'pbx',
    registration: 'register',
    ways: [{ transport: 'udp' }, { transport: 'tcp' }, { transport: 'tls', port: 5061 }],
    digits: ['rtp'],
    codecs: ['opus', 'g722', 'pcmu', 'pcma'],
    quirks: ['TLS is off until internal_ssl_enable is true.'],
    sources: ['https://github.com/signalwire/freeswitch/blob/master/conf/vanilla/vars.xml'],
  },
  dusNet: {
    name: 'dus.net',
    kind: 'trunk',
    domain: 'proxy.dus.net',
    registration: 'register',
    ways: [
      { transport: 'udp', port: 5060 },
      { transport: 'tcp', port: 5060 },
      { transport: 'tls', host: 'secure.dus.net', port: 5061, srtp: 'required' },
    ],
    digits: ['rtp'],
    stun: { host: 'stun.dus.net', port: 3478 },
    quirks: [
      'TLS is another server, and goes together with SRTP.',
      'IPv6 has servers of its own: proxyV6.dus.net, secureV6.dus.net.',
    ],
    sources: ['https://dus.net/de/sip'],
  },
  linphone: {
    name: 'sip.linphone.org',
    kind: 'directory',
    domain: 'sip.linphone.org',
    registration: 'register',
    ways: [{ transport: 'tls' }],
    quirks: ['The digest is SHA-256.'],
    sources: [
      'https://github.com/BelledonneCommunications/linphone-android/blob/master/app/src/main/assets/assistant_linphone_default_values',
    ],
  },
  sipgate: {
    name: 'sipgate',
    kind: 'trunk',
    domain: 'sipgate.de',
    registration: 'register',
    ways: [{ transport: 'udp', port: 5060, srtp: 'off' }],
    codecs: ['g722', 'pcma'],
    callerId: 'P-Asserted-Identity',
    expiresSeconds: 120,
    quirks: ['The user is the number of the SIP account, not the telephone number.'],
    sources: ['https://gist.github.com/electroniceel/478a0b3c7ae572e01482f9caee491f63'],
  },
  telnyx: {
    name: 'Telnyx, with credentials',
    kind: 'trunk',
    domain: 'sip.telnyx.com',
    registration: 'register',
    ways: [{ transport: 'udp' }, { transport: 'tls', srtp: 'required' }],
    quirks: [
      'There are regions: sip.telnyx.eu, sip.telnyx.com.au, sip.telnyx.ca.',
      'TLS is 1.2 or higher.',
      'Which transports a region has, and on which ports, its NAPTR and SRV records say.',
      'Encryption of media has to be switched on for the connection in the portal.',
    ],
    sources: [
      'https://developers.telnyx.com/docs/voice/sip-trunking/authentication/credential-types.md',
      'https://developers.telnyx.com/docs/voice/sip-trunking/tls-requirements.md',
      'https://sip.telnyx.com.au/',
      'https://docs.livekit.io/sip/secure-trunking',
    ],
  },
  twilio: {
    name: 'Twilio Elastic SIP Trunking, calls out',
    kind: 'trunk',
    domainSuffix: '.twilio.com',
    registration: 'none',
    ways: [
      { transport: 'udp', port: 5060 },
      { transport: 'tls', srtp: 'required' },
    ],
    quirks: [
      'The domain is the termination URI of the trunk, NAME.pstn.twilio.com.',
      'User and password are those of a credential list of the trunk; an access list may stand for them.',
      'Calls come to an origination URI, not to a registration.',
      'TLS with SRTP has to be switched on for the trunk (secure trunking).',
    ],
    sources: [
      'https://www.twilio.com/docs/sip-trunking',
      'https://www.bolna.ai/docs/sip-trunking/api-examples.md',
      'https://docs.livekit.io/sip/secure-trunking',
    ],
  },
  vonage: {
    name: 'Vonage SIP Trunking, calls out',
    kind: 'trunk',
    domainSuffix: '.vonage.com',
    registration: 'none',
    ways: [{ transport: 'udp' }],
    codecs: ['pcma', 'pcmu', 'ilbc', 'g729', 'g722'],
    callerId: 'From',
    quirks: [
      'The domain is that of the trunk in its region, such as yourcompany.sip-us.vonage.com.',
      'Numbers are in E.164, those that call and those that are called.',
      'Each INVITE is proven by digest, unless an access list lets its address in.',
    ],
    sources: ['https://developer.vonage.com/en/sip/technical-details'],
  },
} as const satisfies Record<string, Provider>;

/** The names of the rows of `providers`. */
export type ProviderName = keyof typeof providers;
