// The acquirer's feed of disputes, and the answers to it, over HTTP. What the bank calls a status is one of
// ours already; what it writes otherwise is read here, and what is not understood stops the feed rather
// than being skipped.

import { assert } from '#kit/assert';
import { NumberText, parseJsonText } from '#kit/http-client';
import { DID_NOT_ARRIVE, findOperationOf } from '#rails/acquiring';
import type {
  AccountCall,
  ConnectorAccount,
  DisputeAnswer,
  DisputeNotice,
  DisputeReader,
  DisputeReason,
  DisputeStatus,
  DisputeTold,
} from '#rails/connectors';
import { loadOperation, type Outcome } from '#rails/operations';
import { settingsOf } from './settings.ts';

const PAGE = 100;

export const disputes: DisputeReader = {
  isOn: (account) => addressOf(account) !== null,
  poll: async (call, cursor) => {
    const { merchant_id: merchant } = settingsOf(call.account.settings);
    const query = new URLSearchParams({ after: cursor ?? '0', merchant, limit: String(PAGE) });
    const { status, body } = await ask(call, 'GET', `?${query.toString()}`);
    assert(status === 200 && Array.isArray(body['notices']), 'The feed answers with notices');
    const notices: DisputeNotice[] = [];
    for (const each of body['notices'] as Json[]) {
      const notice = await noticeOf(call, each);
      if (notice !== null) notices.push(notice);
    }
    return { notices, cursor: textOf(body, 'next'), hasMore: body['has_more'] === true };
  },
  submitEvidence: async (call, { providerId, text }) =>
    answerOf(await ask(call, 'POST', `/${encodeURIComponent(providerId)}/evidence`, { text })),
  accept: async (call, { providerId }) =>
    answerOf(await ask(call, 'POST', `/${encodeURIComponent(providerId)}/accept`, {})),
};

type Json = Readonly<Record<string, unknown>>;
type Answer = { readonly status: number; readonly body: Json };

const addressOf = ({ settings }: ConnectorAccount): string | null =>
  settingsOf(settings).disputes_url?.replace(/\/+$/, '') ?? null;

const ask = async (
  { http, account }: AccountCall,
  method: 'GET' | 'POST',
  path: string,
  body?: Json,
): Promise<Answer> => {
  const answer = await http({
    method,
    url: `${addressOf(account)}${path}`,
    headers: { 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const read = parseJsonText(answer.body.toString());
  assert(typeof read === 'object' && read !== null, 'The bank answers in JSON');
  return { status: answer.status, body: read as Json };
};

/** 409: it is decided, or was answered before, perhaps by this very call whose answer was lost. */
const answerOf = ({ status }: Answer): DisputeAnswer => {
  assert(status === 200 || status === 409, 'The bank takes an answer or is past it');
  return status === 200 ? 'taken' : 'refused';
};

const noticeOf = async (call: AccountCall, told: Json): Promise<DisputeNotice | null> => {
  const common = { key: textOf(told, 'number'), atMs: momentOf(told, 'at') };
  const type = textOf(told, 'type');
  if (type === 'early_fraud_warning.created') {
    const warning = { providerId: textOf(told, 'warning'), reference: textOf(told, 'reference') };
    return { ...common, kind: 'fraud_warning', warning };
  }
  if (type.startsWith('dispute.')) return { ...common, kind: 'dispute', dispute: disputeOf(told) };
  // That it is on its way was told when the refund was answered.
  const isTold = type === 'refund.failed' || type === 'refund.settled';
  return isTold ? refundTold(call, common, told) : null;
};

const refundTold = async (
  { context, scope }: AccountCall,
  common: Pick<DisputeNotice, 'key' | 'atMs'>,
  told: Json,
): Promise<DisputeNotice | null> => {
  const refund = told['refund'] as Json;
  const operationId = await findOperationOf(context, scope, {
    rrn: textOf(refund, 'rrn'),
    stan: textOf(refund, 'stan'),
    terminal: textOf(told, 'terminal'),
  });
  const operation = operationId === null ? null : await loadOperation(context, scope, operationId);
  // Of another merchant account at the same bank.
  if (operation === null || operation === undefined) return null;
  const { reference } = operation;
  const says: Outcome =
    textOf(told, 'type') === 'refund.failed'
      ? { outcome: 'reversed', code: DID_NOT_ARRIVE }
      : {
          outcome: 'approved',
          amount: BigInt(textOf(refund, 'amount_minor')),
          currency: textOf(told, 'currency').toLowerCase(),
          reference,
        };
  return { ...common, kind: 'operation', said: { of: { reference }, says } };
};

const disputeOf = (told: Json): DisputeTold => {
  const dispute = told['dispute'] as Json;
  const status = textOf(dispute, 'status');
  assert(statuses.has(status), 'The status of a dispute is one of the table');
  const reason = textOf(dispute, 'reason');
  assert(reasons.has(reason), 'The reason of a dispute is one of the table');
  return {
    providerId: textOf(dispute, 'id'),
    reference: textOf(dispute, 'reference'),
    status: status as DisputeStatus,
    reason: reason as DisputeReason,
    networkReasonCode: textOf(dispute, 'reason_code'),
    currency: textOf(dispute, 'currency').toLowerCase(),
    amount: BigInt(textOf(dispute, 'amount_minor')),
    moved: BigInt(textOf(told, 'moved_minor')),
    openedAtMs: momentOf(dispute, 'opened_at'),
    respondByMs: momentOf(dispute, 'respond_by'),
    eligibleFor: eligibilities(dispute),
  };
};

const statuses: ReadonlySet<string> = new Set<DisputeStatus>([
  'warning_needs_response',
  'warning_under_review',
  'warning_closed',
  'needs_response',
  'under_review',
  'won',
  'lost',
  'prevented',
]);

const reasons: ReadonlySet<string> = new Set<DisputeReason>([
  'fraudulent',
  'product_not_received',
  'general',
  'noncompliant',
]);

const eligibilities = (dispute: Json): string[] => {
  const programmes = dispute['programmes'] as string[];
  const network = textOf(dispute, 'network');
  return programmes.flatMap((programme) => {
    if (programme === 'visa_compelling_evidence_3') return [programme];
    if (programme !== 'compliance') return [];
    return network === 'mastercard' ? ['mastercard_compliance'] : ['visa_compliance'];
  });
};

const textOf = (json: Json, name: string): string => {
  const value = json[name];
  const text = value instanceof NumberText ? value.text : value;
  assert(typeof text === 'string', `The bank says ${name}`);
  return text;
};

const momentOf = (json: Json, name: string): number => {
  const ms = Date.parse(textOf(json, name));
  assert(Number.isFinite(ms), `The bank says when: ${name}`);
  return ms;
};
