// Why a message was not taken. A refusal names the place and the rule and never repeats content: what
// could not be read may still be a card number.

const rules = {
  message_too_long: 'is longer than the dialect allows',
  truncated: 'ends before its length says',
  trailing_bytes: 'holds bytes after its last part',
  mti_unknown: 'is not a message type of this version',
  field_unknown: 'is not in the dialect',
  bitmap_bad_digit: 'holds a character that is not an upper-case hexadecimal digit',
  bitmap_flag_wrong: 'announces a second bitmap that the dialect does not put there',
  bitmap_second_missing: 'does not announce the second bitmap that the dialect always sends',
  bitmap_second_empty: 'announces a second bitmap in which no field is set',
  length_bad_digit: 'has a length that is not made of digits',
  length_over_maximum: 'is longer than its maximum',
  length_below_minimum: 'is shorter than its minimum',
  length_wrong: 'has not the length it must have',
  bad_digit: 'holds something that is not a digit where digits stand',
  bad_character: 'holds a character that its content does not allow',
  bad_pad: 'is filled up with something else than its pad',
  tag_malformed: 'has a malformed tag',
  tag_duplicate: 'appears twice',
  tlv_length_malformed: 'has a length that is not the shortest form of BER',
  tlv_too_deep: 'is nested deeper than the dialect allows',
  value_wrong_type: 'has a value of another kind than the dialect says',
  part_missing: 'is missing',
  mac_missing: 'has to be there, to prove the message',
  mac_wrong: 'does not prove the message',
  mac_not_last: 'has to be the last field of the message',
  mac_given: 'is computed and must not be given',
  frame_empty: 'announces a message of no bytes',
  frame_too_long: 'announces more bytes than the link allows',
  frame_too_short: 'announces fewer bytes than its own header has',
} as const;

export type RefusalCode = keyof typeof rules;
export const refusalCodes = Object.keys(rules) as RefusalCode[];

export type Refusal = {
  readonly ok: false;
  /** `2`, `48.2`, `55.9F26`, or one of `message`, `mti`, `bitmap`, `frame`. */
  readonly path: string;
  readonly code: RefusalCode;
  readonly reason: string;
};

export const refuse = (path: string, code: RefusalCode): Refusal => {
  const place = /^\d/.test(path) ? `Field ${path}` : `The ${path}`;
  return { ok: false, path, code, reason: `${place} ${rules[code]}.` };
};
