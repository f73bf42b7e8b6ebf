export { brandOf, cvcLengthOf, hasIssuedLength } from './brand.ts';
export { type Brand, cardBrands } from './brand-ranges.ts';
export {
  type Funding,
  riskOfTestCard,
  type TestCard,
  testCardById,
  testCards,
} from './test-cards.ts';
