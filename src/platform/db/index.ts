export { type Connection, connect, DatabaseUnavailable, isServerError } from './connection.ts';
export { type OpenDatabase, openDatabase, UNITS_PER_BATCH_MAX } from './database.ts';
export {
  concluding,
  type Due,
  findDue,
  forgetting,
  type LeaseLimits,
  leaseDue,
  type Owned,
  scopeOf,
} from './due-rows.ts';
export { type Fence, fenceFileIn, openFence } from './fence.ts';
export { createPatience, givingWay } from './give-way.ts';
export { agreeOn } from './installation.ts';
export { leanBy } from './lean.ts';
export * from './migrate.ts';
export {
  byKeys,
  findById,
  findByIds,
  listPages,
  type MadeWithin,
  madeWithin,
  newestOfEach,
  oneOf,
  ownRows,
  type PageOfRows,
  readOwn,
} from './own-rows.ts';
export { type RowSearch, type Search, type SearchIds, searchIn } from './search-rows.ts';
export { namesByCode, spellTime } from './spell.ts';
export { withDatabase, withLogin, withoutPassword } from './url.ts';
export { insertRows, rank, statement, updateRows, writeRows, writing } from './write.ts';
