// Where the system is asked what names lead to. It does so in half of the pool's threads, which `cli/threads.ts` sets: of
// these receivers of webhooks have a half, providers a quarter, and the rest is left to whatever this installation needs.

import { ADDRCONFIG } from 'node:dns';
import { lookup, Resolver } from 'node:dns/promises';
import { isIP, type LookupFunction } from 'node:net';
import { isLoopback, isPublicAddress } from '#kit/egress';
import type { Reach } from './context.ts';
import { createNames, SLOW_MS } from './names.ts';

const placesOfSystem = Math.ceil((Number(process.env['UV_THREADPOOL_SIZE']) || 4) / 2);

/**
 * Asks a server of names itself, which takes no thread. What it says counts for nothing, as the system may know the name
 * otherwise: but where it says something, be it that there is none, so will the system before long. The system waits for
 * both kinds of addresses, so whoever leaves one of the two questions open is not taken for one who answers.
 */
export const isAnswered = async (
  name: string,
  resolver = new Resolver({ timeout: SLOW_MS, tries: 1, maxTimeout: SLOW_MS }),
): Promise<boolean> => {
  const asked = [resolver.resolve4(name), resolver.resolve6(name)];
  const ends = await Promise.allSettled(asked);
  return ends.every((end) => end.status === 'fulfilled' || !isTimeout(end.reason));
};

const isTimeout = (error: unknown): boolean => (error as NodeJS.ErrnoException).code === 'ETIMEOUT';

const namesIn = (share: number, given: { hints?: number; lastCounts?: boolean } = {}) => {
  const { hints = 0, lastCounts = false } = given;
  const places = Math.ceil(placesOfSystem * share);
  return createNames({
    lookUp: async (name) =>
      (await lookup(name, { all: true, hints })).map(({ address }) => address),
    nowMs: () => performance.now(),
    after: (ms, work) => {
      const timer = setTimeout(work, ms);
      return () => clearTimeout(timer);
    },
    places,
    placesOfSlow: Math.ceil(places / 2),
    placesOfAnswered: Math.floor(places / 4),
    isAnswered,
    lastCounts,
  });
};

/** Of those who are told of events. */
export const addressesOfReceivers = namesIn(1 / 2);

const addressesOfProviders = namesIn(1 / 4, { hints: ADDRCONFIG, lastCounts: true });

/**
 * What a connection to a provider is given to find it by. Whoever asks twice may be told otherwise, so it goes where it
 * was judged: to those addresses that are within. The others are left out, as a name may lead to some of a network's own.
 */
export const lookUpWithin =
  (reach: Reach): LookupFunction =>
  (name, { all }, found) => {
    const tell = async (): Promise<void> => {
      let addresses: readonly string[];
      try {
        const found = await addressesOfProviders(name);
        addresses = found.filter(isWithin[reach]);
        if (addresses.length === 0) throw outOfReach();
      } catch (error) {
        found(error as NodeJS.ErrnoException, '');
        return;
      }
      const each = addresses.map((address) => ({ address, family: isIP(address) }));
      if (all) found(null, each);
      else found(null, each[0]?.address ?? '', each[0]?.family);
    };
    void tell();
  };

const isWithin: Readonly<Record<Reach, (address: string) => boolean>> = {
  public: isPublicAddress,
  loopback: isLoopback,
  anywhere: () => true,
};

const outOfReach = (): Error =>
  Object.assign(new Error('The name leads to no address that may be connected to'), {
    code: 'ERR_ADDRESS_REFUSED',
  });
