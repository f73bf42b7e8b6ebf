import type { Static } from 'typebox';
import { ApiError, parameterMissing } from '#platform/http';
import type { CustomField } from './custom-fields.ts';
import type { createParameters } from './session-parameters.ts';

type Asked = NonNullable<Static<typeof createParameters>['custom_fields']>;

export const readCustomFields = (asked: Asked): readonly CustomField[] => {
  const fields = asked.map((field, at) => readField(field, `custom_fields[${at}]`));
  const keys = fields.map(({ key }) => key);
  const twice = keys.findIndex((key, at) => keys.indexOf(key) !== at);
  if (twice !== -1) {
    throw new ApiError(400, 'The keys of custom fields must differ.', {
      param: `custom_fields[${twice}][key]`,
    });
  }
  return fields;
};

const readField = (field: Asked[number], at: string): CustomField => {
  const { key, label, type, optional = false, dropdown } = field;
  if (!/^[A-Za-z0-9_-]+$/.test(key)) {
    throw new ApiError(400, 'The key of a custom field has letters, digits, _ and - alone.', {
      param: `${at}[key]`,
    });
  }
  const bounds = type === 'dropdown' ? undefined : field[type];
  if (type === 'dropdown' && dropdown === undefined) throw parameterMissing(`${at}[dropdown]`);
  return {
    key,
    label: label.custom,
    optional,
    type,
    options: type === 'dropdown' ? (dropdown?.options ?? []) : [],
    minLength: bounds?.minimum_length ?? null,
    maxLength: bounds?.maximum_length ?? null,
    defaultValue: (type === 'dropdown' ? dropdown : bounds)?.default_value ?? null,
  };
};
