import { BlockList, isIP } from 'node:net';

/** Where there is a NAT in front (RFC 1918, 6598, 3927, 4193, 4291): the address means nothing to us. */
const PRIVATE = blockList([
  '10.0.0.0/8',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '100.64.0.0/10',
  '169.254.0.0/16',
  'fc00::/7',
  'fe80::/10',
]);

/**
 * From where media of a peer may come that has named this IP address: its own network (/24, /64),
 * and from anywhere where the address is private, so that a NAT must stand before it.
 */
export function nearAddresses(address: string): (source: string) => boolean {
  const family = isIP(address);
  if (family === 0) return () => false;
  if (check(PRIVATE, address)) return () => true;
  const network = blockList([`${address}/${family === 4 ? 24 : 64}`]);
  return (source) => check(network, source);
}

function check(list: BlockList, address: string): boolean {
  return list.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');
}

function blockList(networks: readonly string[]): BlockList {
  const list = new BlockList();
  for (const network of networks) {
    const [address = '', prefix] = network.split('/');
    list.addSubnet(address, Number(prefix), isIP(address) === 6 ? 'ipv6' : 'ipv4');
  }
  return list;
}
