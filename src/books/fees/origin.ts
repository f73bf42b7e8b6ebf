// Where a card comes from, as seen from the merchant.

export const origins = ['domestic', 'region', 'international'] as const;
export type Origin = (typeof origins)[number];

/** The European Economic Area: within it interchange is the same by law. */
const area: ReadonlySet<string> = new Set(
  'AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IS IT LI LT LU LV MT NL NO PL PT RO SE SI SK'.split(
    ' ',
  ),
);

export const originOf = (home: string, country: string): Origin => {
  if (country === home) return 'domestic';
  return area.has(home) && area.has(country) ? 'region' : 'international';
};

/** Whether any country is of its region beside itself. */
export const hasRegion = (home: string): boolean => area.has(home);
