export { brandOf, cvcLengthOf, hasIssuedLength } from './brand.ts';
export { type Brand, brands } from './brand-ranges.ts';
export {
  type AttachRefusal,
  type Funding,
  riskOfTestCard,
  type TestCard,
  testCardById,
  testCardByNumber,
  testCards,
} from './test-cards.ts';
