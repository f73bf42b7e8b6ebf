// tollgate days: the ends of days at acquiring banks. Totals are compared with the bank's and the file of
// the day is handed over by itself; what does not fit waits here for a person who explains it.

import type { Command } from 'commander';
import { auditEntry } from '#identity/audit';
import type { Context, Scope } from '#kit/context';
import { parseId, spellId, type Uuid } from '#kit/ids';
import { loadClearingFile } from '#rails/acquiring';
import {
  CONNECTOR_ACCOUNT,
  type EndedDay,
  explainEndedDay,
  listEndedDays,
  loadEndedDay,
  loadNextDays,
  type NextDay,
} from '#rails/connectors';
import { scopeOf, type Where } from '../account-scope.ts';
import { CliError } from '../errors.ts';
import { paint, print, say } from '../say.ts';
import { withRuntime } from '../with-runtime.ts';

const SHOWN_MAX = 100;

export const addDays = (program: Command): void => {
  const days = program
    .command('days')
    .description('the ends of days at banks: totals compared, clearing files handed over');
  const add = (name: string, says: string) =>
    days
      .command(name)
      .description(says)
      .option('--account <id>', 'whose; needed when there are several accounts')
      .option('--live', 'live mode rather than test mode', false);

  add('list', 'list the days that ended, newest first, and what could not be ended yet')
    .option('--open', 'only what waits for a person', false)
    .action((options: Where & { open: boolean }) =>
      withRuntime(async (runtime) => {
        const scope = await scopeOf(runtime, options);
        const { context } = runtime;
        const late = (await loadNextDays(context, scope)).filter(({ problem }) => problem !== null);
        const asked = { onlyForPerson: options.open, limit: SHOWN_MAX };
        const ended = await listEndedDays(context, scope, asked);
        if (late.length + ended.length === 0) {
          say(options.open ? 'Nothing waits for a person.' : 'No day has ended yet.');
        }
        for (const next of late) say(lateLine(next));
        for (const day of ended) say(lineOf(day));
      }),
    );

  add('show <account> <day>', 'all that did not fit on a day').action(
    (account: string, day: string, where: Where) =>
      withRuntime(async (runtime) => {
        const scope = await scopeOf(runtime, where);
        const ended = await theDay(runtime.context, scope, account, day);
        say(lineOf(ended));
        for (const { code, says } of ended.problems) say(`${code.replaceAll('_', ' ')}: ${says}`);
        if (ended.explanation !== null) say(`explained: ${ended.explanation}`);
      }),
  );

  add('file <account> <day>', 'print the clearing file of a day').action(
    (account: string, day: string, where: Where) =>
      withRuntime(async (runtime) => {
        const scope = await scopeOf(runtime, where);
        const { fileId } = await theDay(runtime.context, scope, account, day);
        const file = fileId && (await loadClearingFile(runtime.context, scope, fileId));
        if (!file) throw new CliError(`There is no clearing file of ${day}.`);
        print(file.body);
      }),
  );

  add('explain <account> <day>', 'say why a day did not fit, after the bank was asked')
    .requiredOption('--why <text>', 'what it was; goes into the audit log')
    .action((account: string, day: string, options: Where & { why: string }) =>
      withRuntime(async (runtime) => {
        const scope = await scopeOf(runtime, options);
        const { context } = runtime;
        const { connectorAccountId } = await theDay(context, scope, account, day);
        const target = spellId(CONNECTOR_ACCOUNT, connectorAccountId);
        const details = { day, why: options.why };
        const explained = await context.database.commit(scope, [
          explainEndedDay(scope, {
            connectorAccountId,
            day,
            explanation: options.why,
            atMs: context.clock.now(),
          }),
          auditEntry(context, { scope, action: 'day.explain', target, details }),
        ]);
        if (!explained.ok) throw new CliError(`Nothing of ${day} waits for an explanation.`);
        say(`${day} is explained.`);
      }),
    );
};

const theDay = async (
  context: Context,
  scope: Scope,
  account: string,
  day: string,
): Promise<EndedDay> => {
  const connectorAccountId = idOf(account);
  if (!/^\d{4}-\d\d-\d\d$/.test(day)) {
    throw new CliError(`${day} is no day; write it as 2026-11-28.`);
  }
  const found = await loadEndedDay(context, scope, { connectorAccountId, day });
  if (found === undefined) throw new CliError(`${day} has not ended there.`);
  return found;
};

const idOf = (spelled: string): Uuid => {
  const id = parseId(CONNECTOR_ACCOUNT, spelled);
  if (id === null) {
    throw new CliError(`${spelled} is no account at a provider; their ids begin with cna_.`);
  }
  return id;
};

const lineOf = ({ connectorAccountId, day, lines, problems, needsReview }: EndedDay): string => {
  const codes = [...new Set(problems.map(({ code }) => code.replaceAll('_', ' ')))].join(', ');
  const how = needsReview ? paint.bold(codes) : codes === '' ? 'as it should be' : 'explained';
  const moved = `${lines} ${lines === 1 ? 'line' : 'lines'}`;
  return [day, spellId(CONNECTOR_ACCOUNT, connectorAccountId), moved.padStart(12), how].join('  ');
};

const lateLine = ({ id, day, problem, failures }: NextDay): string => {
  const tries = failures === 0 ? 'waits' : `not ended after ${failures} tries`;
  return [day, spellId(CONNECTOR_ACCOUNT, id), paint.bold(`${tries}: ${problem}`)].join('  ');
};
