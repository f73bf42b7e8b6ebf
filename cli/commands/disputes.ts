// tollgate disputes: payments that their holders contest. What a bank tells of one and cannot be waits here for a
// person, who explains it or says what came of it.

import { type Command, Option } from 'commander';
import { namedAmount } from '#books/currencies';
import { auditEntry } from '#identity/audit';
import { parseId, spellId } from '#kit/ids';
import {
  DISPUTE,
  type Dispute,
  endDispute,
  explainDispute,
  loadDispute,
  loadDisputesForPerson,
  type PersonSaysOfDispute,
  personSaysOfDispute,
  type SaidOfDispute,
} from '#payments/disputes';
import {
  DISPUTE_NOTICE,
  type DisputeNotice,
  explainNotice,
  loadDisputeNotices,
  loadNoticesForPerson,
  type StoredNotice,
} from '#rails/connectors';
import { scopeOf, type Where } from '../account-scope.ts';
import { CliError } from '../errors.ts';
import { paint, say } from '../say.ts';
import { withRuntime } from '../with-runtime.ts';

const SHOWN_MAX = 100;

export const addDisputes = (program: Command): void => {
  const disputes = program
    .command('disputes')
    .description('payments that their holders contest, and what banks tell of them that cannot be');
  const add = (name: string, says: string) =>
    disputes
      .command(name)
      .description(says)
      .option('--account <id>', 'whose; needed when there are several accounts')
      .option('--live', 'live mode rather than test mode', false);

  add('list', 'list the last disputes, newest first')
    .option('--open', 'only what waits for a person', false)
    .action((options: Where & { open: boolean }) =>
      withRuntime(async (runtime) => {
        const scope = await scopeOf(runtime, options);
        const asked = { onlyForPerson: options.open, limit: SHOWN_MAX };
        const found = await loadDisputesForPerson(runtime.context, scope, asked);
        const unknown = await loadNoticesForPerson(runtime.context, scope, SHOWN_MAX);
        if (found.length === 0 && unknown.length === 0) {
          say(options.open ? 'Nothing waits for a person.' : 'Nothing was contested yet.');
        }
        for (const notice of unknown) say(lineOfNotice(notice));
        for (const dispute of found) say(lineOf(dispute));
      }),
    );

  add('show <dispute>', 'all that its bank has told, and what was booked').action(
    (spelled: string, where: Where) =>
      withRuntime(async ({ context, ...runtime }) => {
        const scope = await scopeOf({ context, ...runtime }, where);
        const dispute = await loadDispute(context, scope, idOf(spelled));
        if (dispute === undefined) throw new CliError(`There is no dispute ${spelled}.`);
        say(lineOf(dispute), '');
        if (dispute.refusedAnswer !== undefined) say(refused[dispute.refusedAnswer]);
        for (const { atMs, told, isWaiting } of await loadDisputeNotices(context, scope, dispute)) {
          const moved = namedAmount(told.moved, told.currency);
          const not = isWaiting ? '  not heard yet' : '';
          say(`${timeOf(atMs)}  told: ${wordsOf(told.status)}, moved ${moved}${not}`);
        }
        for (const { atMs, purpose, amount, fee } of dispute.bookings) {
          const booked = namedAmount(BigInt(amount), dispute.currency);
          const cost = fee === 0 ? '' : `, fee ${namedAmount(BigInt(fee), dispute.currency)}`;
          say(`${timeOf(atMs)}  booked: ${wordsOf(purpose)} ${booked}${cost}`);
        }
      }),
  );

  add('explain <dispute>', 'say that nothing follows from what its bank told')
    .requiredOption('--why <text>', 'what it was; goes into the audit log')
    .action((spelled: string, options: Where & { why: string }) =>
      withRuntime(async (runtime) => {
        const scope = await scopeOf(runtime, options);
        const noticeId = parseId(DISPUTE_NOTICE, spelled);
        if (noticeId !== null) {
          const { context } = runtime;
          const explained = await context.database.commit(scope, [
            explainNotice(scope, {
              id: noticeId,
              explanation: options.why,
              atMs: context.clock.now(),
            }),
            auditEntry(context, {
              scope,
              action: 'dispute_notice.explain',
              target: spelled,
              details: { why: options.why },
            }),
          ]);
          if (!explained.ok) throw new CliError(`${spelled} waits for no explanation.`);
          say(`${spelled} is explained.`);
          return;
        }
        const asked = { disputeId: idOf(spelled), why: options.why };
        const said = await explainDispute(runtime.context, scope, asked);
        say(lineOf(disputeIn(said, spelled)));
      }),
    );

  add('decide <dispute>', 'say what came of it, after its bank was asked; the books follow')
    .addOption(
      new Option('--as <outcome>', 'what the bank says')
        .choices(personSaysOfDispute)
        .makeOptionMandatory(),
    )
    .requiredOption('--why <text>', 'where you saw it; goes into the audit log')
    .action((spelled: string, options: Where & { as: PersonSaysOfDispute; why: string }) =>
      withRuntime(async (runtime) => {
        const scope = await scopeOf(runtime, options);
        const asked = { disputeId: idOf(spelled), says: options.as, why: options.why };
        const said = await endDispute(runtime.context, scope, asked);
        say(lineOf(disputeIn(said, spelled)));
      }),
    );
};

const refused = {
  evidence: 'The bank did not take the evidence: ask it whether it has it, or has decided.',
  concession: 'The bank did not take that it is conceded: ask it whether it knows, or has decided.',
} as const;

const refusals = {
  no_such_dispute: 'There is no dispute {id}.',
  not_for_person: '{id} waits for no explanation.',
  changing: 'Something was told of {id} and is being heard: try again.',
  told_otherwise:
    'The bank has told that {id} is {told}: where that is wrong, it has to tell so. See tollgate disputes show.',
  cannot_be:
    '{id} cannot have come to that from what it is now, or its currency is not that of its payment. See tollgate disputes show.',
} as const;

const disputeIn = (said: SaidOfDispute, spelled: string): Dispute => {
  if (said.ok) return said.dispute;
  const text = refusals[said.code].replace('{id}', spelled);
  throw new CliError(text.replace('{told}', wordsOf(said.told ?? '')));
};

const idOf = (spelled: string): string => {
  const id = parseId(DISPUTE, spelled);
  if (id === null) throw new CliError(`${spelled} is no dispute; their ids begin with du_.`);
  return id;
};

const wordsOf = (name: string): string => name.replaceAll('_', ' ');
const timeOf = (ms: number): string => new Date(ms).toISOString().slice(0, 16).replace('T', ' ');

const lineOf = ({ id, amount, currency, status, providerId, needsReview }: Dispute): string =>
  [
    spellId(DISPUTE, id),
    namedAmount(amount, currency).padStart(14),
    paint.bold(wordsOf(status)),
    paint.dim(providerId),
    ...(needsReview ? ['for a person'] : []),
  ].join('  ');

/** What is told of something that nobody here knows, with the names by which its provider finds it. */
const lineOfNotice = ({ id, receivedAtMs, notice }: StoredNotice): string =>
  [spellId(DISPUTE_NOTICE, id), timeOf(receivedAtMs), ...toldIn(notice), 'nobody knows it'].join(
    '  ',
  );

const toldIn = (notice: DisputeNotice): readonly string[] => {
  switch (notice.kind) {
    case 'dispute': {
      const { amount, currency, moved, status, providerId, reference } = notice.dispute;
      return [
        namedAmount(amount, currency).padStart(14),
        paint.bold(wordsOf(status)),
        `moved ${namedAmount(moved, currency)}`,
        paint.dim(`${providerId} of ${reference}`),
      ];
    }
    case 'operation': {
      const { of, says } = notice.said;
      const name = 'reference' in of ? of.reference : of.providerId;
      return [paint.bold(wordsOf(says.outcome)), paint.dim(`of ${name}`)];
    }
    case 'fraud_warning':
      return [paint.dim(`a warning of ${notice.warning.reference}`)];
  }
};
