// The quick start's merchant pays at the bank of the sandbox, over ISO 8583 like at a real one. The bank
// may be at another port after a restart; then the account's settings follow it.

import type { Context, Scope } from '#kit/context';
import {
  addConnectorAccount,
  changeConnectorAccount,
  listConnectorAccounts,
} from '#rails/connectors';
import type { SandboxAddress } from './runtime.ts';

const CONNECTOR = 'direct';
const LABEL = 'Sandbox bank';

export const payAtSandbox = async (
  context: Context,
  scope: Scope,
  sandbox: SandboxAddress,
): Promise<void> => {
  const all = await listConnectorAccounts(context, scope, {
    direction: 'older',
    from: null,
    limit: 100,
  });
  const known = all.find(({ connector, label }) => connector === CONNECTOR && label === LABEL);
  const settings = settingsFor(sandbox);
  const changed =
    known === undefined
      ? addConnectorAccount(context, scope, { connector: CONNECTOR, label: LABEL, settings })
      : changeConnectorAccount(context, scope, known, { settings });
  if (!changed.ok)
    throw new Error(`The sandbox bank cannot be used: ${changed.param} ${changed.why}`);
  if (known !== undefined && sameAddress(known.settings, settings)) return;
  await context.database.commit(scope, changed.writes);
};

const settingsFor = ({ acquirer, directory, url }: SandboxAddress) => ({
  host: acquirer.host,
  port: acquirer.port,
  profile: 'sandbox-ascii',
  acquirer_id: '10000000001',
  terminal_id: 'TOLLGATE',
  merchant_id: 'MYSHOP000000001',
  merchant_category: '5814',
  merchant_name: 'My shop',
  merchant_country: 'NO',
  acquirer_bin: '10000000001',
  directory_url: directory,
  disputes_url: `${url}/acquirer/disputes`,
  clearing_url: `${url}/acquirer/clearing-files`,
  settlement_url: `${url}/acquirer/settlements`,
});

const sameAddress = (
  known: Readonly<Record<string, unknown>>,
  wanted: ReturnType<typeof settingsFor>,
): boolean => Object.entries(wanted).every(([name, value]) => known[name] === value);
