import { PCMU_SILENCE, pcmuDecode } from '@strowger/media-core';
import { describe, expect, it } from 'vitest';
import { readTwilio, TwilioWriter } from './twilio-messages.ts';

const SIDS = { accountSid: 'AC0', callSid: 'CA1', streamSid: 'MZ2' };

/** Twilio's documentation, "Media Streams - WebSocket Messages", has these messages as examples. */
describe('what Twilio sends', () => {
  const writer = new TwilioWriter({ ...SIDS, tracks: ['inbound', 'outbound'] });
  const samples = pcmuDecode(Uint8Array.of(0x9e, 0x8f, 0x86, PCMU_SILENCE));

  it.each([
    [writer.connected(), { event: 'connected', protocol: 'Call', version: '1.0.0' }],
    [
      writer.start({ FirstName: 'Jane' }),
      {
        event: 'start',
        sequenceNumber: '1',
        start: {
          ...SIDS,
          tracks: ['inbound', 'outbound'],
          mediaFormat: { encoding: 'audio/x-mulaw', sampleRate: 8000, channels: 1 },
          customParameters: { FirstName: 'Jane' },
        },
        streamSid: 'MZ2',
      },
    ],
    [
      writer.media('outbound', samples, 5),
      {
        event: 'media',
        sequenceNumber: '2',
        media: { track: 'outbound', chunk: '1', timestamp: '5', payload: 'no+G/w==' },
        streamSid: 'MZ2',
      },
    ],
    [
      writer.media('inbound', samples, 19.96),
      {
        event: 'media',
        sequenceNumber: '3',
        media: { track: 'inbound', chunk: '2', timestamp: '20', payload: 'no+G/w==' },
        streamSid: 'MZ2',
      },
    ],
    [
      writer.dtmf('1'),
      {
        event: 'dtmf',
        streamSid: 'MZ2',
        sequenceNumber: '4',
        dtmf: { track: 'inbound_track', digit: '1' },
      },
    ],
    [
      writer.mark('my label'),
      { event: 'mark', sequenceNumber: '5', streamSid: 'MZ2', mark: { name: 'my label' } },
    ],
    [
      writer.stop(),
      {
        event: 'stop',
        sequenceNumber: '6',
        stop: { accountSid: 'AC0', callSid: 'CA1' },
        streamSid: 'MZ2',
      },
    ],
  ])('%s', (text, message) => {
    expect(JSON.parse(text)).toEqual(message);
  });
});

describe('what is sent to Twilio', () => {
  const read = (message: object): unknown => readTwilio(JSON.stringify(message), 'MZ2');

  it('is audio, a mark, or a wish for silence', () => {
    const media = { event: 'media', streamSid: 'MZ2', media: { payload: 'no+G/w==' } };
    expect(read(media)).toEqual({
      type: 'audio',
      samples: pcmuDecode(Uint8Array.of(0x9e, 0x8f, 0x86, 0xff)),
    });
    const mark = { event: 'mark', streamSid: 'MZ2', mark: { name: 'my label' } };
    expect(read(mark)).toEqual({ type: 'mark', name: 'my label' });
    expect(read({ event: 'clear', streamSid: 'MZ2' })).toEqual({ type: 'clear' });
  });

  it.each([
    ['[]', 'no JSON object'],
    ['{', 'no JSON'],
    ['{"event":"clear","streamSid":"MZ9"}', 'streamSid is not that of the stream'],
    ['{"event":"play","streamSid":"MZ2"}', 'event is none of media, mark, clear'],
    ['{"event":"media","streamSid":"MZ2","media":{"playload":"AA=="}}', 'payload is no base64'],
    ['{"event":"media","streamSid":"MZ2","media":{"payload":"RIFF$"}}', 'payload is no base64'],
    ['{"event":"mark","streamSid":"MZ2","mark":null}', 'mark.name is no name'],
  ])('is never %s', (text, why) => {
    const request = readTwilio(text, 'MZ2');
    expect(request.type === 'bad' && request.why).toContain(why);
  });
});
