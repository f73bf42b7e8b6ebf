// The state of a session for the script of its page: what it needs to follow the payment, and no more
// than the page itself shows.

import type { PageView } from '../page-view.ts';

export type PageState = {
  readonly status: PageView['status'];
  readonly attempt: string;
  readonly total: string;
  readonly action: string | null;
  /** The payer goes there with the whole window. */
  readonly away?: true;
  readonly declined: { readonly class: string; readonly field: string | null } | null;
  readonly vaultKey: PageView['vaultKey'];
};

export const pageState = (view: PageView): PageState => ({
  status: view.status,
  attempt: view.attempt,
  total: String(view.amounts.total),
  action: view.urls.action,
  ...(view.isAway === true ? { away: true } : {}),
  declined:
    view.declined === null ? null : { class: view.declined.class, field: view.declined.field },
  // A page that lay open for long seals to the key of today.
  vaultKey: view.status === 'open' ? view.vaultKey : null,
});
