export { admit } from './admit.ts';
export { accountsUnderAttack, listAttacks } from './attacks.ts';
export { type Step, standardLadder } from './ladder.ts';
export {
  isDelicate,
  toldWithoutReason,
  withoutDelicateReason,
  withoutReason,
} from './refusals.ts';
export { loadOwnRules, loadRules } from './rules.store.ts';
export { askForProof, type Screening, screen } from './screen.ts';
export { setRules } from './set-rules.ts';
export { provideDefence } from './settings.ts';
export { endTry, loadTriesOf } from './tries.store.ts';
