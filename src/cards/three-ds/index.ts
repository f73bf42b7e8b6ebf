export {
  type Authentication,
  type Claim,
  type Exemption,
  renderProof,
  type ShownProof,
  shownProof,
} from './authentication.ts';
export type { AuthenticationState } from './authentication-states.ts';
export type { Binding } from './authentications.store.ts';
export { type Beginning, type Begun, beginAuthentication } from './begin-authentication.ts';
export type {
  AuthenticationChange,
  AuthenticationListener,
  BrowserInfo,
  CardAuthentication,
  Payer,
  Preference,
  ThreeDsMerchant,
} from './card-authentication.ts';
export { provideEmbedders } from './embedders.ts';
export {
  type ExemptionFacts,
  type ExemptionTerms,
  exemptionFor,
  isLaw,
  isRegulated,
} from './exemptions.ts';
export { findAuthentication } from './find-authentication.ts';
export { threeDsHandlers } from './pages/handlers.ts';
export { provideThreeDs, type ThreeDsSettings } from './settings.ts';
export {
  lostTheProof,
  type Used,
  type UseRefusal,
  useAuthentication,
  useRefusals,
} from './use-authentication.ts';
