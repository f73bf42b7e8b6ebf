// Where the system is asked what names lead to. It does so in half of the pool's threads, which `cli/threads.ts` sets: of
// these receivers of webhooks have a half, providers a quarter, and the rest is left to whatever this installation needs.

import { ADDRCONFIG } from 'node:dns';
import { lookup } from 'node:dns/promises';
import { isIP, type LookupFunction } from 'node:net';
import { createNames } from './names.ts';

const placesOfSystem = Math.ceil((Number(process.env['UV_THREADPOOL_SIZE']) || 4) / 2);

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
    lastCounts,
  });
};

/** Of those who are told of events. */
export const addressesOfReceivers = namesIn(1 / 2);

const addressesOfProviders = namesIn(1 / 4, { hints: ADDRCONFIG, lastCounts: true });

/** What a connection to a provider is given to find it by. */
export const lookUpProvider: LookupFunction = (name, { all }, found) => {
  const tell = async (): Promise<void> => {
    let addresses: readonly string[];
    try {
      addresses = await addressesOfProviders(name);
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
