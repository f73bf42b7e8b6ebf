// Accounts that lead where they may not, as they were stored before anybody asked, or under other settings of the
// installation. Nothing is sent for them: whoever runs the gateway hears of it when it starts, not from payers.

import { spellId, type Uuid } from '#kit/ids';
import type { Directory } from './directory.ts';
import { refusedPlace } from './places.ts';
import { CONNECTOR_ACCOUNT } from './render.ts';
import type { Settings } from './settings.ts';

export type EnabledAccount = {
  readonly account_id: Uuid;
  readonly livemode: boolean;
  readonly id: Uuid;
  readonly connector: string;
  readonly settings: Settings;
};

/** Of all merchants, so it is for the owner of the tables. */
export const enabledAccounts =
  'select account_id, livemode, id, connector, settings from rails.connector_accounts where enabled order by id';

/** A sentence, or null where all is well. */
export const whyMisled = (
  { connectors, places }: Pick<Directory, 'connectors' | 'places'>,
  account: EnabledAccount,
): string | null => {
  const definition = connectors.get(account.connector)?.definition;
  if (definition === undefined) return null;
  const refused = refusedPlace(places, definition, account.livemode, account.settings);
  if (refused === null) return null;
  const { place, field, why } = refused;
  const to = place === null ? 'nowhere' : `to ${place.host}:${place.port}`;
  const which = `${spellId(CONNECTOR_ACCOUNT, account.id)} (${connectorOf(account)})`;
  return `${which} leads ${to}; settings[${field}]: ${why}.`;
};

const connectorOf = ({ connector, account_id: of }: EnabledAccount): string =>
  `${connector}, of ${spellId('acct', of)}`;
