// How the pages of an account look, in whose name they speak, and who may show them in a frame: what a
// merchant may say of it, and what is wrong with it. Pure.

import { ApiError } from '#platform/http';
import { checkTheme, darkened, isColour, type Theme, type ThemeRefusal } from './page/theme.ts';

export type Look = Theme & {
  /** Instead of the account's name. */
  readonly name: string | null;
  readonly supportEmail: string | null;
  readonly supportUrl: string | null;
  /** Origins that may show the page in a frame. */
  readonly embedders: readonly string[];
};

export const plainLook: Look = {
  accent: null,
  background: null,
  radius: null,
  font: null,
  logo: null,
  icon: null,
  name: null,
  supportEmail: null,
  supportUrl: null,
  embedders: [],
};

/** Throws what is wrong with it first, in words that say what to do. */
export const checkLook = (look: Look, livemode: boolean): void => {
  const [refusal] = checkTheme(look);
  if (refusal !== undefined) throw refusalOf(refusal, look);
  look.embedders.forEach((origin, at) => checkOrigin(origin, at, livemode));
  checkSupportUrl(look.supportUrl);
};

/** Of colours for one page, by their names there. What a button is written on with fits any of them. */
export const refuseUnreadable = (
  { background, button }: { readonly background: string | null; readonly button: string | null },
  spell: (field: 'background' | 'button') => string,
): void => {
  for (const [field, colour] of [
    ['background', background],
    ['button', button],
  ] as const) {
    if (colour === null || isColour(colour)) continue;
    throw new ApiError(400, `A colour is written like #1f4fd8, and not like ${colour}.`, {
      param: spell(field),
      code: 'parameter_invalid',
    });
  }
  const [refusal] = checkTheme({ ...plainLook, background });
  if (refusal === undefined) return;
  const { message, code = 'contrast_too_low' } = refusalOf(refusal, { ...plainLook, background });
  throw new ApiError(400, message, { param: spell('background'), code });
};

export const readableLook = (look: Look): Look =>
  look.accent === null ? look : { ...look, accent: darkened(look.accent, look.background) };

const refusalOf = (refusal: ThemeRefusal, look: Look): ApiError => {
  const { field, why } = refusal;
  if (why === 'contrast') {
    return new ApiError(
      400,
      `The contrast of ${field} ${look[field]} with ${refusal.against} is ${refusal.ratio}:1. People need at least ${refusal.least}:1 to read it: choose a ${refusal.direction} colour.`,
      { param: field, code: 'contrast_too_low' },
    );
  }
  return new ApiError(400, shapes[field], { param: field, code: 'parameter_invalid' });
};

const shapes: Readonly<Record<keyof Theme, string>> = {
  accent: 'accent must be a colour like #1f4fd8.',
  button: 'button must be a colour like #1f4fd8.',
  background: 'background must be a colour like #f3f5f8.',
  radius: 'radius must be a whole number of pixels from 0 to 24.',
  font: 'font must be one of system, serif, rounded, monospace: none of them is fetched.',
  logo: 'logo must be a picture as data:image/png;base64,… (or jpeg, webp, svg+xml) of at most 20,000 characters.',
  icon: 'icon must be a picture as data:image/png;base64,… (or jpeg, webp, svg+xml) of at most 8,000 characters.',
};

const checkOrigin = (text: string, at: number, livemode: boolean): void => {
  const isRight =
    URL.canParse(text) &&
    new URL(text).origin === text &&
    (text.startsWith('https://') || (!livemode && text.startsWith('http://')));
  if (isRight) return;
  throw new ApiError(
    400,
    `${text} is no origin that may show the page in a frame. Write scheme and host alone, like https://shop.example${livemode ? '' : ' (http is for test mode)'}.`,
    { param: `embedders[${at}]`, code: 'url_invalid' },
  );
};

const checkSupportUrl = (text: string | null): void => {
  if (text === null || text.startsWith('https://')) return;
  throw new ApiError(400, 'support_url must begin with https://.', {
    param: 'support_url',
    code: 'url_invalid',
  });
};

export const renderLook = (look: Look, livemode: boolean) => ({
  object: 'checkout_settings',
  accent: look.accent,
  background: look.background,
  embedders: look.embedders,
  font: look.font ?? 'system',
  icon: look.icon,
  livemode,
  logo: look.logo,
  name: look.name,
  radius: look.radius,
  support_email: look.supportEmail,
  support_url: look.supportUrl,
});
