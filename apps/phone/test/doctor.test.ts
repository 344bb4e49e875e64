import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { nodeRuntime } from '@strowger/runtime';
import { providers } from '@strowger/sip-client';
import { describe, expect, it } from 'vitest';
import type { DoctorOptions } from '../src/command-line.ts';
import { checkPorts } from '../src/doctor/check-ports.ts';
import { examine } from '../src/doctor/examine.ts';
import { exitCodeOfFindings, type Finding } from '../src/doctor/finding.ts';
import { type Illness, SickServer } from './sick-server.ts';

/** What the doctor finds at a server that is ill like this, and the exit code. */
async function findingsOf(illness: Illness, options: Partial<DoctorOptions> = {}) {
  const server = await SickServer.start(illness);
  try {
    const said: Finding[] = [];
    const findings = await examine(
      {
        user: 'sip:alice@127.0.0.1',
        password: 'x',
        server: server.at,
        transport: 'udp',
        json: false,
        rtpPorts: { from: 21_000, to: 21_019 },
        ...options,
      },
      (finding) => void said.push(finding),
    );
    expect(said).toEqual(findings);
    return { all: findings, exitCode: exitCodeOfFindings(findings) };
  } finally {
    await server.stop();
  }
}

/** The last finding of each check. */
async function examined(illness: Illness, options: Partial<DoctorOptions> = {}) {
  const { all, exitCode } = await findingsOf(illness, options);
  return { ...Object.fromEntries(all.map((one) => [one.check, one])), exitCode };
}

const finding = (verdict: Finding['verdict'], found: string, remedy?: string) => ({
  verdict,
  found: expect.stringContaining(found),
  ...(remedy !== undefined && { remedy: expect.stringContaining(remedy) }),
});

describe('phone doctor, on real sockets', () => {
  it('finds a server well that is', async () => {
    expect(await examined({})).toMatchObject({
      exitCode: 0,
      ports: finding('good', '10 tried, all free'),
      dns: finding('good', 'nothing to look up'),
      server: finding('good', 'answers 200 Said'),
      nat: finding('good', 'none: we are 127.0.0.1'),
      registration: finding('good', 'is registered for 300 s'),
      clock: finding('good', 'that of the server'),
      codecs: finding('good', 'in common pcmu'),
    });
  });

  it('sees a NAT between, and a STUN server that says nothing', async () => {
    const sees = { address: '203.0.113.9', port: 61_000 };
    const found = await examined({ sees });
    expect(found).toMatchObject({
      exitCode: 0,
      nat: finding('doubtful', 'and seen as 203.0.113.9 port 61000', 'there is a NAT between'),
    });
    const silent = await SickServer.start({ answers: { OPTIONS: 0 } });
    const unheard = await examined({}, { stun: silent.at });
    await silent.stop();
    expect(unheard).toMatchObject({
      nat: finding('doubtful', 'does not answer STUN', 'another STUN server'),
    });
  });

  it('sees that a clock is an hour off', async () => {
    const found = await examined({ behindMs: 3_600_000 });
    expect(found).toMatchObject({
      clock: finding('doubtful', 's ahead of that of the server', 'set it by NTP'),
    });
  });

  it.each([
    [401, 'the password is wrong'],
    [403, 'is not allowed'],
    [404, 'does not know this user'],
  ])('says what %i to REGISTER means', async (status, remedy) => {
    const found = await examined({ answers: { REGISTER: status } });
    expect(found).toMatchObject({
      exitCode: 6,
      registration: finding('bad', 'sip:alice@127.0.0.1', remedy),
    });
  });

  it('says that a call was refused', async () => {
    const found = await examined({ answers: { INVITE: 486 } }, { call: '*43' });
    expect(found).toMatchObject({
      exitCode: 3,
      call: finding('bad', '*43: the session has ended: rejected (486)', 'may be called'),
    });
  });

  it('sees that there is no codec in common, by what the server says it has', async () => {
    const found = await examined({ formats: '18\r\na=rtpmap:18 G729/8000' });
    expect(found).toMatchObject({
      exitCode: 8,
      codecs: finding('bad', 'the server has g729; in common none', 'allowed for this account'),
    });
  });

  it('sees that there is no codec in common, by a call that is refused', async () => {
    const answers = { OPTIONS: 404, INVITE: 488 };
    const found = await examined({ answers }, { call: '*43' });
    expect(found).toMatchObject({ codecs: finding('bad', 'refused our offer (488)', '--srtp') });
  });

  it('tells what is known of a provider, and asks its registrar only where it has one', async () => {
    const at = { user: 'alice@acme.pstn.twilio.com', provider: 'twilio' } as const;
    const { all, exitCode } = await findingsOf({}, at);
    expect(exitCode).toBe(0);
    const told = all.filter(({ check }) => check === 'provider').map((one) => one.found);
    expect(told).toHaveLength(1 + providers.twilio.quirks.length);
    expect(told[0]).toMatch(/nothing to register at; over udp, tls with SRTP required/);
    for (const source of providers.twilio.sources) expect(told[0]).toContain(source);
    expect(all).toContainEqual(
      expect.objectContaining({ check: 'registration', verdict: 'skipped' }),
    );
    const sipgate = await findingsOf({}, { user: 'alice', provider: 'sipgate' });
    expect(sipgate.all[0]?.found).toMatch(/one registers there.*stands in P-Asserted-Identity/);
    expect(sipgate.all).toContainEqual(
      expect.objectContaining({
        check: 'registration',
        verdict: 'good',
        found: 'sip:alice@sipgate.de is registered for 300 s',
      }),
    );
  });

  it('sees that ports for RTP are taken: some of them, all of them', async () => {
    const { datagrams } = nodeRuntime();
    const range = { from: 22_000, to: 22_003 };
    const take = async (port: number) => {
      const socket = createSocket('udp4').bind(port, '0.0.0.0');
      await once(socket, 'listening');
      return socket;
    };
    const first = await take(22_000);
    const some = await checkPorts({ datagrams, listen: undefined, range });
    expect(some).toMatchObject(finding('doubtful', '1 of 2 tried are taken, such as 22000'));
    const second = await take(22_002);
    const all = await checkPorts({ datagrams, listen: undefined, range });
    expect(all).toMatchObject(finding('bad', '2 of 2', '--rtp-ports another range'));
    for (const socket of [first, second]) socket.close();
  });
});
