// Words to describe answers with, for the OpenAPI document and the reference page.

import { type TSchema, Type } from 'typebox';

export const nullable = <T extends TSchema>(schema: T) => Type.Union([schema, Type.Null()]);

export const nullableText = () => nullable(Type.String());

export const addressShape = () =>
  Type.Object({
    city: nullableText(),
    country: nullableText(),
    line1: nullableText(),
    line2: nullableText(),
    postal_code: nullableText(),
    state: nullableText(),
  });
