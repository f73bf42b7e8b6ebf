// Accounts that lead where they may not, as they were stored before anybody asked, or under other settings of the
// installation. Nothing is sent for them: whoever runs the gateway hears of it when it starts, not from payers.

import { spellId, type Uuid } from '#kit/ids';
import type { Directory } from './directory.ts';
import { refusedPlace } from './places.ts';
import { CONNECTOR_ACCOUNT } from './render.ts';
import type { Settings } from './settings.ts';

export type KeptAccount = {
  readonly account_id: Uuid;
  readonly livemode: boolean;
  readonly id: Uuid;
  readonly connector: string;
  readonly enabled: boolean;
  readonly settings: Settings;
};

/** Of all merchants, so it is for the owner of the tables. What was paid with a disabled one may still have to be ended there. */
export const keptAccounts =
  'select account_id, livemode, id, connector, enabled, settings from rails.connector_accounts where not deleted order by id';

/** A sentence, or null where all is well. */
export const whyMisled = (
  { connectors, places }: Pick<Directory, 'connectors' | 'places'>,
  account: KeptAccount,
): string | null => {
  const definition = connectors.get(account.connector)?.definition;
  if (definition === undefined) return null;
  const refused = refusedPlace(places, definition, account.livemode, account.settings);
  if (refused === null) return null;
  const { place, field, why } = refused;
  const to = place === null ? 'nowhere' : `to ${place.host}:${place.port}`;
  const which = `${spellId(CONNECTOR_ACCOUNT, account.id)} (${connectorOf(account)})`;
  const still = account.enabled ? '' : ` ${STILL_NEEDED}`;
  return `${which} leads ${to}; settings[${field}]: ${why}.${still}`;
};

const STILL_NEEDED =
  'It is disabled; what was paid with it can be captured, refunded and asked for only once it leads where it may.';

const connectorOf = ({ connector, account_id: of }: KeptAccount): string =>
  `${connector}, of ${spellId('acct', of)}`;
