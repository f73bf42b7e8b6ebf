// tollgate settlements: what providers say they settled. What names a payment is held against it by itself; a
// line that fits nothing waits here for a person who explains it.

import { type Command, InvalidArgumentError, Option } from 'commander';
import { endOfSecond } from '#books/balance';
import { namedAmount } from '#books/currencies';
import { auditEntry } from '#identity/audit';
import { parseId, spellId, type Uuid } from '#kit/ids';
import { currencies } from '#kit/money';
import {
  CONNECTOR_ACCOUNT,
  compareSettlements,
  explainLine,
  listLines,
  loadLine,
  SETTLEMENT_LINE,
  type SettledLine,
  settlementsOf,
  totalsOf,
} from '#rails/connectors';
import { scopeOf, type Where } from '../account-scope.ts';
import { CliError } from '../errors.ts';
import { moment, parseEnd, parseMoment } from '../moment.ts';
import { paint, say } from '../say.ts';
import { differentLine, openLine, totalsLines } from '../settlement-totals.ts';
import { withRuntime } from '../with-runtime.ts';

const SHOWN_MAX = 100;

export const addSettlements = (program: Command): void => {
  const settlements = program
    .command('settlements')
    .description('what providers say they settled, and what of it nobody here knows');
  const add = (name: string, says: string) =>
    settlements
      .command(name)
      .description(says)
      .option('--account <id>', 'whose; needed when there are several accounts')
      .option('--live', 'live mode rather than test mode', false);

  add('list', 'list the last lines, newest first')
    .option('--open', 'only what waits for a person', false)
    .action((options: Where & { open: boolean }) =>
      withRuntime(async (runtime) => {
        const scope = await scopeOf(runtime, options);
        const asked = { onlyForPerson: options.open, limit: SHOWN_MAX };
        const lines = await listLines(runtime.context, scope, asked);
        if (lines.length === 0) {
          say(options.open ? 'Nothing waits for a person.' : 'Nothing was settled yet.');
        }
        for (const line of lines) say(lineOf(line));
      }),
    );

  add('show <line>', 'a line as the provider wrote it').action((spelled: string, where: Where) =>
    withRuntime(async (runtime) => {
      const scope = await scopeOf(runtime, where);
      const line = await loadLine(runtime.context, scope, idOf(spelled));
      if (line === undefined) throw new CliError(`There is no ${spelled}.`);
      say(lineOf(line));
      say(`account: ${spellId(CONNECTOR_ACCOUNT, line.connectorAccountId)}`);
      for (const [name, value] of Object.entries(line.row.raw)) say(`${name}: ${value}`);
      if (line.explanation !== null) say(`explained: ${line.explanation}`);
    }),
  );

  add('explain <lines...>', 'say what lines are that fit nothing, after the provider was asked')
    .requiredOption('--why <text>', 'what they are; goes into the audit log')
    .action((spelled: string[], options: Where & { why: string }) =>
      withRuntime(async (runtime) => {
        const scope = await scopeOf(runtime, options);
        const { context } = runtime;
        const { why } = options;
        const ids = spelled.map((each) => [each, idOf(each)] as const);
        for (const [line, id] of ids) {
          const explained = await context.database.commit(scope, [
            explainLine(scope, { id, explanation: why, atMs: context.clock.now() }),
            auditEntry(context, {
              scope,
              action: 'settlement_line.explain',
              target: line,
              details: { why },
            }),
          ]);
          if (!explained.ok) throw new CliError(`${line} waits for no explanation.`);
          say(`${line} is explained.`);
        }
      }),
    );

  add('totals', 'what was expected against what was settled, by account at a provider and currency')
    .option(
      '--from <moment>',
      'of what moved from then on; all that ever did when left out',
      parseMoment,
    )
    .option(
      '--to <moment>',
      'up to the end of that day, 2026-11-30, or second, 2026-11-30T16:00:00Z; now when left out',
      parseEnd,
    )
    .option('--currency <code>', 'of that currency alone, as in eur', parseCurrency)
    .option(
      '--connector-account <id>',
      'of that account at a provider alone',
      parseConnectorAccount,
    )
    .addOption(
      new Option('--each <what>', 'each one that is counted there instead, oldest first').choices([
        'open',
        'different',
        'unexpected',
        'paid-out',
      ]),
    )
    .action((options: Where & TotalsOptions) =>
      withRuntime(async (runtime) => {
        const { from = null, to, currency, connectorAccount, each } = options;
        if (from !== null && from > (to ?? from)) {
          throw new CliError('--from is after --to: nothing can have moved between them.');
        }
        const scope = await scopeOf(runtime, options);
        const { context } = runtime;
        const nowMs = context.clock.now();
        const asked = {
          fromMs: from === null ? null : from * 1000,
          toMs: to === undefined ? null : endOfSecond(to),
          ...(currency === undefined ? {} : { currency }),
          ...(connectorAccount === undefined ? {} : { connectorAccountId: connectorAccount }),
        };
        const comparison = await compareSettlements(context, scope);
        if (each === undefined) {
          say(
            paint.dim(
              `${from === null ? 'all' : `from ${moment(from)}`} until ${to === undefined ? 'now' : moment(to)}`,
            ),
          );
          const totals = totalsOf(comparison, asked);
          if (totals.length === 0) say('Nothing was expected or settled.');
          for (const of of totals) say(...totalsLines(of, nowMs));
          return;
        }
        const listed = settlementsOf(comparison, asked);
        const lines = {
          open: () => listed.open.map((compared) => openLine(compared, nowMs)),
          different: () => listed.different.map(differentLine),
          unexpected: () => listed.unexpected.map(lineOf),
          'paid-out': () => listed.paidOut.map(lineOf),
        }[each]();
        say(...(lines.length === 0 ? [`Nothing is ${each.replace('-', ' ')}.`] : lines));
      }),
    );
};

type TotalsOptions = {
  readonly from?: number;
  readonly to?: number;
  readonly currency?: string;
  readonly connectorAccount?: Uuid;
  readonly each?: 'open' | 'different' | 'unexpected' | 'paid-out';
};

const parseCurrency = (text: string): string => {
  if (!currencies.has(text)) {
    throw new InvalidArgumentError('A currency is three small letters, as in eur.');
  }
  return text;
};

const parseConnectorAccount = (text: string): Uuid => {
  const id = parseId(CONNECTOR_ACCOUNT, text);
  if (id === null) {
    throw new InvalidArgumentError(
      'An account at a provider is named by its id, which begins with cna_: tollgate connectors list tells them.',
    );
  }
  return id;
};

const idOf = (spelled: string) => {
  const id = parseId(SETTLEMENT_LINE, spelled);
  if (id === null) {
    throw new CliError(`${spelled} is no line of a settlement; their ids begin with stl_.`);
  }
  return id;
};

const lineOf = ({ id, row, state, explanation }: SettledLine): string => {
  const how = {
    waiting: 'not looked at yet',
    fits: 'fits',
    fits_nothing: explanation === null ? paint.bold('nobody knows it') : 'explained',
    no_operation: row.kind.replaceAll('_', ' '),
  }[state];
  const day = new Date(row.bookedAtMs).toISOString().slice(0, 10);
  const money = namedAmount(row.net, row.currency).padStart(14);
  return [day, spellId(SETTLEMENT_LINE, id), money, row.reference ?? row.key, how].join('  ');
};
