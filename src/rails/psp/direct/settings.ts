// What a merchant was given by the acquiring bank.

import { type Static, Type } from 'typebox';
import { Value } from 'typebox/value';
import { FED, TARGET, WEEKDAYS } from '#books/calendars';
import type { ExemptionTerms } from '#cards/three-ds';
import { assert, present } from '#kit/assert';
import type { Endpoint } from '#rails/acquiring';
import type { DaySchedule, HolderTerms } from '#rails/connectors';

/** With a directory server the merchant has to be known to it. */
const neededToAsk = ['acquirer_bin', 'merchant_name', 'merchant_country'] as const;

const webAddress = (title: string) => ({ title, pattern: '^https?://', maxLength: 500 });
const reached = (title: string) =>
  Type.Optional(Type.String({ ...webAddress(title), place: 'url' }));

export const settings = Type.Object(
  {
    host: Type.String({
      title: 'Name or address of the host',
      minLength: 1,
      maxLength: 253,
      place: 'host',
    }),
    port: Type.Integer({ title: 'Port of the host', minimum: 1, maximum: 65_535, place: 'port' }),
    profile: Type.Union([Type.Literal('sandbox-ascii'), Type.Literal('sandbox-bcd')], {
      title: 'How the host spells messages',
      default: 'sandbox-ascii',
    }),
    tls: Type.Boolean({
      title: 'Whether the link is encrypted; live mode wants it to be',
      default: false,
      place: 'tls',
    }),
    tls_ca: Type.Optional(
      Type.String({
        title: "Certificate of the host's authority, in PEM",
        maxLength: 20_000,
        place: 'trust',
      }),
    ),
    tls_certificate: Type.Optional(
      Type.String({ title: 'Our certificate for the host, in PEM', maxLength: 20_000 }),
    ),
    tls_key: Type.Optional(
      Type.String({ title: 'Key of our certificate, in PEM', maxLength: 20_000, secret: true }),
    ),
    acquirer_id: Type.String({
      title: 'Acquiring institution, field 32',
      pattern: '^[0-9]{1,11}$',
    }),
    terminal_id: Type.String({ title: 'Terminal, field 41', pattern: '^[0-9A-Za-z]{1,8}$' }),
    merchant_id: Type.String({ title: 'Merchant, field 42', pattern: '^[0-9A-Za-z]{1,15}$' }),
    merchant_category: Type.String({ title: 'Category of the merchant', pattern: '^[0-9]{4}$' }),
    directory_url: reached('Address of the 3-D Secure directory server'),
    acquirer_bin: Type.Optional(
      Type.String({ title: 'Number of the acquirer, for 3-D Secure', pattern: '^[0-9]{6,11}$' }),
    ),
    merchant_name: Type.Optional(
      Type.String({ title: 'Name that payers are shown', minLength: 1, maxLength: 40 }),
    ),
    merchant_country: Type.Optional(
      Type.String({ title: 'Country of the merchant, two letters', pattern: '^[A-Z]{2}$' }),
    ),
    merchant_url: Type.Optional(Type.String(webAddress('Address of the shop'))),
    requestor_id: Type.Optional(
      Type.String({ title: 'Requestor at the directory server', minLength: 1, maxLength: 35 }),
    ),
    risk_analysis_max: Type.Optional(
      Type.Integer({
        title: "Up to how many euros the acquirer's analysis of risk exempts from 3-D Secure",
        minimum: 1,
        maximum: 500,
      }),
    ),
    exemptions_by: Type.Optional(
      Type.Union([Type.Literal('authorization'), Type.Literal('authentication')], {
        title:
          "Whether the card's bank hears of exemptions with the payment (authorization), or is asked before it",
      }),
    ),
    disputes_url: reached('Address of the feed of disputes'),
    day_ends_at: Type.String({
      title: "When the host's day ends, by the clock of day_zone",
      pattern: '^([01][0-9]|2[0-3]):[0-5][0-9]$',
      default: '00:00',
    }),
    day_zone: Type.String({ title: "Time zone of the host's day", maxLength: 64, default: 'UTC' }),
    day_calendar: Type.Union(
      [
        Type.Literal('every_day'),
        Type.Literal('TARGET'),
        Type.Literal('FED'),
        Type.Literal('weekdays'),
      ],
      { title: 'Which days end', default: 'every_day' },
    ),
    clearing_url: reached('Where clearing files are handed over'),
    settlement_url: reached('Address of the settlement reports'),
  },
  {
    dependentRequired: {
      directory_url: [...neededToAsk],
      risk_analysis_max: ['merchant_country'],
      tls_certificate: ['tls_key'],
      tls_key: ['tls_certificate'],
    },
  },
);

export type DirectSettings = Static<typeof settings>;

/** Undefined where the link is not encrypted. */
export const tlsOf = (given: DirectSettings): Endpoint['tls'] => {
  const { tls, tls_ca: ca, tls_certificate: certificate, tls_key: key } = given;
  if (!tls) return undefined;
  return {
    ...(ca === undefined ? {} : { ca }),
    ...(certificate === undefined || key === undefined ? {} : { client: { certificate, key } }),
  };
};

const calendars = { every_day: null, TARGET, FED, weekdays: WEEKDAYS } as const;

/** A day that ends at midnight ends with its last minute. */
export const dayScheduleOf = (given: DirectSettings): DaySchedule => {
  const [hours = 0, minutes = 0] = given.day_ends_at.split(':').map(Number);
  const cutOffMinutes = hours * 60 + minutes;
  return {
    zone: given.day_zone,
    cutOffMinutes: cutOffMinutes === 0 ? 24 * 60 : cutOffMinutes,
    calendar: calendars[given.day_calendar],
  };
};

/** Null where the merchant has no directory server: then nobody is asked. */
export const holderTermsOf = (given: DirectSettings): Omit<HolderTerms, 'reach'> | null => {
  const { directory_url: directoryServer, acquirer_bin, merchant_name, merchant_country } = given;
  if (directoryServer === undefined) return null;
  return {
    directoryServer,
    merchant: {
      id: given.merchant_id,
      name: present(merchant_name, 'The name of the merchant'),
      mcc: given.merchant_category,
      country: present(merchant_country, 'The country of the merchant'),
      acquirerBin: present(acquirer_bin, 'The number of the acquirer'),
      ...(given.requestor_id === undefined ? {} : { requestorId: given.requestor_id }),
      ...(given.merchant_url === undefined ? {} : { url: given.merchant_url }),
    },
  };
};

/** Null where nobody said in which country the merchant is. */
export const exemptionTermsOf = (given: DirectSettings): ExemptionTerms | null => {
  const { merchant_country: merchantCountry, risk_analysis_max: max } = given;
  const { exemptions_by: by = 'authorization' } = given;
  if (merchantCountry === undefined) return null;
  return { merchantCountry, riskAnalysisMax: max === undefined ? null : BigInt(max) * 100n, by };
};

/** They were checked when they were entered; what is not so now was changed past us. */
export const settingsOf = (given: Readonly<Record<string, unknown>>): DirectSettings => {
  assert(Value.Check(settings, given), 'The settings of a direct acquirer are complete');
  return given;
};
