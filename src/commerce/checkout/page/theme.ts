// A merchant's colours, and whether people can read what they make. Refused on saving rather than
// repaired on showing: below 4.5:1 for text and 3:1 for what is no text (WCAG 2.2, 1.4.3 and 1.4.11).

export type Theme = {
  /** `#rrggbb`: the button, links, what has the focus. */
  readonly accent: string | null;
  /** `#rrggbb`: behind everything, in the light scheme. */
  readonly background: string | null;
  /** Pixels of round corners. */
  readonly radius: number | null;
  /** `data:image/…;base64,…`, at most 20,000 characters: nothing is fetched for it. */
  readonly logo: string | null;
};

export type Look = { readonly theme?: Theme | null; readonly embedders?: readonly string[] };

export type ThemeRefusal = {
  readonly field: keyof Theme;
  readonly why: 'malformed' | 'contrast' | 'size';
  /** What was reached, where it is contrast. */
  readonly ratio?: number;
};

const LOGO_CHARACTERS_MAX = 20_000;
const RADIUS_MAX = 24;
const INK = '#17202e';
const PANEL = '#ffffff';

export const checkTheme = (theme: Theme): readonly ThemeRefusal[] => {
  const refusals: ThemeRefusal[] = [];
  const { accent, background, radius, logo } = theme;
  for (const [field, colour] of [
    ['accent', accent],
    ['background', background],
  ] as const) {
    if (colour !== null && !isColour(colour)) refusals.push({ field, why: 'malformed' });
  }
  if (accent !== null && isColour(accent)) {
    // Links in the panel are written in it, and the button stands on the same white.
    refuseBelow(refusals, 'accent', contrast(accent, PANEL), 4.5);
  }
  if (background !== null && isColour(background)) {
    refuseBelow(refusals, 'background', contrast(INK, background), 4.5);
    if (accent !== null && isColour(accent)) {
      refuseBelow(refusals, 'background', contrast(accent, background), 3);
    }
  }
  if (radius !== null && !(Number.isInteger(radius) && radius >= 0 && radius <= RADIUS_MAX)) {
    refusals.push({ field: 'radius', why: 'malformed' });
  }
  if (logo !== null) {
    if (logo.length > LOGO_CHARACTERS_MAX) refusals.push({ field: 'logo', why: 'size' });
    else if (!/^data:image\/(?:png|jpeg|webp|svg\+xml);base64,[A-Za-z0-9+/]+=*$/.test(logo)) {
      refusals.push({ field: 'logo', why: 'malformed' });
    }
  }
  return refusals;
};

const refuseBelow = (
  refusals: ThemeRefusal[],
  field: keyof Theme,
  ratio: number,
  least: number,
): void => {
  if (ratio < least) {
    refusals.push({ field, why: 'contrast', ratio: Math.floor(ratio * 100) / 100 });
  }
};

/** Of WCAG: 1 for the same colour, 21 for black on white. */
export const contrast = (one: string, other: string): number => {
  const [a, b] = [luminance(one), luminance(other)];
  return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
};

const isColour = (text: string): boolean => /^#[0-9a-f]{6}$/i.test(text);

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

/** Only what `checkTheme` lets pass is ever written; what does not fit is left out. */
export const themeStyle = (theme: Theme | null): string => {
  if (theme === null || checkTheme(theme).length > 0) return '';
  const { accent, background, radius } = theme;
  const told: string[] = [];
  if (accent !== null) {
    const dark = lightened(accent);
    told.push(`--accent:light-dark(${accent},${dark})`);
    told.push(`--on-accent:light-dark(${textOn(accent)},${textOn(dark)})`);
  }
  if (background !== null) told.push(`--ground:light-dark(${background},#0d1117)`);
  if (radius !== null) told.push(`--round:${radius}px`);
  return told.length === 0 ? '' : `:root{${told.join(';')}}`;
};
