import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Capture } from './capture.ts';
import { describeWithPeers, root, runToEnd, workFolder } from './lab.ts';
import { Pbx } from './pbx.ts';
import { siplabCommand } from './siplab.ts';

interface Drawn {
  readonly messages: readonly { label: string; from: string; to: string; callId: string }[];
  readonly streams: readonly { from: string; to: string; packets: number; lost: number }[];
}

describeWithPeers(['dumpcap', 'tshark'], 'siplab ladder beside tshark', () => {
  const folder = workFolder('siplab-ladder');
  let pbx: Pbx;
  let capture: Capture;

  beforeAll(async () => {
    pbx = await Pbx.start(folder);
    capture = await Capture.start(folder, 'ladder');
    const phone = [
      process.execPath,
      join(root, 'apps/phone/dist/main.js'),
      'call',
      'sip:*43@127.0.0.1',
    ];
    const how = [
      '-u',
      'sip:alice@127.0.0.1',
      '-p',
      'pw-alice',
      '--play',
      'tone:440',
      '--duration',
      '2s',
    ];
    for (const transport of ['udp', 'tcp']) {
      const call: [string, ...string[]] = [
        phone[0] ?? '',
        ...phone.slice(1),
        ...how,
        '-t',
        transport,
      ];
      const { status, output } = runToEnd(call);
      expect(status, output).toBe(0);
    }
    await capture.stop();
  }, 60_000);
  afterAll(async () => {
    expect(await pbx.stop()).toBe(0);
  });

  const drawn = (): Drawn => {
    const { status, output } = siplabCommand('ladder', capture.file, '--json');
    expect(status, output).toBe(0);
    return JSON.parse(output) as Drawn; // the program's own JSON, whose shape its tests check
  };

  it('finds the messages that tshark finds, in its order, over UDP and TCP', () => {
    const seen = capture.fields('sip', 'sip.Method', 'sip.Status-Code', 'sip.Call-ID');
    // one line for each frame, which may hold several messages of a stream
    const theirs = seen.flatMap(([method, status, callIds]) => {
      const ids = (callIds ?? '').split(',');
      return (method || status || '').split(',').map((what, index) => `${what} ${ids[index]}`);
    });
    const ours = drawn().messages.map(({ label, callId }) => `${label.split(' ')[0]} ${callId}`);
    expect(ours.length).toBeGreaterThan(12);
    expect(ours).toEqual(theirs);
  });

  it('counts the RTP that tshark counts', () => {
    const { streams } = drawn();
    expect(streams).toHaveLength(4);
    for (const { from, packets, lost } of streams) {
      const port = from.split(':').at(-1);
      expect(packets).toBe(capture.count(`rtp && udp.srcport == ${port}`));
      expect(lost).toBe(0);
    }
  });

  it('draws them', () => {
    const { output } = siplabCommand('ladder', capture.file);
    expect(output).toMatch(/^ {4}0\.000 {2}\|-* INVITE \(SDP\) -*>\|$/m);
    expect(output).toMatch(/^RTP 127\.0\.0\.1:\d+ -> 127\.0\.0\.1:\d+ 0x[0-9a-f]{8} type 0: /m);
    expect(output).not.toContain('\u001b');
  });
});
