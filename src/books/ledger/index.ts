export { type Balances, loadBalances, loadBalancesAt } from './balances.ts';
export {
  asPosted,
  loadEntries,
  loadEntriesOf,
  type PostedEntry,
  post,
} from './entries.store.ts';
export { type Entry, entryIdOf, type FeeDetail } from './entry.ts';
export { type LedgerAccount } from './ledger-accounts.ts';
export { listEntries } from './list-entries.store.ts';
export * from './postings.ts';
export { factsOf, listedCodes, purposes } from './purposes.ts';
export {
  areReleasesUntold,
  listUntoldReleases,
  loadUntoldReleases,
  tellReleases,
} from './releases.store.ts';
export { booksSealingWith, sealBooks, verifyBooks } from './seal-books.ts';
export { alignPositions, releaseDue, takeSnapshots } from './snapshots.ts';
export { traceEntries } from './trace.ts';
