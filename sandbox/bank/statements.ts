// Statements: for each account one for each day of the bank on which something was booked, numbered
// without gaps, each beginning where the one before ended. A statement is made of what is written, and
// is the same to the byte whenever it is asked for.

import type { BankAccount, BankEntry, BankState, EntryKind } from './bank-state.ts';
import { closesAt, opensAt } from './bank-state.ts';
import { lettersOf, spellAmount } from './currencies.ts';
import { BANK_BIC } from './iban.ts';
import { type Node, spellXml } from './xml.ts';

const CAMT_053 = 'urn:iso:std:iso:20022:tech:xsd:camt.053.001.08';

export type Statement = {
  readonly iban: string;
  readonly holder: string;
  readonly currency: string;
  readonly number: number;
  readonly day: string;
  readonly openingMinor: bigint;
  readonly closingMinor: bigint;
  readonly entries: readonly BankEntry[];
};

export const statementsOf = (bank: BankState, account: BankAccount): readonly Statement[] => {
  const { iban, holder, currency } = account;
  const statements: Statement[] = [];
  let openingMinor = 0n;
  for (const [day, entries] of Map.groupBy(account.entries, (entry) => entry.day)) {
    // A day that goes on may still get entries.
    if (day >= bank.bankDay) break;
    const closingMinor = entries.reduce((sum, entry) => sum + entry.amountMinor, openingMinor);
    const number = statements.length + 1;
    statements.push({ iban, holder, currency, number, day, openingMinor, closingMinor, entries });
    openingMinor = closingMinor;
  }
  return statements;
};

export const spellStatement = (statement: Statement): string => {
  const { iban, holder, currency, number, day, entries } = statement;
  const created = new Date(closesAt(day)).toISOString();
  const id = `${iban}-${String(number).padStart(5, '0')}`.slice(-35);
  return spellXml([
    `Document xmlns="${CAMT_053}"`,
    [
      [
        'BkToCstmrStmt',
        [
          [
            'GrpHdr',
            [
              ['MsgId', `STM-${iban.slice(-10)}-${number}`],
              ['CreDtTm', created],
            ],
          ],
          [
            'Stmt',
            [
              ['Id', id],
              ['ElctrncSeqNb', String(number)],
              ['LglSeqNb', String(number)],
              ['CreDtTm', created],
              [
                'FrToDt',
                [
                  ['FrDtTm', `${day}T00:00:00.000Z`],
                  ['ToDtTm', created],
                ],
              ],
              [
                'Acct',
                [
                  ['Id', [['IBAN', iban]]],
                  ['Ccy', lettersOf(currency)],
                  ['Ownr', [['Nm', holder]]],
                  ['Svcr', [['FinInstnId', [['BICFI', BANK_BIC]]]]],
                ],
              ],
              balance('OPBD', statement.openingMinor, currency, day),
              balance('CLBD', statement.closingMinor, currency, day),
              summary(entries, currency),
              ...entries.map((entry, at) => spellEntry(entry, currency, `${number}-${at + 1}`)),
            ],
          ],
        ],
      ],
    ],
  ]);
};

const signOf = (amountMinor: bigint): Node => ['CdtDbtInd', amountMinor < 0n ? 'DBIT' : 'CRDT'];
const amount = (amountMinor: bigint, currency: string): Node => [
  `Amt Ccy="${lettersOf(currency)}"`,
  spellAmount(amountMinor, currency),
];

const balance = (code: string, amountMinor: bigint, currency: string, day: string): Node => [
  'Bal',
  [
    ['Tp', [['CdOrPrtry', [['Cd', code]]]]],
    amount(amountMinor, currency),
    signOf(amountMinor),
    ['Dt', [['Dt', day]]],
  ],
];

const summary = (entries: readonly BankEntry[], currency: string): Node => {
  const of = (isCredit: boolean): Node[] => {
    const found = entries.filter(({ amountMinor }) => amountMinor > 0n === isCredit);
    const sum = found.reduce((total, { amountMinor }) => total + amountMinor, 0n);
    return [
      ['NbOfNtries', String(found.length)],
      ['Sum', spellAmount(sum, currency)],
    ];
  };
  return [
    'TxsSummry',
    [
      ['TtlNtries', [['NbOfNtries', String(entries.length)]]],
      ['TtlCdtNtries', of(true)],
      ['TtlDbtNtries', of(false)],
    ],
  ];
};

/** ISO 20022's transaction codes: domain, family, sub-family. */
const transactionCodes: Readonly<Record<EntryKind, readonly [string, string]>> = {
  network_settlement: ['RCDT', 'DMCT'],
  acquirer_funding: ['RCDT', 'ESCT'],
  payment: ['ICDT', 'ESCT'],
  incoming_payment: ['RCDT', 'ESCT'],
  payment_return: ['ICDT', 'RRTN'],
};

const spellEntry = (entry: BankEntry, currency: string, reference: string): Node => {
  const { amountMinor, day, kind } = entry;
  const isDebit = amountMinor < 0n;
  const [family, subFamily] = transactionCodes[kind];
  const party: Node[] =
    entry.counterparty === '' ? [] : [['Pty', [['Nm', entry.counterparty.slice(0, 140)]]]];
  const account: Node[] =
    entry.counterpartyIban === '' ? [] : [['Id', [['IBAN', entry.counterpartyIban]]]];
  const parties: Node[] = [
    ...(party.length > 0 ? [[isDebit ? 'Cdtr' : 'Dbtr', party] satisfies Node] : []),
    ...(account.length > 0 ? [[isDebit ? 'CdtrAcct' : 'DbtrAcct', account] satisfies Node] : []),
  ];
  return [
    'Ntry',
    [
      ['NtryRef', reference],
      amount(amountMinor, currency),
      signOf(amountMinor),
      ['Sts', [['Cd', 'BOOK']]],
      ['BookgDt', [['DtTm', new Date(opensAt(day)).toISOString()]]],
      ['ValDt', [['Dt', day]]],
      ['AcctSvcrRef', entry.reference],
      [
        'BkTxCd',
        [
          [
            'Domn',
            [
              ['Cd', 'PMNT'],
              [
                'Fmly',
                [
                  ['Cd', family],
                  ['SubFmlyCd', subFamily],
                ],
              ],
            ],
          ],
        ],
      ],
      [
        'NtryDtls',
        [
          [
            'TxDtls',
            [
              [
                'Refs',
                [
                  ['AcctSvcrRef', entry.reference],
                  ['EndToEndId', entry.endToEndId || 'NOTPROVIDED'],
                ],
              ],
              amount(amountMinor, currency),
              signOf(amountMinor),
              parties.length === 0 ? undefined : ['RltdPties', parties],
              entry.remittance === ''
                ? undefined
                : ['RmtInf', [['Ustrd', entry.remittance.slice(0, 140)]]],
              entry.reason === '' ? undefined : ['RtrInf', [['Rsn', [['Cd', entry.reason]]]]],
            ],
          ],
        ],
      ],
    ],
  ];
};
