// pain.002.001.10: what became of a file of payments, as far as it is known when it is asked for. The
// first answer to a file says what was taken; later ones what was carried out, rejected or returned.

import type { PaymentFile } from './bank-fact.ts';
import type { BankState, PaymentState } from './bank-state.ts';
import { lettersOf, spellAmount } from './currencies.ts';
import { BANK_BIC } from './iban.ts';
import type { FileRefusal } from './payment-file.ts';
import { type Node, spellXml } from './xml.ts';

const PAIN_002 = 'urn:iso:std:iso:20022:tech:xsd:pain.002.001.10';

/** Accepted for execution, settled, rejected; a return is a rejection that came late. */
const codes: Readonly<Record<PaymentState, string>> = {
  accepted: 'ACSP',
  executed: 'ACSC',
  rejected: 'RJCT',
  returned: 'RJCT',
};

export const statusOfRefusal = (refusal: FileRefusal, nowMs: number): string => {
  const { messageId, sha256, reason, says } = refusal;
  const answer = `REF-${sha256.slice(0, 24)}`;
  return spellStatus(answer, nowMs, messageId, ['RJCT', reasonOf(reason, says)], []);
};

export const statusOfFile = (bank: BankState, file: PaymentFile, nowMs: number): string => {
  const { messageId, sha256, payments, refused } = file;
  const taken = payments.map((payment): Node => {
    const known = bank.payments.get(payment.id);
    const state = known?.state ?? 'accepted';
    return transaction({
      id: payment.id,
      endToEndId: payment.endToEndId,
      instructionId: payment.instructionId,
      code: codes[state],
      reason: known?.reason ? reasonOf(known.reason, `The payment was ${state}.`) : undefined,
      amount: spellAmount(payment.amountMinor, payment.currency),
      currency: lettersOf(payment.currency),
    });
  });
  const left = refused.map(({ endToEndId, reason, says }) =>
    transaction({ endToEndId, code: 'RJCT', reason: reasonOf(reason, says) }),
  );
  const group = refused.length === 0 ? 'ACCP' : payments.length === 0 ? 'RJCT' : 'PART';
  const answer = `STS-${sha256.slice(0, 24)}`;
  return spellStatus(answer, nowMs, messageId, [group], [...taken, ...left]);
};

type Told = {
  readonly id?: string | undefined;
  readonly endToEndId: string;
  readonly instructionId?: string | undefined;
  readonly code: string;
  readonly reason?: Node | undefined;
  readonly amount?: string;
  readonly currency?: string;
};

const transaction = (told: Told): Node => [
  'TxInfAndSts',
  [
    told.id === undefined ? undefined : ['StsId', told.id],
    told.instructionId === undefined ? undefined : ['OrgnlInstrId', told.instructionId],
    told.endToEndId === '' ? undefined : ['OrgnlEndToEndId', told.endToEndId.slice(0, 35)],
    ['TxSts', told.code],
    told.reason,
    told.amount === undefined
      ? undefined
      : ['OrgnlTxRef', [['Amt', [[`InstdAmt Ccy="${told.currency}"`, told.amount]]]]],
  ],
];

const reasonOf = (code: string, says: string): Node => [
  'StsRsnInf',
  [
    ['Rsn', [['Cd', code]]],
    ['AddtlInf', says.slice(0, 105)],
  ],
];

const spellStatus = (
  id: string,
  nowMs: number,
  messageId: string,
  [group, reason]: readonly [string, Node?],
  transactions: readonly Node[],
): string =>
  spellXml([
    `Document xmlns="${PAIN_002}"`,
    [
      [
        'CstmrPmtStsRpt',
        [
          [
            'GrpHdr',
            [
              ['MsgId', id],
              ['CreDtTm', new Date(nowMs).toISOString()],
              ['DbtrAgt', [['FinInstnId', [['BICFI', BANK_BIC]]]]],
            ],
          ],
          [
            'OrgnlGrpInfAndSts',
            [
              ['OrgnlMsgId', messageId || 'NOTPROVIDED'],
              ['OrgnlMsgNmId', 'pain.001.001.09'],
              ['GrpSts', group],
              reason,
            ],
          ],
          transactions.length === 0
            ? undefined
            : ['OrgnlPmtInfAndSts', [['OrgnlPmtInfId', messageId], ...transactions]],
        ],
      ],
    ],
  ]);
