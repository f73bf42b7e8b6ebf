// What a merchant was given by the acquiring bank.

import { type Static, Type } from 'typebox';
import { Value } from 'typebox/value';
import { assert } from '#kit/assert';

export const settings = Type.Object({
  host: Type.String({ title: 'Name or address of the host', minLength: 1, maxLength: 253 }),
  port: Type.Integer({ title: 'Port of the host', minimum: 1, maximum: 65_535 }),
  profile: Type.Union([Type.Literal('sandbox-ascii'), Type.Literal('sandbox-bcd')], {
    title: 'How the host spells messages',
    default: 'sandbox-ascii',
  }),
  tls: Type.Boolean({ title: 'Whether the link is encrypted', default: false }),
  tls_ca: Type.Optional(
    Type.String({ title: "Certificate of the host's authority, in PEM", maxLength: 20_000 }),
  ),
  acquirer_id: Type.String({ title: 'Acquiring institution, field 32', pattern: '^[0-9]{1,11}$' }),
  terminal_id: Type.String({ title: 'Terminal, field 41', pattern: '^[0-9A-Za-z]{1,8}$' }),
  merchant_id: Type.String({ title: 'Merchant, field 42', pattern: '^[0-9A-Za-z]{1,15}$' }),
  merchant_category: Type.String({ title: 'Category of the merchant', pattern: '^[0-9]{4}$' }),
});

export type DirectSettings = Static<typeof settings>;

/** They were checked when they were entered; what is not so now was changed past us. */
export const settingsOf = (given: Readonly<Record<string, unknown>>): DirectSettings => {
  assert(Value.Check(settings, given), 'The settings of a direct acquirer are complete');
  return given;
};
