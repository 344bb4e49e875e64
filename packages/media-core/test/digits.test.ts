import { describe, expect, it } from 'vitest';
import {
  type EndpointRequest,
  type MediaEndpointEvent,
  pcmuDecode,
  pcmuEncode,
} from '../src/index.ts';
import { DtmfDetector, DtmfSender } from '../src/digits/index.ts';
import { engineOn, mediaSimulation, RawPhone } from './simulated.ts';

const EVENTS = ['a=rtpmap:101 telephone-event/8000', 'a=fmtp:101 0-15'];

async function story(digits: EndpointRequest['digits'], formats = '0 101', ...lines: string[]) {
  const simulation = mediaSimulation();
  const engine = engineOn(simulation, { name: 'alice', address: '10.0.0.1' });
  const phone = await RawPhone.on(simulation, { name: 'bob', address: '10.0.0.2' });
  const events: MediaEndpointEvent[] = [];
  const onEvent = (event: MediaEndpointEvent): unknown => events.push(event);
  const endpoint = await engine.openEndpoint({ label: 'test', ...(digits && { digits }), onEvent });
  await endpoint.acceptOffer(phone.describe(formats, ...(lines.length > 0 ? lines : EVENTS)));
  const to = (await endpoint.stats()).local ?? { address: '', port: 0 };
  const heard = (): string =>
    events
      .map((event) => (event.type === 'digit' ? `${event.digit}${event.source[0]}` : ''))
      .join('');
  let sequence = 0;
  /** Sends a digit for 100 ms as tones, as an event, or as both, as some gateways do. */
  const press = async (digit: string, ways: { tone: boolean; event: boolean }): Promise<void> => {
    const tones = new DtmfSender();
    if (ways.tone) tones.send({ digits: digit, durationMs: 100, gapMs: 100, done: () => {} });
    const began = sequence * 160;
    for (let slot = 0; slot < 10; slot++, sequence++) {
      const samples = new Int16Array(160);
      tones.read(samples);
      const timestamp = sequence * 160;
      phone.send(to, { sequence: 2 * sequence, timestamp }, [...pcmuEncode(samples)]);
      const duration = Math.min(slot + 1, 5) * 160;
      const payload = [
        '0123456789*#'.indexOf(digit),
        slot < 4 ? 10 : 0x8a,
        duration >> 8,
        duration & 255,
      ];
      if (ways.event && slot < 7) {
        const head = { sequence: 2 * sequence + 1, timestamp: began, payloadType: 101 };
        phone.send(to, { ...head, marker: slot === 0 }, payload);
      }
      await simulation.run(20);
    }
  };
  return { simulation, engine, phone, endpoint, heard, press, events };
}

describe('the digits that an endpoint hears', () => {
  it('are events alone, unless it was asked for more', async () => {
    const { engine, heard, press, simulation } = await story(undefined);
    await press('1', { tone: true, event: false });
    await press('2', { tone: false, event: true });
    await simulation.run(500);
    expect(heard()).toBe('2r');
    await engine.close();
  });

  it('are told once, though they come as events and as tones', async () => {
    const { engine, heard, press, simulation } = await story(['rtp', 'inband']);
    for (const digit of '1223') await press(digit, { tone: true, event: true });
    await press('4', { tone: true, event: false });
    await press('4', { tone: false, event: true });
    await press('5', { tone: false, event: true });
    await simulation.run(500);
    expect(heard().replaceAll(/[ri]/g, '')).toBe('122345');
    await engine.close();
  });

  it('are told in band with the time that they sounded', async () => {
    const { engine, events, press, simulation } = await story(['inband']);
    await press('7', { tone: true, event: true });
    await simulation.run(500);
    const [digit] = events.filter(({ type }) => type === 'digit');
    expect(digit).toMatchObject({ digit: '7', source: 'inband' });
    if (digit?.type === 'digit') expect(Math.abs(digit.durationMs - 100)).toBeLessThan(27);
    await engine.close();
  });
});

describe('the digits that an endpoint sends', () => {
  it('are tones where the other side takes no events, in place of what is played', async () => {
    const { simulation, engine, phone, endpoint } = await story(undefined, '0', 'a=ptime:20');
    endpoint.play({ type: 'tone', frequencyHz: 440 });
    let isSent = false;
    const sending = endpoint.sendDigits('19*', { durationMs: 80 }).then(() => (isSent = true));
    await simulation.run(400);
    expect(isSent).toBe(false);
    await simulation.run(400);
    await sending;
    expect(digitsIn(phone)).toBe('19*');
    await expect(endpoint.sendDigits('1', { via: 'rtp' })).rejects.toMatchObject({
      code: 'MEDIA_NO_TELEPHONE_EVENT',
    });
    await engine.close();
  });

  it('are tones also beside events, where that is asked for', async () => {
    const { simulation, engine, phone, endpoint } = await story(undefined);
    void endpoint.sendDigits('4', { via: 'inband' });
    void endpoint.sendDigits('5');
    await simulation.run(1000);
    expect(digitsIn(phone)).toBe('4');
    expect(phone.rtp.filter(({ payloadType }) => payloadType === 101)[0]?.payload[0]).toBe(5);
    await engine.close();
  });

  it('do not wait for ever: too many, and those of a call that ends, are refused', async () => {
    const { engine, endpoint } = await story(undefined, '0', 'a=ptime:20');
    const sending = Array.from({ length: 17 }, () => endpoint.sendDigits('1').catch(codeOf));
    await endpoint.close();
    const outcomes = await Promise.all(sending);
    expect(outcomes.slice(0, 16)).toEqual(Array.from({ length: 16 }, () => 'MEDIA_CLOSED'));
    expect(outcomes[16]).toBe('MEDIA_TOO_MANY_DIGITS');
    await engine.close();
  });
});

const codeOf = ({ code }: { code: string }): string => code;

/** What a phone that listens in band would hear. */
function digitsIn(phone: RawPhone): string {
  let digits = '';
  const detector = new DtmfDetector(8000, { onDigit: (digit) => (digits += digit) });
  for (const { payloadType, payload } of phone.rtp) {
    if (payloadType === 0) detector.push(pcmuDecode(Uint8Array.from(payload)));
  }
  detector.end();
  return digits;
}
