export { aesCmac, aesMac } from './aes-cmac.ts';
export { describe, describeLine } from './describe.ts';
export {
  type Dialect,
  defineDialect,
  deriveDialect,
  type FieldFormat,
  MESSAGE_BYTES_MAX,
} from './dialect.ts';
export { ascii1987 } from './dialects/1987-ascii.ts';
export { bcd1987 } from './dialects/1987-bcd.ts';
export { ebcdic1987 } from './dialects/1987-ebcdic.ts';
export { createFrameDecoder, encodeFrame, type Frame, type Framing } from './framing.ts';
export { type Mac } from './mac.ts';
export { maskNumber } from './masking.ts';
export type { Fields, FieldValue, Message, Tags } from './message.ts';
export { answerOf, isMti, repeatOf } from './mti.ts';
export { pack, tryPack } from './pack.ts';
export { parseProcessingCode } from './processing-code.ts';
export {
  isRrn,
  isStan,
  parseOriginal,
  rrnOf,
  spellOriginal,
  stanOf,
  transmissionTime,
} from './references.ts';
export { type RefusalCode, refusalCodes } from './refusal.ts';
export { retailMac } from './retail-mac.ts';
export { unpack } from './unpack.ts';
