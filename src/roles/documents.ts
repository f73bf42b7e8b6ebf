import type { PlainHandler, Route } from '#platform/http';

export const documentHandlers = (
  _routes: readonly Route[],
  _publicUrl: string,
): readonly PlainHandler[] => [];
