// Saying how the pages of an account look: over the API and from the command line, by the same rules.

import type { Static } from 'typebox';
import { auditEntry } from '#identity/audit';
import type { Context, Scope, Write } from '#kit/context';
import {
  ApiError,
  arrayOf,
  compileParameters,
  decodeForm,
  described,
  email,
  emptyable,
  integer,
  object,
  oneOf,
  text,
  url,
} from '#platform/http';
import { loadLook, saveLook } from './look.store.ts';
import { checkLook, type Look } from './look.ts';
import { fontNames } from './page/index.ts';

const EMBEDDERS_MAX = 20;
const picture = () => emptyable(text(24_000));

export const lookParameters = object({
  accent: described(
    'The button, links, what has the focus: `#rrggbb`, readable on white. Its dark twin is computed.',
    emptyable(text(20)),
  ),
  background: described('Behind everything, in the light: `#rrggbb`.', emptyable(text(20))),
  embedders: described(
    'Origins that may show the page in a frame, like `https://shop.example`. Nobody may by default.',
    emptyable(arrayOf(text(300), { max: EMBEDDERS_MAX })),
  ),
  font: described('Of those that a device has: none is fetched.', oneOf(...fontNames)),
  icon: described('`data:image/…;base64,…` for the tab, at most 8,000 characters.', picture()),
  logo: described('`data:image/…;base64,…`, at most 20,000 characters.', picture()),
  name: described('Instead of the name of the account.', emptyable(text(100))),
  radius: described('Pixels of round corners.', emptyable(integer({ min: 0, max: 24 }))),
  support_email: emptyable(email()),
  support_url: emptyable(url()),
});

type Asked = Static<typeof lookParameters>;

/** The rows of the change, and the look as it will be; or the refusal of what is wrong with it. */
export const changeLook = async (
  context: Context,
  scope: Scope,
  asked: Asked,
): Promise<{ readonly look: Look; readonly writes: readonly Write[] }> => {
  const { version, look: before } = await loadLook(context, scope);
  const look = lookWith(before, asked);
  checkLook(look, scope.livemode);
  const { logo, icon, ...noted } = look;
  return {
    look,
    writes: [
      saveLook(scope, { version: version + 1, look }),
      auditEntry(context, {
        scope,
        action: 'checkout_settings.update',
        target: scope.accountId,
        details: { ...noted, hasLogo: logo !== null, hasIcon: icon !== null },
      }),
    ],
  };
};

const lookWith = (before: Look, asked: Asked): Look => {
  const kept = <T>(now: T | undefined, then: T): T => (now === undefined ? then : now);
  return {
    accent: kept(asked.accent, before.accent),
    background: kept(asked.background, before.background),
    radius: kept(asked.radius, before.radius),
    font: kept(asked.font, before.font),
    logo: kept(asked.logo, before.logo),
    icon: kept(asked.icon, before.icon),
    name: kept(asked.name, before.name),
    supportEmail: kept(asked.support_email, before.supportEmail),
    supportUrl: kept(asked.support_url, before.supportUrl),
    embedders: kept(asked.embedders, before.embedders) ?? [],
  };
};

const read = compileParameters(lookParameters);

/** From a list of names and values, as a file holds it. */
export const setLook = async (
  context: Context,
  scope: Scope,
  given: Readonly<Record<string, unknown>>,
): Promise<
  { readonly ok: true; readonly look: Look } | { readonly ok: false; readonly problem: string }
> => {
  try {
    const { look, writes } = await changeLook(context, scope, read(formOf(given)).values as Asked);
    if ((await context.database.commit(scope, writes)).ok) return { ok: true, look };
    return { ok: false, problem: 'Others are changing the settings at this moment; try again.' };
  } catch (error) {
    if (error instanceof ApiError) return { ok: false, problem: error.message };
    throw error;
  }
};

const formOf = (given: Readonly<Record<string, unknown>>) => {
  const form = new URLSearchParams();
  for (const [name, value] of Object.entries(given)) {
    if (!Array.isArray(value)) form.append(name, value === null ? '' : String(value));
    else if (value.length === 0) form.append(name, '');
    else for (const each of value) form.append(`${name}[]`, String(each));
  }
  return decodeForm(form.toString());
};
