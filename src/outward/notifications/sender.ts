// In whose name a payer is spoken to, and in which language.

import { createHash } from 'node:crypto';
import { findCustomer } from '#cards/customers';
import { accentColours, loadLook } from '#commerce/checkout';
import { findAccount } from '#identity/accounts';
import type { Context, Scope } from '#kit/context';
import { ApiError } from '#platform/http';
import type { Preferences } from './preferences.ts';
import { oneLine, type Sender } from './templates/index.ts';

export const senderOf = async (
  context: Context,
  scope: Scope,
  { name, supportEmail, supportUrl }: Preferences,
  /** What the page that it is about said of its own; null where it said nothing. */
  nameThere: string | null,
): Promise<Sender> => {
  // What a merchant says of itself at its pages holds in its mails, unless it says otherwise there.
  const { look } = await loadLook(context, scope);
  const shop = nameThere ?? name ?? look.name ?? (await findAccount(context, scope))?.name ?? '';
  return {
    name: oneLine(shop),
    supportEmail: supportEmail ?? look.supportEmail,
    supportUrl: supportUrl ?? look.supportUrl,
    accent: accentColours(look),
    logo: look.logo === null ? null : digestOf(look.logo),
  };
};

const digestOf = (logo: string): string => createHash('sha256').update(logo).digest('base64url');

/**
 * The picture that a letter was written with, as `data:`. Null where the merchant has another one by now,
 * and where it is one that programs for mail do not show: the name stands there in any case.
 */
export const logoOf = async (
  context: Context,
  scope: Scope,
  { logo: digest }: Sender,
): Promise<string | null> => {
  if (!digest) return null;
  const { logo } = (await loadLook(context, scope)).look;
  return logo !== null && digestOf(logo) === digest && /^data:image\/(?:png|jpeg);/.test(logo)
    ? logo
    : null;
};

/** What the customer asked to be spoken to in. One that is gone wishes nothing. */
export const localesOf = async (
  context: Context,
  scope: Scope,
  customer: string | null,
): Promise<readonly string[]> => {
  if (customer === null) return [];
  try {
    return (await findCustomer(context, scope, customer)).preferred_locales;
  } catch (error) {
    if (error instanceof ApiError) return [];
    throw error;
  }
};
