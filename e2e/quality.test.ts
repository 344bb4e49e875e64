import { createMediaEngine, type MediaEndpointEvent } from '@strowger/media-core';
import { expect, it } from 'vitest';
import { Capture } from './capture.ts';
import { describeWithPeers, pause, until, workFolder } from './lab.ts';
import { LossyPath } from './lossy-path.ts';

const SECONDS = 12;

/** Six packets in a row of every hundred, and each seventeenth between. */
const FAULTS = {
  isLost: (number: number): boolean =>
    number % 100 >= 40 && (number % 100 < 46 || number % 17 === 0),
  delayMs: (number: number): number => (number * 7) % 15,
};

/** One line of `tshark -z rtp,streams`. */
function stream(table: string, port: number) {
  const line = table.split('\n').find((one) => one.split(/\s+/).includes(String(port)));
  const fields = line?.trim().split(/\s+/) ?? [];
  const lostAt = fields.findIndex((field) => field.startsWith('('));
  const numbers = fields.slice(lostAt + 1).map(Number);
  const meanJitterMs = numbers[4] ?? Number.NaN;
  const [packets, lost] = [Number(fields[lostAt - 2]), Number(fields[lostAt - 1])];
  return { packets, lost, meanJitterMs };
}

describeWithPeers(['dumpcap', 'tshark'], 'the quality of a lossy call, judged by tshark', () => {
  const folder = workFolder('quality');

  it('has the loss that tshark counts, and its jitter within a millisecond', async () => {
    const engine = createMediaEngine({
      address: '127.0.0.1',
      ports: { from: 40_000, to: 40_099 },
      codecs: ['pcmu'],
      quality: { tell: 'seconds' },
    });
    const path = await LossyPath.open(40_200, FAULTS);
    const events: MediaEndpointEvent[] = [];
    const a = await engine.openEndpoint({ label: 'a', onEvent() {} });
    const b = await engine.openEndpoint({ label: 'b', onEvent: (event) => events.push(event) });
    const capture = await Capture.start(folder, 'lossy');
    const offer = await a.createOffer();
    const { forSecond } = path.join(offer, await b.createOffer());
    await b.rollback();
    const answer = await b.acceptOffer(forSecond);
    await a.acceptAnswer(answer.replace(/m=audio \d+/, 'm=audio 40202'));
    a.play({ type: 'tone', frequencyHz: 440 });
    await pause(SECONDS * 1000);
    await until('the other side reports', async () => (await a.stats()).peerQuality !== undefined);
    const far = await a.close();
    await pause(200); // what is on its way arrives
    const stats = await b.close();
    await capture.stop();
    path.close();
    await engine.close();

    const table = capture.tshark('-q', '-z', 'rtp,streams');
    const seen = stream(table, stats.local?.port ?? 0);
    expect(seen.packets, table).toBe(stats.packetsReceived);
    expect(seen.lost, table).toBe(stats.packetsLost);
    expect(stats.packetsLost).toBeGreaterThan(SECONDS * 3);
    const { quality } = stats;
    expect(Math.abs((quality?.jitterMs ?? 0) - seen.meanJitterMs), table).toBeLessThan(1);

    expect(quality?.packetsLost).toBe(stats.packetsLost);
    expect(quality?.bursts.burstDensity).toBeGreaterThan(quality?.bursts.gapDensity ?? 1);
    expect(events.filter(({ type }) => type === 'quality').length).toBeGreaterThan(SECONDS - 3);

    // what tshark reads in our extended reports is what the other side took from them
    const fields = ['burstdensity', 'gapdensity', 'rfactor', 'moslq', 'gmin'];
    const reports = capture.fields(
      `rtcp.xr.bt == 7 && udp.dstport == ${(far.local?.port ?? 0) + 1}`,
      ...fields.map((field) => `rtcp.xr.voipmetrics.${field}`),
    );
    expect(capture.count('rtcp && _ws.malformed')).toBe(0);
    expect(reports.length).toBeGreaterThan(0);
    const peer = far.peerQuality;
    expect(peer?.lossRate).toBeGreaterThan(0.03);
    // one more left with the BYE, which the other side was no longer there to take
    const said = reports.map((report) => report.slice(2));
    expect(said).toContainEqual([String(peer?.rFactor), String(peer?.listeningMos), '16']);
  });
});
