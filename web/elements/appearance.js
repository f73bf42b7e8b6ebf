// The look a merchant gives to the fields. Whatever is not plainly a colour, a length, a weight or names of
// fonts is left out and told in the console: nothing else ever reaches a style.

const colour =
  /^(#[0-9a-f]{3,8}|(rgb|hsl|oklch)a?\([\d.,%/ deg]{1,60}\)|[a-z]{3,20})$/i;
const length = /^\d{1,3}(\.\d{1,3})?(px|rem|em)$/;

/** @type {Readonly<Record<string, readonly [property: string, shape: RegExp]>>} */
const variables = {
  colorPrimary: ['--accent', colour],
  colorBackground: ['--field', colour],
  colorText: ['--ink', colour],
  colorTextSecondary: ['--quiet', colour],
  colorTextPlaceholder: ['--faint', colour],
  colorDanger: ['--bad', colour],
  colorBorder: ['--edge', colour],
  borderRadius: ['--round', length],
  fontSizeBase: ['--size', length],
  spacingUnit: ['--unit', length],
  fontWeightNormal: ['--weight', /^[1-9]00$/],
  fontFamily: ['--font', /^[\w ,'"-]{1,200}$/],
};

/** @param {import('./frame.d.ts').Appearance} appearance */
export const paintAppearance = ({ theme = 'light', variables: given = {} }) => {
  const root = document.documentElement;
  root.classList.toggle('night', theme === 'night');
  for (const [name, value] of Object.entries(given)) {
    const [property, shape] = variables[name] ?? [];
    if (property !== undefined && shape?.test(value)) root.style.setProperty(property, value);
    else console.warn(`Tollgate: appearance.variables.${name} was left out. It is unknown, or its value has another form.`);
  }
};
