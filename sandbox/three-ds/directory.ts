// The directory server, and behind it the banks of the cards: which cards can be asked about, and what
// the bank says of one payment. Everything that was said stands in the journal before it is answered.

import { createHmac } from 'node:crypto';
import { cardTokenOf, type SandboxContext } from '../context.ts';
import { type Card, cardByNumber, testCards } from '../issuer/test-cards.ts';
import type { SandboxWorld } from '../world/world.ts';
import {
  type Authentication,
  type Behaviour,
  cavvOf,
  decideStatus,
  eciOf,
  isEnrolled,
} from './authentication.ts';

export type Json = Readonly<Record<string, unknown>>;

/** What is remembered of a payment whose holder is being asked, in memory alone. */
export type Asking = {
  readonly authentication: Authentication;
  readonly merchantName: string;
  readonly last4: string;
  readonly exponent: number;
  readonly notificationUrl: string;
  readonly resultsUrl: string;
  readonly version: string;
  readonly code: string;
  tries: number;
};

export type Directory = {
  readonly behaviourOf: (card: Card) => Behaviour;
  setBehaviour(number: string, behaviour: Behaviour): void;
  cards(request: Json): Json;
  /** `lie` is added to the amount that the value is made over. */
  ask(request: Json, how: { readonly acsUrl: string; readonly lie: bigint }): Promise<AskAnswer>;
};

export type AskAnswer = { readonly answer: Json; readonly asking?: Asking };

export const createDirectory = ({ seed }: SandboxContext, world: SandboxWorld): Directory => {
  const set = new Map<string, Behaviour>();
  const behaviourOf = ({ number, later }: Card): Behaviour => set.get(number) ?? later.directory;

  const ask: Directory['ask'] = async (request, { acsUrl, lie }) => {
    const text = (name: string): string => String(request[name] ?? '');
    const [server, number] = [text('threeDSServerTransID'), text('acctNumber')];
    const wrong = wrongFieldOf(request);
    if (wrong !== undefined) return { answer: errorOf(request, '203', wrong) };
    const card = cardByNumber(number);
    const behaviour = card === undefined ? 'not_enrolled' : behaviourOf(card);
    const payment = {
      amountMinor: BigInt(text('purchaseAmount') || '0'),
      currency: text('purchaseCurrency') || '999',
      challengeIndicator: text('threeDSRequestorChallengeInd') || '01',
    };
    const status = card === undefined ? 'U' : decideStatus(card, behaviour, payment);
    if (status === 'error') return { answer: errorOf(request, '404', 'The bank made a mistake.') };
    if (card === undefined) return { answer: errorOf(request, '305', 'acctNumber') };

    const eci = eciOf(card.network, status);
    const authentication: Authentication = {
      id: uuidOf(seed, 'directory', server),
      acsTransactionId: uuidOf(seed, 'bank', server),
      serverTransactionId: server,
      card: cardTokenOf(seed, number),
      network: card.network,
      merchant: text('acquirerMerchantID'),
      ...payment,
      status,
      ...(eci === undefined ? {} : { eci }),
    };
    await world.note({ fact: 'authentication_asked', authentication });
    const version = text('messageVersion');
    const answer = {
      messageType: 'ARes',
      messageVersion: version,
      threeDSServerTransID: server,
      acsTransID: authentication.acsTransactionId,
      dsTransID: authentication.id,
      dsReferenceNumber: 'SANDBOX-DS',
      acsReferenceNumber: 'SANDBOX-ACS',
      transStatus: status,
      ...proofIn(seed, authentication, lie),
      ...(status === 'C'
        ? { acsURL: acsUrl, acsChallengeMandated: 'Y', authenticationType: '02' }
        : {}),
    };
    if (status !== 'C') return { answer };
    const asking: Asking = {
      authentication,
      merchantName: text('merchantName'),
      last4: number.slice(-4),
      exponent: Number(request['purchaseExponent'] ?? 2),
      notificationUrl: text('notificationURL'),
      resultsUrl: text('threeDSServerURL'),
      version,
      code: codeOf(seed, authentication.acsTransactionId),
      tries: 0,
    };
    return { answer, asking };
  };

  return {
    behaviourOf,
    setBehaviour: (number, behaviour) => void set.set(number, behaviour),
    cards: (request) => ({
      messageType: 'PRes',
      messageVersion: request['messageVersion'] ?? '2.2.0',
      threeDSServerTransID: request['threeDSServerTransID'],
      dsTransID: uuidOf(seed, 'cards', String(request['threeDSServerTransID'])),
      serialNum: '1',
      cardRangeData: testCards
        .filter((card) => isEnrolled(behaviourOf(card)))
        .map(({ number }) => ({
          startRange: number,
          endRange: number,
          acsStartProtocolVersion: '2.1.0',
          acsEndProtocolVersion: '2.2.0',
        })),
    }),
    ask,
  };
};

/** The value and its indicator, where there is something to prove. */
export const proofIn = (seed: string, it: Authentication, lie: bigint): Json => {
  const { status, eci } = it;
  const indicator = eci === undefined ? {} : { eci };
  if (status !== 'Y' && status !== 'A') return indicator;
  const amountMinor = it.amountMinor + lie;
  return { ...indicator, authenticationValue: cavvOf(seed, { ...it, amountMinor }) };
};

const forms: Readonly<Record<string, RegExp>> = {
  messageVersion: /^2\.[12]\.0$/,
  threeDSServerTransID: /^[0-9a-f-]{36}$/,
  threeDSServerURL: /^https?:\/\//,
  notificationURL: /^https?:\/\//,
  acctNumber: /^\d{13,19}$/,
  acquirerBIN: /^\d{1,11}$/,
  acquirerMerchantID: /^.{1,35}$/,
  merchantName: /^.{1,40}$/,
  mcc: /^\d{4}$/,
  merchantCountryCode: /^\d{3}$/,
  browserAcceptHeader: /^.{1,2048}$/,
  browserUserAgent: /^.{1,2048}$/,
  threeDSRequestorChallengeInd: /^(?:0[1-9])?$/,
};
const formsOfPayment: Readonly<Record<string, RegExp>> = {
  purchaseAmount: /^\d{1,48}$/,
  purchaseCurrency: /^\d{3}$/,
  purchaseExponent: /^\d$/,
  purchaseDate: /^\d{14}$/,
};

const wrongFieldOf = (request: Json): string | undefined => {
  const wanted = request['messageCategory'] === '01' ? { ...forms, ...formsOfPayment } : forms;
  return Object.entries(wanted).find(
    ([name, form]) => !form.test(String(request[name] ?? '')),
  )?.[0];
};

export const errorOf = (request: Json, code: string, detail: string): Json => ({
  messageType: 'Erro',
  messageVersion: '2.2.0',
  threeDSServerTransID: request['threeDSServerTransID'],
  errorCode: code,
  errorComponent: 'D',
  errorDescription: 'The request cannot be answered.',
  errorDetail: detail,
});

const uuidOf = (seed: string, ...words: readonly string[]): string => {
  const hex = createHmac('sha256', seed).update(JSON.stringify(words)).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
};

const codeOf = (seed: string, acs: string): string =>
  String(
    createHmac('sha256', seed).update(`code ${acs}`).digest().readUInt32BE(0) % 1_000_000,
  ).padStart(6, '0');
