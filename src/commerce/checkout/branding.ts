// How one session's page looks, in the words of Stripe: over what its account's pages look like. Pictures are not
// fetched by our pages, so a session names none; what people could not read is refused where it is said.

import type { Static } from 'typebox';
import { ApiError, anything, emptyable, object, oneOf, text } from '#platform/http';
import { type Look, readableLook, refuseUnreadable } from './look.ts';
import type { FontName } from './page/index.ts';

const fontOf: Readonly<Record<string, FontName>> = {
  be_vietnam_pro: 'system',
  bitter: 'serif',
  chakra_petch: 'system',
  default: 'system',
  hahmlet: 'serif',
  inconsolata: 'monospace',
  inter: 'system',
  lato: 'system',
  lora: 'serif',
  m_plus_1_code: 'monospace',
  montserrat: 'system',
  noto_sans: 'system',
  noto_sans_jp: 'system',
  noto_serif: 'serif',
  nunito: 'rounded',
  open_sans: 'system',
  pridi: 'serif',
  pt_sans: 'system',
  pt_serif: 'serif',
  raleway: 'system',
  roboto: 'system',
  roboto_slab: 'serif',
  source_sans_pro: 'system',
  titillium_web: 'system',
  ubuntu_mono: 'monospace',
  zen_maru_gothic: 'rounded',
};

/** Pixels of round corners. */
const radiusOf = { pill: 24, rectangular: 0, rounded: 10 } as const;

const colour = () => emptyable(text(7));

export const brandingParameters = object({
  background_color: colour(),
  border_style: emptyable(oneOf('pill', 'rectangular', 'rounded')),
  button_color: colour(),
  display_name: text(100),
  font_family: emptyable(oneOf(...Object.keys(fontOf))),
  icon: anything(),
  logo: anything(),
});

/** As it was said; what was not is as everywhere in the account, which `shown` remembers. */
export type Branding = {
  readonly background: string | null;
  readonly border: keyof typeof radiusOf | null;
  readonly button: string | null;
  readonly font: string | null;
  readonly name: string | null;
  readonly shown: {
    readonly background: string;
    readonly button: string;
    readonly name: string;
  };
};

const GROUND = '#f3f5f8';
const ACCENT = '#1f4fd8';

export const readBranding = (
  asked: Static<typeof brandingParameters>,
  { name, look }: { readonly name: string; readonly look: Look },
): Branding => {
  for (const picture of ['icon', 'logo'] as const) {
    if (asked[picture] === undefined) continue;
    const param = `branding_settings[${picture}]`;
    throw new ApiError(
      400,
      `Pages fetch no pictures: give the ${picture} to /v1/checkout_settings once, for all pages, and remove '${param}'.`,
      { param, code: 'not_supported_yet' },
    );
  }
  const background = asked.background_color?.toLowerCase() ?? null;
  const button = asked.button_color?.toLowerCase() ?? null;
  refuseUnreadable({ background, button }, (field) => `branding_settings[${field}_color]`);
  return {
    background,
    border: asked.border_style ?? null,
    button,
    font: asked.font_family ?? null,
    name: asked.display_name ?? null,
    shown: {
      background: background ?? look.background ?? GROUND,
      button: button ?? look.accent ?? ACCENT,
      name: asked.display_name ?? name,
    },
  };
};

/** Links and what has the focus are in the button's hue, as dark as it takes to read them. */
export const brandedLook = (look: Look, branding: Branding | undefined): Look => {
  if (branding === undefined) return look;
  const { background, border, button, font } = branding;
  return readableLook({
    ...look,
    ...(background === null ? {} : { background }),
    ...(button === null ? {} : { accent: button, button }),
    ...(border === null ? {} : { radius: radiusOf[border] }),
    ...(font === null ? {} : { font: fontOf[font] ?? null }),
  });
};

export const renderBranding = (branding: Branding | undefined) =>
  branding === undefined
    ? {}
    : {
        branding_settings: {
          background_color: branding.shown.background,
          border_style: branding.border ?? 'rounded',
          button_color: branding.shown.button,
          display_name: branding.shown.name,
          font_family: branding.font ?? 'default',
          icon: null,
          logo: null,
        },
      };
