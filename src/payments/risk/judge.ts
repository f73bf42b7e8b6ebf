// From what was counted to a step of the ladder. Pure.

import { type Counts, inVain, type Ladder, type Standing, standingOf } from './ladder.ts';
import type { Tallies } from './tries.store.ts';

export const judge = (tallies: Tallies, ladder: Ladder): Standing =>
  standingOf({ ...ofThemselves(tallies), ...ofAll(tallies) }, ladder);

/** What somebody did who is there. */
const ofThemselves = ({ network, device, card }: Tallies): Counts => ({
  network_in_vain: inVain(network),
  network_cards: Math.min(network.cards, inVain(network)),
  network_collected: network.collected,
  device_in_vain: inVain(device),
  device_cards: Math.min(device.cards, inVain(device)),
  card_in_vain: card,
});

/** What others do is nothing to a device that has paid here before. */
const ofAll = ({ bin, account, isKnown }: Tallies): Counts =>
  isKnown ? {} : { bin_in_vain: inVain(bin), account_in_vain: inVain(account) };

/** Whoever else is asked for more because of it: it is the account that is under attack. */
export const isUnderAttack = ({ account }: Tallies, ladder: Ladder): boolean => {
  const { proof } = ladder.account_in_vain;
  return proof !== null && inVain(account) >= proof;
};
