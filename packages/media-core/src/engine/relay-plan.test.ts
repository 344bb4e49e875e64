import { expect, it } from 'vitest';
import type { NegotiatedMedia } from '../sdp/index.ts';
import { relayPlan } from './relay-plan.ts';

it('passes voices that it cannot decode, though it listens to all others', () => {
  const g729 = { codec: { name: 'g729', clockRate: 8000, payloadType: 18 }, payloadType: 18 };
  const pcmu = { codec: { name: 'pcmu', clockRate: 8000, payloadType: 0 }, payloadType: 0 };
  const media: NegotiatedMedia = {
    remote: { address: '10.0.0.1', port: 4000, rtcp: { address: '10.0.0.1', port: 4001 } },
    direction: 'sendrecv',
    send: g729,
    sendable: [g729, pcmu],
    receive: [g729, pcmu],
    ptimeMs: 20,
    rtcpMux: false,
    security: { kind: 'none' },
    rtcpReducedSize: false,
    voipMetrics: false,
    headerExtensions: [],
    hold: false,
  };
  expect(relayPlan(media, media, { ours: [pcmu.codec], decodesAll: true })).toEqual({
    payloads: [{ from: 18, to: 18 }],
    transcoding: { receive: [pcmu], send: pcmu, reason: 'inbandDigits' },
  });
});
