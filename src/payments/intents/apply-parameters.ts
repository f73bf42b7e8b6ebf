// What an intent becomes by what was asked: pure, and the same for create, update and confirm. A field that
// was not sent keeps its value; null, sent as an empty string, unsets it.

import type { Static } from 'typebox';
import { emptyAddress, wayToPay, withoutLink } from '#cards/methods';
import { checkAmount, type Shipping } from '#payments/charges';
import { ApiError, mergeMetadata } from '#platform/http';
import { withAwayOptions } from './away-options.ts';
import type { confirmParameters, createParameters, updateParameters } from './intent-parameters.ts';
import { mandateOptionsOf } from './mandate-options.ts';
import { withOrderDetails } from './order-details.ts';
import type { CardOptions, PaymentIntent } from './payment-intent.ts';
import { unknownType } from './ways-of-intent.ts';

export type Asked = Partial<
  Omit<
    Static<typeof createParameters> &
      Static<typeof updateParameters> &
      Static<typeof confirmParameters>,
    'payment_method'
  >
>;

export const applyParameters = (intent: PaymentIntent, asked: Asked): PaymentIntent => {
  refuseWhatCannotBe(asked);
  refuseByTelephone(asked.payment_method_options?.card?.moto);
  refuseInstallments(asked.payment_method_options?.card?.installments?.plan);
  refuseForeignProof(asked.payment_method_options?.card?.three_d_secure);
  const currency = asked.currency ?? intent.currency;
  const amount = asked.amount === undefined ? intent.amount : BigInt(asked.amount);
  if (asked.amount !== undefined || asked.currency !== undefined) {
    checkAmount(amount, currency);
  }
  const { types, allowedTypes, automaticMethods } = typesOf(intent, asked);
  // One spread, in front: after a later one V8 adds name by name, at ten times the cost, until it knows better.
  const applied: PaymentIntent = {
    ...withOrderDetails(intent, asked, amount),
    types,
    allowedTypes,
    automaticMethods,
    currency,
    amount,
    captureMethod: asked.capture_method ?? intent.captureMethod,
    confirmationMethod: asked.confirmation_method ?? intent.confirmationMethod,
    cardOptions: mergeCardOptions(intent.cardOptions, asked.payment_method_options?.card),
    description: changed(intent.description, asked.description),
    metadata: mergeMetadata(intent.metadata, asked.metadata),
    receiptEmail: changed(intent.receiptEmail, asked.receipt_email),
    returnUrl: asked.return_url ?? intent.returnUrl,
    setupFutureUsage:
      asked.save_payment_method === true
        ? 'off_session'
        : changed(intent.setupFutureUsage, asked.setup_future_usage),
    shipping: asked.shipping === undefined ? intent.shipping : shippingOf(asked.shipping),
    statementDescriptor: descriptor(
      'statement_descriptor',
      changed(intent.statementDescriptor, asked.statement_descriptor),
    ),
    statementDescriptorSuffix: descriptor(
      'statement_descriptor_suffix',
      changed(intent.statementDescriptorSuffix, asked.statement_descriptor_suffix),
    ),
    transferGroup: asked.transfer_group ?? intent.transferGroup,
  };
  const seen = asked.radar_options?.session;
  const told = seen === undefined ? applied : { ...applied, radarSession: seen };
  const opted = withAwayOptions(told, asked.payment_method_options);
  return withExcluded(opted, asked.excluded_payment_method_types);
};

const changed = <T>(old: T | null, asked: T | null | undefined): T | null =>
  asked === undefined ? old : asked;

/** A type that nobody knows is refused by the older name; whether the account takes it, is asked where it counts. */
const typesOf = (
  intent: PaymentIntent,
  asked: Asked,
): Pick<PaymentIntent, 'types' | 'allowedTypes' | 'automaticMethods'> => {
  const { payment_method_types: named, allowed_payment_method_types: allowed } = asked;
  if (named !== undefined) {
    const types = withoutLink(named);
    const impossible = types.find((type) => wayToPay(type) === undefined);
    if (types.length === 0 || impossible !== undefined) {
      throw unknownType(impossible ?? '', 'payment_method_types');
    }
    return { types: [...new Set(types)], allowedTypes: null, automaticMethods: null };
  }
  if (allowed !== undefined) {
    const known = allowed.filter((type) => wayToPay(type) !== undefined);
    return {
      types: known.length === 0 ? ['card'] : known,
      allowedTypes: [...allowed],
      automaticMethods: null,
    };
  }
  const automatic = asked.automatic_payment_methods;
  if (automatic !== undefined) {
    return {
      types: ['card'],
      allowedTypes: null,
      automaticMethods: automatic.enabled
        ? { allowRedirects: automatic.allow_redirects ?? 'always' }
        : null,
    };
  }
  const { types: old, allowedTypes, automaticMethods } = intent;
  return { types: old, allowedTypes, automaticMethods };
};

/** An empty list, or an empty text, excludes nothing again. */
const withExcluded = (
  intent: PaymentIntent,
  asked: Asked['excluded_payment_method_types'],
): PaymentIntent => {
  if (asked === undefined) return intent;
  const { excludedTypes: _before, ...rest } = intent;
  const excludedTypes = [...new Set(asked)];
  return excludedTypes.length === 0 ? rest : { ...rest, excludedTypes };
};

type AskedCard = NonNullable<Asked['payment_method_options']>['card'];

const noOptions: CardOptions = {
  captureMethod: null,
  network: null,
  requestThreeDSecure: null,
  setupFutureUsage: null,
  multicapture: false,
  incremental: false,
};

const mergeCardOptions = (old: CardOptions, asked: AskedCard | undefined): CardOptions => {
  if (asked === undefined) return old;
  if (asked === null) return noOptions;
  return {
    captureMethod: changed(old.captureMethod, asked.capture_method),
    network: asked.network ?? old.network,
    requestThreeDSecure: asked.request_three_d_secure ?? old.requestThreeDSecure,
    setupFutureUsage: changed(old.setupFutureUsage, asked.setup_future_usage),
    multicapture: wanted(old.multicapture, asked.request_multicapture),
    incremental: wanted(old.incremental, asked.request_incremental_authorization),
    ...rareOptions(old, asked),
  };
};

/** What hardly a payment has: named only where it is there. */
const rareOptions = (old: CardOptions, asked: NonNullable<AskedCard>): Partial<CardOptions> => {
  const {
    mandate_options: mandate,
    require_cvc_recollection: needsCvc,
    installments,
    request_extended_authorization: extended = old.extended,
    request_overcapture: overcapture = old.overcapture,
  } = asked;
  const agreed = mandate === undefined ? old.mandateOptions : mandateOptionsOf(mandate);
  const kana = changed(old.kana ?? null, asked.statement_descriptor_suffix_kana);
  const kanji = changed(old.kanji ?? null, asked.statement_descriptor_suffix_kanji);
  return {
    ...(agreed === undefined ? {} : { mandateOptions: agreed }),
    ...((needsCvc ?? old.needsCvc) === true ? { needsCvc: true } : {}),
    ...((installments?.enabled ?? old.installments) === true ? { installments: true } : {}),
    ...(kana === null ? {} : { kana }),
    ...(kanji === null ? {} : { kanji }),
    ...(extended === undefined ? {} : { extended }),
    ...(overcapture === undefined ? {} : { overcapture }),
  };
};

const wanted = (old: boolean, asked: 'if_available' | 'never' | undefined): boolean =>
  asked === undefined ? old : asked === 'if_available';

export const shippingOf = (asked: Asked['shipping']): Shipping | null => {
  if (asked === null || asked === undefined) return null;
  return {
    address: { ...emptyAddress, ...withoutUndefined(asked.address) },
    carrier: asked.carrier ?? null,
    name: asked.name,
    phone: asked.phone ?? null,
    tracking_number: asked.tracking_number ?? null,
  };
};

const withoutUndefined = <T extends object>(value: T): T =>
  Object.fromEntries(Object.entries(value).filter(([, field]) => field !== undefined)) as T;

/** Networks print letters; these characters would end the field in some of their formats. */
export const descriptor = (param: string, value: string | null): string | null => {
  if (value === null) return null;
  if (/[<>'"*\\]/.test(value) || !/[A-Za-z]/.test(value)) {
    throw new ApiError(
      400,
      'The statement descriptor must contain at least one letter and none of these characters: < > \\ \' " *',
      { param },
    );
  }
  return value;
};

const absent: Readonly<Record<string, string>> = {
  hooks: 'Tax calculations',
  application_fee: 'Connected accounts',
  application_fee_amount: 'Connected accounts',
  destination: 'Connected accounts',
  on_behalf_of: 'Connected accounts',
  transfer_data: 'Connected accounts',
  customer_account: 'Customer accounts of the second API',
  payment_method_configuration: 'Payment method configurations',
};

const notPart = (what: string, param: string): ApiError =>
  new ApiError(400, `${what} not part of this installation: remove '${param}'.`, { param });

/** Their holders are never asked, and banks want to know that a call was the reason. */
const refuseByTelephone = (moto: boolean | undefined): void => {
  if (moto !== true) return;
  throw notPart('Orders by mail and telephone are', 'payment_method_options[card][moto]');
};

/** Our own would be made all the same, and the holder asked twice. */
const refuseForeignProof = (proof: unknown): void => {
  if (proof === undefined) return;
  throw notPart(
    'Results of 3-D Secure from elsewhere are',
    'payment_method_options[card][three_d_secure]',
  );
};

/** The whole would be taken at once, and not as the payer was told. */
const refuseInstallments = (plan: unknown): void => {
  if (plan === undefined || plan === null) return;
  throw notPart('Paying in installments is', 'payment_method_options[card][installments][plan]');
};

const absences = Object.entries(absent);

const refuseWhatCannotBe = (asked: Readonly<Record<string, unknown>>): void => {
  for (const [name, what] of absences) {
    if (asked[name] === undefined || asked[name] === null) continue;
    throw notPart(`${what} are`, name);
  }
};

export { refuseByTelephone, refuseForeignProof, refuseWhatCannotBe };
