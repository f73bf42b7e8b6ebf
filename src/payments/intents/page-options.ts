// What a page with a publishable key may say of its payer's card. The rest was settled by the merchant's server: what
// a mandate allows, that a code has to be typed again, when the money is captured.

import { parametersUnknown } from '#platform/http';

const ofPages: ReadonlySet<string> = new Set(['cvc_token', 'network', 'setup_future_usage']);

export const refuseOptionsFromPage = (
  options: { readonly card?: Readonly<Record<string, unknown>> | null } | null | undefined,
): void => {
  if (options === undefined) return;
  if (options === null) throw parametersUnknown(['payment_method_options']);
  const { card } = options;
  if (card === undefined) return;
  if (card === null) throw parametersUnknown(['payment_method_options[card]']);
  const others = Object.keys(card).filter((name) => !ofPages.has(name));
  if (others.length === 0) return;
  throw parametersUnknown(others.map((name) => `payment_method_options[card][${name}]`));
};
