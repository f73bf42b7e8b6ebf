// One function of a connector as `rails/operations` calls it. All that it needs is made ready here, and
// what fails until then has provably sent nothing.

import { type ExpectedCard, type OpeningEntry, vaultOf } from '#cards/vault';
import type { Context, Scope, Write } from '#kit/context';
import { NoAnswer, NotSent } from '#kit/http-client';
import type { Uuid } from '#kit/ids';
import {
  type ConnectorPort,
  conclude,
  loadKnown,
  type Operation,
  spellOperation,
} from '#rails/operations';
import type { StoredAccount } from './account.ts';
import { loadAccount } from './accounts.store.ts';
import type {
  Call,
  ConnectorAccount,
  ConnectorFunctions,
  ConnectorOperation,
  Original,
  Verb,
} from './connector.ts';
import { httpFor } from './http.ts';
import type { Parts } from './parts.ts';
import { judgeOf } from './places.ts';
import { type FollowingRequest, isCard, isFollowing, type PaymentRequest } from './request.ts';
import { loadRequest } from './requests.store.ts';
import { openSettings, secretTexts } from './settings.ts';

export type VerbName = ConnectorOperation | AfterVerb;
type AfterVerb = 'lookUp' | 'reverse' | 'abandon';

type Request = PaymentRequest | FollowingRequest;

/** What whoever sends it knows already, or has begun to read. */
type Given = {
  readonly request: Request;
  readonly account: () => Promise<StoredAccount | undefined>;
  /** Null: it follows nothing. */
  readonly original: (() => Promise<Original | null>) | null;
};

export const portOf = (
  parts: Parts,
  context: Context,
  scope: Scope,
  verb: VerbName,
  given?: Given,
): ConnectorPort => {
  let entry: OpeningEntry | null = null;
  let expected: ExpectedCard | undefined;
  const port: ConnectorPort = async ({ operation, deadline, signal }) => {
    const { run, prepared } = await prepare(parts, context, scope, { operation, verb, given });
    const hidden = [...prepared.hidden];
    const http = httpFor(context, parts.notes, {
      scope,
      connectorAccountId: operation.connectorAccountId,
      operationId: operation.id,
      hidden,
      judge: prepared.account.judge,
      limits: { deadlineMs: deadline, signal },
    });
    try {
      return await run({
        context,
        scope,
        operation,
        account: prepared.account,
        request: prepared.request,
        providerId: prepared.providerId,
        original: prepared.original,
        withCard: cardOpener(context, scope, operation, prepared.request, { hidden, expected }),
        http,
        deadline,
        signal,
      });
    } catch (error) {
      if (error instanceof NoAnswer) return { outcome: 'unknown', code: error.why };
      throw error;
    }
  };
  if (given === undefined) return port;
  const { request } = given;
  return Object.assign(port, {
    entries: (operation: Operation): readonly Write[] => {
      const opening = openingOf(scope, operation, request);
      if (opening === null) return [];
      try {
        entry = vaultOf(context).openingEntry(context, opening);
      } catch {
        // As below.
      }
      return entry === null ? [] : [entry.write];
    },
    ahead: (operation: Operation): void => {
      const opening = openingOf(scope, operation, request);
      if (opening === null) return;
      try {
        expected = vaultOf(context).expectCard(
          context,
          entry === null ? opening : { ...opening, entry },
        );
      } catch {
        // Nothing is lost: what is wrong is met again, and said, where the card is opened.
      }
    },
  });
};

type Opening = {
  readonly scope: Scope;
  readonly card: Uuid;
  readonly operation: Uuid;
  readonly cvcFor?: string;
};

/** Null: no card is sent with it. */
const openingOf = (scope: Scope, operation: Operation, request: Request): Opening | null => {
  if (isFollowing(request) || !isCard(request.method)) return null;
  const { card, cvcFor } = request.method;
  return { scope, card, operation: operation.id, ...(cvcFor === null ? {} : { cvcFor }) };
};

type Prepared = {
  readonly run: Verb<Request>;
  readonly prepared: {
    readonly account: ConnectorAccount;
    readonly request: Request;
    readonly providerId: string | null;
    readonly original: Original | null;
    readonly hidden: readonly string[];
  };
};

const prepare = async (
  parts: Parts,
  context: Context,
  scope: Scope,
  {
    operation,
    verb,
    given,
  }: {
    readonly operation: Operation;
    readonly verb: VerbName;
    readonly given: Given | undefined;
  },
): Promise<Prepared> => {
  try {
    const opened =
      given === undefined
        ? await openAccount(parts, context, scope, operation.connectorAccountId)
        : openStored(parts, scope, await given.account());
    const run = opened.functions[verb];
    if (run === undefined) throw new NotSent('not_supported');
    const request = given?.request ?? (await loadRequest(context, scope, operation.id));
    if (request === undefined) throw new NotSent('request_gone');
    const asked = given === undefined ? () => originalOf(context, scope, request) : given.original;
    const original = asked === null ? null : await asked();
    return {
      run: run as Verb<Request>,
      prepared: {
        account: opened.account,
        request,
        providerId: isAboutIt(verb) ? await providerIdOf(context, scope, operation) : null,
        original,
        hidden: opened.hidden,
      },
    };
  } catch (error) {
    if (error instanceof NotSent) throw error;
    context.log.error(
      { about: spellOperation(operation.id), error },
      'A call could not be made ready',
    );
    throw new NotSent('not_ready', { cause: error });
  }
};

const isAboutIt = (verb: VerbName): boolean => verb === 'lookUp' || verb === 'abandon';

const providerIdOf = async (
  context: Context,
  scope: Scope,
  { id }: Operation,
): Promise<string | null> => {
  const known = await loadKnown(context, scope, id);
  return known === undefined ? null : conclude(known.operation, known.evidence).providerId;
};

type OpenedAccount = {
  readonly account: ConnectorAccount;
  readonly functions: ConnectorFunctions;
  readonly hidden: readonly string[];
};

export const openAccount = async (
  parts: Parts,
  context: Pick<Context, 'database'>,
  scope: Scope,
  id: Uuid,
): Promise<OpenedAccount> => openStored(parts, scope, await loadAccount(context, scope, id));

/** The account with its settings open. Only what is deleted has no way to its provider any more. */
export const openStored = (
  parts: Pick<Parts, 'directory' | 'functions'>,
  scope: Scope,
  stored: StoredAccount | undefined,
): OpenedAccount => {
  if (stored === undefined || stored.deleted) throw new NotSent('account_gone');
  const connector = parts.directory.connectors.get(stored.connector);
  const functions = parts.functions.get(stored.connector);
  if (connector === undefined || functions === undefined) throw new NotSent('connector_gone');
  const settings = openSettings(parts.directory.settingsKey, scope, stored);
  const judge = judgeOf(parts.directory.places, connector.definition, scope.livemode);
  return {
    account: { id: stored.id, connector: stored.connector, settings, judge },
    functions,
    hidden: secretTexts(connector.definition, settings),
  };
};

const FOLLOWED_MAX = 10;

/** What it follows, and the payment with which it all began. */
export const originalOf = async (
  context: Context,
  scope: Scope,
  request: Request,
): Promise<Original | null> => {
  if (!isFollowing(request)) return null;
  const [known, asked] = await Promise.all([
    loadKnown(context, scope, request.original),
    loadRequest(context, scope, request.original),
  ]);
  if (known === undefined) throw new NotSent('original_gone');
  const { operation, evidence } = known;

  let began = asked;
  for (let steps = 0; began !== undefined && isFollowing(began); steps += 1) {
    if (steps === FOLLOWED_MAX) throw new NotSent('original_gone');
    began = await loadRequest(context, scope, began.original);
  }
  if (began === undefined) throw new NotSent('original_gone');
  return { operation, request: began, conclusion: conclude(operation, evidence) };
};

/** A security code that provably went to nobody is there for whoever is asked next, as its card is. */
const keepingCode = async <T>(
  context: Context,
  { scope, cvcFor }: Opening,
  code: Buffer,
  use: () => Promise<T>,
): Promise<T> => {
  const cvc = Buffer.from(code);
  try {
    const outcome = await use();
    if (isNotSent(outcome)) await holdAgain();
    return outcome;
  } catch (error) {
    if (error instanceof NotSent) await holdAgain();
    throw error;
  } finally {
    cvc.fill(0);
  }

  async function holdAgain(): Promise<void> {
    if (cvcFor === undefined) return;
    await vaultOf(context)
      .holdCvc(context, { scope, cvcFor, cvc })
      .catch((error: unknown) => {
        // Whoever is asked next is asked without it, as a payer is who gave none.
        context.log.warn({ error }, 'A security code that was not sent could not be kept');
      });
  }
};

const isNotSent = (outcome: unknown): boolean =>
  typeof outcome === 'object' &&
  outcome !== null &&
  'outcome' in outcome &&
  outcome.outcome === 'not_sent';

/** What the card's opener says before `use` began has sent nothing; what `use` throws is its own. */
const cardOpener =
  (
    context: Context,
    scope: Scope,
    operation: Operation,
    request: Request,
    {
      hidden,
      expected,
    }: { readonly hidden: string[]; readonly expected: ExpectedCard | undefined },
  ): Call<Request>['withCard'] =>
  async (use) => {
    const opening = openingOf(scope, operation, request);
    if (opening === null) throw new NotSent('no_card');
    let began = false;
    try {
      const opened = await vaultOf(context).withCard(
        context,
        expected === undefined ? opening : { ...opening, expected },
        (open) => {
          began = true;
          hidden.push(open.number.toString('latin1'));
          if (open.cvc === null) return use(open);
          hidden.push(open.cvc.toString('latin1'));
          return keepingCode(context, opening, open.cvc, () => use(open));
        },
      );
      if (opened.ok) return opened.value;
    } catch (error) {
      if (began) throw error;
      throw new NotSent('vault_unavailable', { cause: error });
    }
    throw new NotSent('card_gone');
  };
