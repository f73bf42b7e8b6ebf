// Who shares a limit when nobody is known by name: one address of IPv4, one /64 of IPv6, which is what a
// household or a single machine is given.

import { isIPv6 } from 'node:net';

export const networkOf = (address: string): string => {
  const [bare = ''] = address.split('%');
  if (!isIPv6(bare)) return address;
  const groups = groupsOf(bare);
  const mapped = mappedIpv4(groups);
  return (
    mapped ??
    groups
      .slice(0, 4)
      .map((group) => group.toString(16))
      .join(':')
  );
};

const GROUPS = 8;

/** All eight, whatever the spelling left out: `2001:db8::1` has six more of zero. */
const groupsOf = (address: string): readonly number[] => {
  const [head = '', tail] = withoutDots(address).split('::');
  const [first, last] = [numbersOf(head), numbersOf(tail ?? '')];
  const missing = tail === undefined ? 0 : GROUPS - first.length - last.length;
  return [...first, ...Array<number>(missing).fill(0), ...last];
};

const numbersOf = (text: string): readonly number[] =>
  text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16));

/** The last two groups may be written as IPv4: `::ffff:192.0.2.1`. */
const withoutDots = (address: string): string =>
  address.replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_whole, a, b, c, d) =>
    [Number(a) * 256 + Number(b), Number(c) * 256 + Number(d)]
      .map((group) => group.toString(16))
      .join(':'),
  );

/** An address of IPv4 on a way through IPv6 is still that address. */
const mappedIpv4 = (groups: readonly number[]): string | null => {
  if (groups.slice(0, 5).some((group) => group !== 0) || groups[5] !== 0xffff) return null;
  return groups
    .slice(6)
    .flatMap((group) => [group >> 8, group & 255])
    .join('.');
};
