// Unattached, attached to one customer, detached for good.

import type { MethodState } from './payment-method.ts';

export type MethodAction = 'attach' | 'detach' | 'update' | 'consume';

const transitions: Readonly<Record<MethodState, Partial<Record<MethodAction, MethodState>>>> = {
  unattached: { attach: 'attached', update: 'unattached', consume: 'detached' },
  attached: { detach: 'detached', update: 'attached' },
  detached: {},
};

/** Null: not from this state. */
export const nextState = (state: MethodState, action: MethodAction): MethodState | null =>
  transitions[state][action] ?? null;
