// A bulkhead: so many calls of one connector account at a time, so that a slow provider fills its own
// compartment and nobody else's. Pure.

export type Bulkhead = { readonly inFlight: number };

export const empty: Bulkhead = { inFlight: 0 };

export const enter = (
  bulkhead: Bulkhead,
  atOnceMax: number,
): { readonly entered: boolean; readonly bulkhead: Bulkhead } =>
  bulkhead.inFlight >= atOnceMax
    ? { entered: false, bulkhead }
    : { entered: true, bulkhead: { inFlight: bulkhead.inFlight + 1 } };

export const leave = (bulkhead: Bulkhead): Bulkhead => ({
  inFlight: Math.max(0, bulkhead.inFlight - 1),
});
