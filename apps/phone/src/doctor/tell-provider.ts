import type { Provider } from '@strowger/sip-client';
import { type Finding, good } from './finding.ts';

/** What is publicly known of a provider, before it is looked at: what it wants, and its quirks. */
export function tellProvider(provider: Provider): Finding[] {
  const { name, registration, ways, digits, callerId, quirks, sources } = provider;
  const facts = [
    registration === 'register' ? 'one registers there' : 'there is nothing to register at',
    `over ${ways.map(({ transport, srtp }) => `${transport}${srtpOf(srtp)}`).join(', ')}`,
    ...(digits === undefined ? [] : [`digits by ${digits.join(', ')}`]),
    ...(callerId === undefined ? [] : [`the number that is shown stands in ${callerId}`]),
  ];
  return [
    good('provider', `${name}: ${facts.join('; ')} (${sources.join(', ')})`),
    ...quirks.map((quirk) => good('provider', `${name}: ${quirk}`)),
  ];
}

function srtpOf(srtp: Provider['ways'][number]['srtp']): string {
  if (srtp === undefined) return '';
  return srtp === 'off' ? ' without SRTP' : ` with SRTP ${srtp}`;
}
