import type { DatagramIo } from '@strowger/runtime';
import { bad, doubtful, type Finding, good } from './finding.ts';

/** Ports of the range that are tried, evenly spread. */
const SAMPLES = 40;

/** What is asked of the ports of this machine. */
export interface PortQuestions {
  readonly datagrams: DatagramIo;
  /** Where SIP shall be heard, where that was said. */
  readonly listen: { readonly address: string; readonly port: number } | undefined;
  readonly range: { readonly from: number; readonly to: number };
}

/** Whether the ports for SIP and RTP can be had here. */
export async function checkPorts({ datagrams, listen, range }: PortQuestions): Promise<Finding> {
  const address = listen?.address ?? '0.0.0.0';
  const isFree = async (port: number): Promise<boolean> => {
    const socket = await datagrams
      .open({ address, port, onPacket: () => {} })
      .catch(() => undefined);
    await socket?.close();
    return socket !== undefined;
  };
  if (listen !== undefined && listen.port > 0 && !(await isFree(listen.port))) {
    const found = `port ${listen.port} of ${address} cannot be had for SIP`;
    return bad('ports', found, 'end what holds it (`ss -lunp`), or give --listen another port');
  }
  const pairs = Math.floor((range.to - range.from + 1) / 2);
  const step = Math.max(1, Math.floor(pairs / SAMPLES));
  const tried: number[] = [];
  const taken: number[] = [];
  for (let pair = 0; pair < pairs; pair += step) {
    const port = range.from + 2 * pair;
    tried.push(port);
    if (!(await isFree(port))) taken.push(port);
  }
  const named = `RTP ports ${range.from} to ${range.to}`;
  if (taken.length === 0) return good('ports', `${named}: ${tried.length} tried, all free`);
  const found = `${named}: ${taken.length} of ${tried.length} tried are taken, such as ${taken[0]}`;
  if (taken.length === tried.length) return bad('ports', found, 'give --rtp-ports another range');
  return doubtful('ports', found, 'that is no harm while most are free; else give --rtp-ports');
}
