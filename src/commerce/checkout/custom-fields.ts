// Fields that the merchant adds to the page, and what a payer may answer in them.

import { ApiError } from '#platform/http';

export type CustomField = {
  readonly key: string;
  readonly label: string;
  readonly optional: boolean;
  readonly type: 'dropdown' | 'numeric' | 'text';
  readonly options: readonly { readonly label: string; readonly value: string }[];
  readonly minLength: number | null;
  readonly maxLength: number | null;
  readonly defaultValue: string | null;
};

export type CustomFieldAnswers = Readonly<Record<string, string>>;

/** The answers as they are kept, or the refusal that names the field which is wrong. */
export const readAnswers = (
  fields: readonly CustomField[],
  said: CustomFieldAnswers,
): CustomFieldAnswers => {
  const unknown = Object.keys(said).find((key) => !fields.some((field) => field.key === key));
  if (unknown !== undefined) throw wrong(unknown, `There is no custom field '${unknown}'.`);
  return Object.fromEntries(
    fields.flatMap((field) => {
      const value = said[field.key]?.trim() ?? '';
      if (value !== '') return [[field.key, check(field, value)]];
      if (!field.optional) throw wrong(field.key, `The field '${field.key}' must be filled in.`);
      return [];
    }),
  );
};

const check = (field: CustomField, value: string): string => {
  const { key, type, options, minLength, maxLength } = field;
  if (type === 'dropdown') {
    if (options.some((option) => option.value === value)) return value;
    throw wrong(key, `The field '${key}' has no such option.`);
  }
  if (type === 'numeric' && !/^\d+$/.test(value)) {
    throw wrong(key, `The field '${key}' takes digits alone.`);
  }
  const length = [...value].length;
  if (length < (minLength ?? 0) || length > (maxLength ?? LENGTH_MAX)) {
    throw wrong(
      key,
      `The field '${key}' takes ${minLength ?? 0} to ${maxLength ?? LENGTH_MAX} characters.`,
    );
  }
  return value;
};

export const LENGTH_MAX = 255;

const wrong = (key: string, message: string): ApiError =>
  new ApiError(400, message, { param: `custom_fields[${key}]` });
