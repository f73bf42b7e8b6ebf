export { type Balances, loadBalances, loadBalancesAt } from './balances.ts';
export {
  asPosted,
  loadEntries,
  loadEntriesOf,
  type PostedEntry,
  post,
} from './entries.store.ts';
export {
  type Entry,
  type EntryDetails,
  entryIdOf,
  type FeeDetail,
  type Postings,
  sumOf,
} from './entry.ts';
export {
  accountNames,
  clearingAccounts,
  type LedgerAccount,
  ledgerAccounts,
} from './ledger-accounts.ts';
export { type EntryFilter, listEntries } from './list-entries.store.ts';
export * from './postings.ts';
export {
  type BalanceTransactionType,
  factsOf,
  listedCodes,
  type Purpose,
  type PurposeFacts,
  purposeOfCode,
  purposes,
} from './purposes.ts';
export {
  areReleasesUntold,
  listUntoldReleases,
  loadUntoldReleases,
  tellReleases,
} from './releases.store.ts';
export { booksSealingWith, sealBooks, verifyBooks } from './seal-books.ts';
export { alignPositions, releaseDue, takeSnapshots } from './snapshots.ts';
export { traceEntries } from './trace.ts';
