import {
  type QualityMetrics,
  type RtpStreamInfo,
  type Session,
  syncSessionWithCallState,
} from '@strowger/session-core';
import { describe, expect, it } from 'vitest';
import { finish, scene, talking } from './two-phones.ts';

const METRICS = { mos: 4.1 } as QualityMetrics; // what is kept is not looked at
const STREAM: RtpStreamInfo = { direction: 'sendrecv', packetsSent: 1, packetsReceived: 2 };

/** What looks like a setter: allowed while the media is the application's, refused where it is not. */
const SETTERS: readonly {
  readonly name: string;
  readonly act: (session: Session) => void;
  readonly shows: (session: Session) => unknown;
  readonly after: unknown;
  readonly first?: (session: Session) => void;
  readonly refusal: string;
}[] = [
  {
    name: 'setMediaNegotiating',
    act: (session) => session.setMediaNegotiating(),
    shows: ({ mediaState }) => mediaState,
    after: 'negotiating',
    refusal: 'failed; allowed: renewed, closed',
  },
  {
    name: 'completeMediaNegotiation',
    first: (session) => session.setMediaNegotiating(),
    act: (session) => session.completeMediaNegotiation('sendrecv'),
    shows: ({ mediaState }) => mediaState,
    after: 'configured',
    refusal: 'failed; allowed: renewed, closed',
  },
  {
    name: 'confirmMediaActive',
    first: (session) => {
      session.setMediaNegotiating();
      session.completeMediaNegotiation();
    },
    act: (session) => session.confirmMediaActive(),
    shows: ({ mediaState }) => mediaState,
    after: 'active',
    refusal: 'failed; allowed: renewed, closed',
  },
  {
    name: 'handleMediaFailure',
    act: (session) => session.handleMediaFailure('GATEWAY_LOST'),
    shows: ({ mediaState }) => mediaState,
    after: 'failed',
    refusal: 'failed; allowed: renewed, closed',
  },
];

describe('an input of an application that has the media itself', () => {
  it.each(SETTERS)('$name: is taken where the table has a row', async ({ first, act, ...rest }) => {
    const both = scene();
    both.bob.onIncoming = (incoming) => incoming.ring();
    const calling = both.alice.call('bob');
    await both.simulation.run(500);
    const { session } = both.bob;
    first?.(session);
    act(session);
    expect(rest.shows(session)).toEqual(rest.after);
    void calling.hangUp();
    await finish(both);
  });

  it.each(SETTERS)(
    '$name: is refused by name where it has none',
    async ({ name, act, refusal }) => {
      const both = scene();
      both.bob.onIncoming = (incoming) => incoming.ring();
      both.alice.call('bob');
      await both.simulation.run(500);
      const { session } = both.bob;
      session.handleMediaFailure('GATEWAY_LOST');
      expect(() => act(session)).toThrow(
        expect.objectContaining({
          code: 'SESSION_MEDIA_STATE',
          message: `${name} is not possible while ${refusal}`,
        }),
      );
      await finish(both);
    },
  );

  const kept = [
    ['setMediaSessionId', (session: Session) => session.setMediaSessionId('media-1')],
    ['updateMediaMetrics', (session: Session) => session.updateMediaMetrics(METRICS)],
    ['setRtpStreamInfo', (session: Session) => session.setRtpStreamInfo(STREAM)],
  ] as const;
  it.each(kept)(
    '%s: is kept before there is media, and refused once there is some',
    async (name, act) => {
      const both = scene();
      both.bob.onIncoming = (incoming) => incoming.ring();
      both.alice.call('bob');
      await both.simulation.run(500);
      const { session } = both.bob;
      act(session);
      const shown = [session.mediaSessionId, session.mediaMetrics, await session.rtpStreamInfo()];
      expect(shown.filter((one) => one !== undefined)).toHaveLength(1);
      void session.answer();
      await both.simulation.run(500);
      expect(() => act(session)).toThrow(
        expect.objectContaining({
          code: 'SESSION_MEDIA_OWNED',
          message: `${name} is not possible while active with media of the session's own; allowed: nothing`,
        }),
      );
      void session.hangUp();
      await finish(both);
    },
  );

  it('syncSessionWithCallState: does what leads there, and says what is allowed where nothing does', async () => {
    const both = await talking();
    const { simulation, alice } = both;
    const held = syncSessionWithCallState(alice.session, 'onHold');
    await simulation.run(100);
    await held;
    expect(alice.session.state).toBe('onHold');
    await expect(syncSessionWithCallState(alice.session, 'ringing')).rejects.toMatchObject({
      code: 'SESSION_STATE',
      message: expect.stringMatching(
        /^ring is not possible while established; allowed: .*hangUp.*change/u,
      ),
    });
    void syncSessionWithCallState(alice.session, 'ended');
    await finish(both);
  });
});
