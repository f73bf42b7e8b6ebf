// Disputes: the feed in which the acquirer tells of them, the merchant's answers, and disputes on demand.

import { lettersOf } from '../bank/currencies.ts';
import { digestOf } from '../bank/payment-file.ts';
import {
  type DisputeEvent,
  type DisputeReason,
  disputableOf,
  disputeReasons,
  kindOfEvidence,
  next,
} from '../disputes/dispute.ts';
import { canBeTaken, disputeId, happen, openDispute } from '../disputes/dispute-agenda.ts';
import type { KnownDispute, Notice } from '../disputes/dispute-state.ts';
import type { Approval } from '../issuer/approval.ts';
import type { Fact } from '../world/fact.ts';
import type { State } from '../world/state.ts';
import {
  type Controlled,
  countOf,
  fieldsOf,
  momentOf,
  ok,
  PAGE_ROWS_MAX,
  type Reply,
  type Routes,
  refuse,
} from './controlled.ts';

const EVIDENCE_CHARACTERS_MAX = 150_000;

export const disputeRoutes = ({ context: { seed }, world }: Controlled): Routes => {
  /** Decides when it is its turn, so that nothing comes between the look and the act. */
  const act = async (
    decide: (state: State, nowMs: number) => Reply | { readonly facts: readonly Fact[] },
    answer: () => Reply,
  ): Promise<Reply> => {
    let refused: Reply | undefined;
    await world.act((state, nowMs) => {
      const decided = decide(state, nowMs);
      if ('facts' in decided) return decided.facts;
      refused = decided;
      return [];
    });
    return refused ?? answer();
  };

  const move = (
    id: string,
    event: DisputeEvent,
    given?: { readonly kind: ReturnType<typeof kindOfEvidence>; readonly digest: string },
  ): Promise<Reply> =>
    act(
      (state, nowMs) => {
        const dispute = state.disputes.disputes.get(id);
        if (dispute === undefined) return refuse(404, 'There is no such dispute.');
        const moved = next(dispute, event);
        if (moved === undefined) {
          return refuse(409, `A dispute that is ${dispute.status} does not take that.`);
        }
        const parts = { seed, disputes: state.disputes, approvals: state.approvals };
        if (moved.movedMinor < 0n && !canBeTaken(parts, dispute)) {
          return refuse(409, 'What was refunded cannot be charged back as well.');
        }
        return { facts: [happen(dispute, event, nowMs, given)] };
      },
      () => ok(disputeView(world.state.disputes.disputes.get(id) as KnownDispute)),
    );

  return {
    'GET /acquirer/disputes': ({ query }) => {
      const [merchant, after] = [query.get('merchant'), countOf(query, 'after', 0)];
      const limit = Math.min(countOf(query, 'limit', 100), PAGE_ROWS_MAX);
      const { notices } = world.state.disputes;
      const found = notices.filter(({ number, approvalId }) => {
        if (number <= after) return false;
        return merchant === null || world.state.approvals.get(approvalId)?.merchant === merchant;
      });
      const page = found.slice(0, limit);
      return ok({
        notices: page.map((notice) => noticeView(world.state, notice)),
        next: page.at(-1)?.number ?? after,
        has_more: found.length > page.length,
      });
    },
    'GET /acquirer/disputes/*': ({ params: [id = ''] }) => {
      const dispute = world.state.disputes.disputes.get(id);
      return dispute === undefined
        ? refuse(404, 'There is no such dispute.')
        : ok(disputeView(dispute));
    },
    'POST /acquirer/disputes/*/evidence': ({ params: [id = ''], body }) => {
      const { text } = fieldsOf(body);
      if (typeof text !== 'string' || text === '' || text.length > EVIDENCE_CHARACTERS_MAX) {
        return refuse(400, `\`text\` has 1 to ${EVIDENCE_CHARACTERS_MAX} characters.`);
      }
      return move(id, 'evidence', { kind: kindOfEvidence(text), digest: digestOf(text) });
    },
    'POST /acquirer/disputes/*/accept': ({ params: [id = ''] }) => move(id, 'accepted'),
    'POST /disputes/*/reopen': ({ params: [id = ''] }) => move(id, 'reopened'),
    'POST /disputes/*/escalate': ({ params: [id = ''] }) => move(id, 'escalated'),
    'POST /disputes': ({ body }) => {
      const asked = openingOf(body);
      if (asked === undefined) {
        return refuse(
          400,
          `\`reference\` of a payment, \`reason\` (${disputeReasons.join(', ')}), \`stage\` (chargeback or inquiry), and perhaps \`amount_minor\`.`,
        );
      }
      let id = '';
      return act(
        (state, nowMs) => {
          const approval = approvalBy(state, asked.reference);
          if (approval === undefined) return refuse(404, 'There is no such payment.');
          const left = disputableOf(approval);
          const amountMinor = asked.amountMinor ?? left;
          if (amountMinor <= 0n || amountMinor > left) {
            return refuse(409, 'There is not so much left to dispute.');
          }
          id = disputeId(seed, approval.id, 'demand', String(state.disputes.disputes.size));
          return { facts: [openDispute(approval, { ...asked, id, amountMinor }, nowMs)] };
        },
        () => ok(disputeView(world.state.disputes.disputes.get(id) as KnownDispute)),
      );
    },
    'PUT /prevention': async ({ body }) => {
      const { merchant, is_on: isOn } = fieldsOf(body);
      if (typeof merchant !== 'string' || typeof isOn !== 'boolean') {
        return refuse(400, '`merchant`, and `is_on` true or false.');
      }
      await world.note({ fact: 'prevention_set', merchant, isOn });
      return ok({ merchant, is_on: isOn });
    },
  };
};

const openingOf = (body: unknown) => {
  const {
    reference,
    reason = 'fraudulent',
    stage = 'chargeback',
    amount_minor: amount,
  } = fieldsOf(body);
  if (typeof reference !== 'string' || !disputeReasons.includes(reason as DisputeReason)) {
    return undefined;
  }
  if (stage !== 'chargeback' && stage !== 'inquiry') return undefined;
  if (amount !== undefined && (!Number.isSafeInteger(amount) || (amount as number) <= 0)) {
    return undefined;
  }
  const given = amount === undefined ? undefined : BigInt(amount as number);
  return {
    reference,
    reason: reason as DisputeReason,
    stage: stage as 'chargeback' | 'inquiry',
    programmes: [],
    amountMinor: given,
  };
};

const approvalBy = (state: State, reference: string): Approval | undefined =>
  [...state.approvals.values()].findLast(
    (approval) =>
      (approval.rrn === reference || approval.paymentReference === reference) &&
      approval.capturedMinor > 0n,
  );

const disputeView = (dispute: KnownDispute) => ({
  id: dispute.id,
  rrn: dispute.rrn,
  terminal: dispute.terminal,
  merchant: dispute.merchant,
  reference: dispute.reference,
  network: dispute.network,
  currency: lettersOf(dispute.currency),
  amount_minor: dispute.amountMinor,
  reason: dispute.reason,
  reason_code: dispute.reasonCode,
  programmes: dispute.programmes,
  stage: dispute.stage,
  status: dispute.status,
  evidence: dispute.evidence ?? null,
  opened_at: momentOf(dispute.openedAtMs),
  respond_by: momentOf(dispute.respondByMs),
});

const noticeView = (state: State, notice: Notice) => {
  const approval = state.approvals.get(notice.approvalId);
  return {
    number: notice.number,
    at: momentOf(notice.atMs),
    type: `${notice.subject}.${notice.what}`,
    rrn: approval?.rrn,
    terminal: approval?.terminal,
    merchant: approval?.merchant,
    reference: approval?.paymentReference ?? '',
    currency: lettersOf(approval?.currency ?? ''),
    moved_minor: notice.movedMinor,
    ...(notice.dispute === undefined ? {} : { dispute: disputeView(notice.dispute) }),
    ...(notice.warningId === undefined ? {} : { warning: notice.warningId }),
    ...(notice.refundKey === undefined ? {} : { refund: refundView(state, notice.refundKey) }),
  };
};

/** A refund is named by the numbers of its own message. */
const refundView = (state: State, key: string) => {
  const identity = state.known.get(key)?.identity;
  return { rrn: identity?.rrn, stan: identity?.stan, amount_minor: identity?.amountMinor };
};
