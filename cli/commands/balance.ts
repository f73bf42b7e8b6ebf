// tollgate balance: what the merchant has, by currency; now, or as it was at a moment, as finance asks for the end
// of a month.

import type { Command } from 'commander';
import { endOfSecond, renderBalance } from '#books/balance';
import { formatAmount } from '#books/currencies';
import { type Balances, loadBalances, loadBalancesAt } from '#books/ledger';
import { scopeOf, type Where } from '../account-scope.ts';
import { CliError } from '../errors.ts';
import { moment, parseEnd } from '../moment.ts';
import { paint, say } from '../say.ts';
import { withRuntime } from '../with-runtime.ts';

type Asked = Where & { readonly asOf?: number; readonly accounts: boolean };

export const addBalance = (program: Command): void => {
  program
    .command('balance')
    .description('what is available and what is pending, by currency; now, or as of a moment')
    .option(
      '--as-of <moment>',
      'as it was at the end of that day, 2026-11-30, or second, 2026-11-30T16:00:00Z; in UTC unless it says otherwise',
      parseEnd,
    )
    .option(
      '--accounts',
      'what every account of the books holds instead: what providers owe, fees, disputes; debit is plus',
      false,
    )
    .option('--account <id>', 'whose; needed when there are several accounts')
    .option('--live', 'live mode rather than test mode', false)
    .action(({ asOf, accounts, ...where }: Asked) =>
      withRuntime(async (runtime) => {
        const scope = await scopeOf(runtime, where);
        const { context } = runtime;
        const nowMs = context.clock.now();
        const present = Math.floor(nowMs / 1000);
        const at = asOf ?? present;
        if (at > present) {
          throw new CliError(
            `Nobody knows yet what the balance will be at ${moment(at)}: here it is ${moment(present)}. Name a moment that has been with --as-of, or none for the balance of now.`,
          );
        }
        const balances = await (asOf === undefined
          ? loadBalances(context, scope, nowMs)
          : loadBalancesAt(context, scope, endOfSecond(at)));
        say(
          paint.dim(moment(at)),
          ...(accounts
            ? accountLinesOf(balances)
            : linesOf(renderBalance(balances, scope.livemode))),
        );
      }),
    );
};

const linesOf = ({ available, pending }: ReturnType<typeof renderBalance>): readonly string[] => {
  const rows = available.map(({ currency, amount }, place) => ({
    currency,
    available: formatAmount(BigInt(amount), currency),
    // Both name the same currencies in the same order.
    pending: formatAmount(BigInt(pending[place]?.amount ?? 0), currency),
  }));
  const widest = (of: 'available' | 'pending') => Math.max(...rows.map((row) => row[of].length));
  const [first, second] = [widest('available'), widest('pending')];
  return rows.map(
    (row) =>
      `${row.currency}  available ${row.available.padStart(first)}  pending ${row.pending.padStart(second)}`,
  );
};

/** By currency, in which they sum to zero. What holds nothing is left out. */
const accountLinesOf = (balances: Balances): readonly string[] => {
  const rows = [...balances].flatMap(([currency, held]) =>
    [...held].map(([name, amount]) => ({ currency, name, holds: formatAmount(amount, currency) })),
  );
  const names = Math.max(0, ...rows.map(({ name }) => name.length));
  const amounts = Math.max(0, ...rows.map(({ holds }) => holds.length));
  return rows.map(
    ({ currency, name, holds }) => `${currency}  ${name.padEnd(names)}  ${holds.padStart(amounts)}`,
  );
};
