// Which addresses belong to the public internet. What is not listed as public is not: a new kind of
// private space must not be reachable until somebody has thought of it.

import { BlockList, isIPv4, isIPv6 } from 'node:net';

const listOf = (family: 'ipv4' | 'ipv6', networks: readonly string[]): BlockList => {
  const list = new BlockList();
  for (const network of networks) {
    const [address = '', bits] = network.split('/');
    list.addSubnet(address, Number(bits), family);
  }
  return list;
};

const specialNetworksV4 = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
];
const specialV4 = listOf('ipv4', specialNetworksV4);

// Of IPv6 only 2000::/3 is handed out; inside of it are tunnels (Teredo, 6to4) that lead to any IPv4
// address, and space for examples. SRv6, mapped and unique-local addresses lie outside, and so does NAT64 of a prefix of one's own.
const globalV6 = listOf('ipv6', ['2000::/3']);
const specialV6 = listOf('ipv6', ['2001::/23', '2001:db8::/32', '2002::/16', '3fff::/20']);

// A network without IPv4 reaches it by these: its servers of names answer with the address of a host written into one of
// them. They are as public as that address.
const nat64 = listOf('ipv6', ['64:ff9b::/96']);
const specialNat64 = listOf(
  'ipv6',
  specialNetworksV4.map((network) => {
    const [address = '', bits] = network.split('/');
    return `64:ff9b::${address}/${96 + Number(bits)}`;
  }),
);

export const isPublicAddress = (address: string): boolean => {
  if (isIPv4(address)) return !specialV4.check(address, 'ipv4');
  if (!isIPv6(address)) return false;
  if (nat64.check(address, 'ipv6')) return !specialNat64.check(address, 'ipv6');
  return globalV6.check(address, 'ipv6') && !specialV6.check(address, 'ipv6');
};

const loopback = listOf('ipv4', ['127.0.0.0/8']);

export const isLoopback = (address: string): boolean =>
  address === '::1' || (isIPv4(address) && loopback.check(address, 'ipv4'));
