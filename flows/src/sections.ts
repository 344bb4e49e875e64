/** A flow of an RFC. */
export interface RfcSection {
  readonly rfc: 3665 | 5359 | 5407;
  readonly section: string;
  readonly title: string;
}

type Titles = Readonly<Record<string, string>>;

/** RFC 3665 §2 and §3: basic call flows. */
const RFC3665: Titles = {
  '2.1': 'Successful New Registration',
  '2.2': 'Update of Contact List',
  '2.3': 'Request for Current Contact List',
  '2.4': 'Cancellation of Registration',
  '2.5': 'Unsuccessful Registration',
  '3.1': 'Successful Session Establishment',
  '3.2': 'Session Establishment Through Two Proxies',
  '3.3': 'Session with Multiple Proxy Authentication',
  '3.4': 'Successful Session with Proxy Failure',
  '3.5': 'Session Through a SIP ALG',
  '3.6': 'Session via Redirect and Proxy Servers with SDP in ACK',
  '3.7': 'Session with re-INVITE (IP Address Change)',
  '3.8': 'Unsuccessful No Answer',
  '3.9': 'Unsuccessful Busy',
  '3.10': 'Unsuccessful No Response from User Agent',
  '3.11': 'Unsuccessful Temporarily Unavailable',
};

/** RFC 5359 §2: services. */
const RFC5359: Titles = {
  '2.1': 'Call Hold',
  '2.2': 'Consultation Hold',
  '2.3': 'Music on Hold',
  '2.4': 'Transfer - Unattended',
  '2.5': 'Transfer - Attended',
  '2.6': 'Transfer - Instant Messaging',
  '2.7': 'Call Forwarding Unconditional',
  '2.8': 'Call Forwarding - Busy',
  '2.9': 'Call Forwarding - No Answer',
  '2.10': '3-Way Conference - Third Party Is Added',
  '2.11': '3-Way Conference - Third Party Joins',
  '2.12': 'Find-Me',
  '2.13': 'Call Management (Incoming Call Screening)',
  '2.14': 'Call Management (Outgoing Call Screening)',
  '2.15': 'Call Park',
  '2.16': 'Call Pickup',
  '2.17': 'Automatic Redial',
  '2.18': 'Click to Dial',
};

/** RFC 5407 §3: race conditions. */
const RFC5407: Titles = {
  '3.1.1': 'Callee Receives Initial INVITE Retransmission (Preparative State)',
  '3.1.2': 'Callee Receives CANCEL (Early State)',
  '3.1.3': 'Callee Receives BYE (Early State)',
  '3.1.4': 'Callee Receives re-INVITE (Established State), Case 1',
  '3.1.5': 'Callee Receives re-INVITE (Established State), Case 2',
  '3.1.6': 'Callee Receives BYE (Established State)',
  '3.2.1': 'UA Receives BYE (Established State)',
  '3.2.2': 'UA Receives re-INVITE (Established State)',
  '3.2.3': 'UA Receives 200 OK for re-INVITE (Established State)',
  '3.2.4': 'Callee Receives ACK (Moratorium State)',
  '3.3.1': 'Re-INVITE Crossover',
  '3.3.2': 'UPDATE and re-INVITE Crossover',
  '3.3.3': 'Receiving REFER (Established State)',
};

/** Every flow that has to have a test, in the order of the RFCs. */
export const SECTIONS: readonly RfcSection[] = [
  ...of(3665, RFC3665),
  ...of(5359, RFC5359),
  ...of(5407, RFC5407),
];

function of(rfc: RfcSection['rfc'], titles: Titles): RfcSection[] {
  return Object.entries(titles).map(([section, title]) => ({ rfc, section, title }));
}
