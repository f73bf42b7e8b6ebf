// A merchant's colours, and whether people can read what they make. Refused on saving rather than
// repaired on showing: below 4.5:1 for text and 3:1 for what is no text (WCAG 2.2, 1.4.3 and 1.4.11).

export type Theme = {
  /** `#rrggbb`: the button, links, what has the focus. */
  readonly accent: string | null;
  /** `#rrggbb`: the button alone, where it differs. Whatever it is, what is written on it can be read. */
  readonly button?: string;
  /** `#rrggbb`: behind everything, in the light scheme. */
  readonly background: string | null;
  /** Pixels of round corners. */
  readonly radius: number | null;
  /** Of those that a device has. */
  readonly font: FontName | null;
  /** `data:image/…;base64,…`, at most 20,000 characters: nothing is fetched for it. */
  readonly logo: string | null;
  /** The same for the tab, at most 8,000. */
  readonly icon: string | null;
};

export const fontNames = ['system', 'serif', 'rounded', 'monospace'] as const;
export type FontName = (typeof fontNames)[number];

const fonts: Readonly<Record<Exclude<FontName, 'system'>, string>> = {
  serif: 'ui-serif,Georgia,Cambria,"Noto Serif",serif',
  rounded: 'ui-rounded,"SF Pro Rounded","Hiragino Maru Gothic ProN",Nunito,system-ui,sans-serif',
  monospace: 'ui-monospace,Menlo,Consolas,"Noto Sans Mono",monospace',
};

export type ThemeRefusal =
  | { readonly field: keyof Theme; readonly why: 'malformed' | 'size' }
  | {
      readonly field: 'accent' | 'background';
      readonly why: 'contrast';
      /** What was reached, and what had to be. */
      readonly ratio: number;
      readonly least: number;
      /** The colour it stands on or under, and which way would help. */
      readonly against: string;
      readonly direction: 'darker' | 'lighter';
    };

const LOGO_CHARACTERS_MAX = 20_000;
const ICON_CHARACTERS_MAX = 8_000;
const RADIUS_MAX = 24;
const INK = '#17202e';
const PANEL = '#ffffff';

export const checkTheme = (theme: Theme): readonly ThemeRefusal[] => {
  const refusals: ThemeRefusal[] = [];
  const { accent, background, radius, font, logo, icon } = theme;
  for (const [field, colour] of [
    ['accent', accent],
    ['background', background],
  ] as const) {
    if (colour !== null && !isColour(colour)) refusals.push({ field, why: 'malformed' });
  }
  if (accent !== null && isColour(accent)) {
    // Links in the panel are written in it, and the button stands on the same white.
    refuseBelow(refusals, 'accent', [accent, PANEL], 4.5);
  }
  if (background !== null && isColour(background)) {
    refuseBelow(refusals, 'background', [background, INK], 4.5);
    if (accent !== null && isColour(accent)) {
      refuseBelow(refusals, 'background', [background, accent], 3);
    }
  }
  if (radius !== null && !(Number.isInteger(radius) && radius >= 0 && radius <= RADIUS_MAX)) {
    refusals.push({ field: 'radius', why: 'malformed' });
  }
  if (font !== null && !fontNames.includes(font))
    refusals.push({ field: 'font', why: 'malformed' });
  refusePicture(refusals, 'logo', logo, LOGO_CHARACTERS_MAX);
  refusePicture(refusals, 'icon', icon, ICON_CHARACTERS_MAX);
  return refusals;
};

const refusePicture = (
  refusals: ThemeRefusal[],
  field: 'icon' | 'logo',
  picture: string | null,
  charactersMax: number,
): void => {
  if (picture === null) return;
  if (picture.length > charactersMax) refusals.push({ field, why: 'size' });
  else if (!/^data:image\/(?:png|jpeg|webp|svg\+xml);base64,[A-Za-z0-9+/]+=*$/.test(picture)) {
    refusals.push({ field, why: 'malformed' });
  }
};

const refuseBelow = (
  refusals: ThemeRefusal[],
  field: 'accent' | 'background',
  [colour, against]: readonly [string, string],
  least: number,
): void => {
  const reached = contrast(colour, against);
  if (reached >= least) return;
  refusals.push({
    field,
    why: 'contrast',
    ratio: Math.floor(reached * 100) / 100,
    least,
    against,
    direction: field === 'accent' ? 'darker' : 'lighter',
  });
};

/** Of WCAG: 1 for the same colour, 21 for black on white. */
export const contrast = (one: string, other: string): number => {
  const [a, b] = [luminance(one), luminance(other)];
  return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
};

export const isColour = (text: string): boolean => /^#[0-9a-f]{6}$/i.test(text);

const channels = (colour: string): readonly number[] =>
  [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16));

const luminance = (colour: string): number => {
  const [red = 0, green = 0, blue = 0] = channels(colour).map((value) => {
    const share = value / 255;
    return share <= 0.040_45 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
};

const DARK_PANEL = '#171c25';

/** The same hue, made lighter until it can be read on the dark panel. */
const lightened = (colour: string): string => {
  for (let share = 0; share <= 20; share += 1) {
    const mixed = `#${channels(colour)
      .map((value) => Math.round(value + ((255 - value) * share) / 20))
      .map((value) => value.toString(16).padStart(2, '0'))
      .join('')}`;
    if (contrast(mixed, DARK_PANEL) >= 5) return mixed;
  }
  return '#ffffff';
};

const textOn = (colour: string): string =>
  contrast('#ffffff', colour) >= contrast(INK, colour) ? '#ffffff' : INK;

export type AccentColours = {
  readonly light: string;
  readonly onLight: string;
  readonly dark: string;
  readonly onDark: string;
};

/** The same hue, made darker until it can be read on the panel and told from what is behind it. */
export const darkened = (colour: string, background: string | null): string => {
  for (let share = 0; share <= 20; share += 1) {
    const mixed = `#${channels(colour)
      .map((value) => Math.round((value * (20 - share)) / 20))
      .map((value) => value.toString(16).padStart(2, '0'))
      .join('')}`;
    const isTold = background === null || contrast(mixed, background) >= 3;
    if (contrast(mixed, PANEL) >= 4.5 && isTold) return mixed;
  }
  return '#000000';
};

/** The accent and what is written on it, in both schemes. Null where the look has none of its own. */
export const accentColours = ({ accent }: Pick<Theme, 'accent'>): AccentColours | null => {
  if (accent === null || !isColour(accent)) return null;
  const dark = lightened(accent);
  return { light: accent, onLight: textOn(accent), dark, onDark: textOn(dark) };
};

/** Only what `checkTheme` lets pass is ever written; what does not fit is left out. */
export const themeStyle = (theme: Theme): string => {
  if (checkTheme(theme).length > 0) return '';
  const { background, radius, font } = theme;
  const told: string[] = [];
  const colours = accentColours(theme);
  if (colours !== null) {
    told.push(`--accent:light-dark(${colours.light},${colours.dark})`);
    told.push(`--on-accent:light-dark(${colours.onLight},${colours.onDark})`);
  }
  if (theme.button !== undefined && isColour(theme.button)) {
    told.push(`--button:${theme.button}`, `--on-button:${textOn(theme.button)}`);
  }
  if (background !== null) told.push(`--ground:light-dark(${background},#0d1117)`);
  if (radius !== null) told.push(`--round:${radius}px`);
  const variables = told.length === 0 ? '' : `:root{${told.join(';')}}`;
  return font === null || font === 'system'
    ? variables
    : `${variables}body{font-family:${fonts[font]}}`;
};
