// Which names a page asks for, beside the one on the card: of a business, of a person, of both.

export type NameCollection = {
  readonly business: { readonly optional: boolean } | null;
  readonly individual: { readonly optional: boolean } | null;
};

type Asked =
  | {
      readonly business?: { readonly enabled: boolean; readonly optional?: boolean };
      readonly individual?: { readonly enabled: boolean; readonly optional?: boolean };
    }
  | undefined;

export const readNameCollection = (asked: Asked): NameCollection | null => {
  const read = (one: { enabled: boolean; optional?: boolean } | undefined) =>
    one?.enabled === true ? { optional: one.optional ?? false } : null;
  const names = { business: read(asked?.business), individual: read(asked?.individual) };
  return names.business === null && names.individual === null ? null : names;
};

/** Stripe shows it where it was asked for alone. */
export const renderNameCollection = (names: NameCollection | null | undefined) => {
  if (!names) return {};
  const { business, individual } = names;
  return {
    name_collection: {
      ...(business === null ? {} : { business: { enabled: true, ...business } }),
      ...(individual === null ? {} : { individual: { enabled: true, ...individual } }),
    },
  };
};
