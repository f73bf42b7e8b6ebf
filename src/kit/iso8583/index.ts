export { aesCmac, aesMac } from './aes-cmac.ts';
export { type Described, describe, describeLine } from './describe.ts';
export {
  type Dialect,
  type DialectFormat,
  defineDialect,
  deriveDialect,
  type FieldFormat,
  MESSAGE_BYTES_MAX,
  type Parts,
  type Spelling,
} from './dialect.ts';
export { ascii1987 } from './dialects/1987-ascii.ts';
export { bcd1987 } from './dialects/1987-bcd.ts';
export { ebcdic1987 } from './dialects/1987-ebcdic.ts';
export {
  answerTpdu,
  createFrameDecoder,
  type Decoded,
  encodeFrame,
  type Frame,
  type FrameDecoder,
  type Framing,
  TPDU_BYTES,
  tpdu,
} from './framing.ts';
export { MAC_BYTES, type Mac } from './mac.ts';
export { maskNumber } from './masking.ts';
export type { Fields, FieldValue, Message, Positions, Tags } from './message.ts';
export {
  answerOf,
  answers,
  isMti,
  isRepeat,
  type MtiMeaning,
  mtiMeaning,
  repeatOf,
} from './mti.ts';
export { type Packed, pack, tryPack } from './pack.ts';
export {
  type ProcessedAccount,
  type ProcessedTransaction,
  type ProcessingCode,
  parseProcessingCode,
  spellProcessingCode,
} from './processing-code.ts';
export {
  isRrn,
  isStan,
  type OriginalData,
  parseOriginal,
  rrnOf,
  spellOriginal,
  stanOf,
  transmissionTime,
} from './references.ts';
export { type Refusal, type RefusalCode, refusalCodes } from './refusal.ts';
export { responseCodes } from './response-codes.ts';
export { type MacPadding, retailMac } from './retail-mac.ts';
export { type Unpacked, unpack } from './unpack.ts';
