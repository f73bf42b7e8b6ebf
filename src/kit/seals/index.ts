export { noteSeal } from './anchors.ts';
export { leafOf, merkleRoot } from './merkle.ts';
export { nextSeal, type Seal, type Sealing, sealingFor } from './seal.ts';
export { type ChainVerdict, PROBLEMS_MAX, verifyChain } from './verify-chain.ts';
