// The lines of a session or a link as a list of their own.

import type { ApiRequest, ListParameters, Outcome } from '#platform/http';
import { list, listWindow, page } from '#platform/http';
import type { LineItem } from './line-item.ts';
import { productsOf, renderLineItem } from './render-line-item.ts';

export const pageOfLines = async (
  lines: readonly LineItem[],
  {
    scope: { livemode },
    url,
    parameters: asked,
  }: Pick<ApiRequest, 'scope' | 'url'> & { readonly parameters: ListParameters },
): Promise<Outcome> => {
  const rows = lines.map((line) => renderLineItem(line, livemode));
  const window = await listWindow(asked, 'item', (id) => {
    const at = rows.findIndex((row) => row.id === id);
    return at === -1 ? null : String(at);
  });
  const from = window.after === undefined ? 0 : Number(window.after) + 1;
  const towards =
    window.before === undefined
      ? rows.slice(from, from + window.limit + 1)
      : rows
          .slice(0, Number(window.before))
          .toReversed()
          .slice(0, window.limit + 1);
  return {
    body: list(url, page(towards, window)),
    related: () => productsOf(lines, livemode),
  };
};
