import type Stripe from 'stripe';
import { Type } from 'typebox';
import { spellId, uuidMs } from '#kit/ids';
import type { Wire } from '#kit/wire';
import { nullable, nullableText } from '#platform/http';
import { LIVES_S, type TestClock } from './test-clock.ts';

export const TEST_CLOCK = 'clock';

const createdSeconds = ({ id }: TestClock): number => Math.floor(uuidMs(id) / 1000);

export const renderTestClock = (clock: TestClock) =>
  ({
    id: spellId(TEST_CLOCK, clock.id),
    object: 'test_helpers.test_clock',
    created: createdSeconds(clock),
    deletes_after: createdSeconds(clock) + LIVES_S,
    frozen_time: clock.frozenTime,
    livemode: false,
    name: clock.name,
    status: clock.status,
    status_details:
      clock.targetTime === null ? {} : { advancing: { target_frozen_time: clock.targetTime } },
  }) satisfies Wire<Stripe.TestHelpers.TestClock>;

export const renderDeletedTestClock = (clock: TestClock) =>
  ({
    id: spellId(TEST_CLOCK, clock.id),
    object: 'test_helpers.test_clock',
    deleted: true,
  }) satisfies Wire<Stripe.TestHelpers.DeletedTestClock>;

export const testClockSchema = Type.Object({
  id: Type.String(),
  object: Type.Literal('test_helpers.test_clock'),
  created: Type.Integer(),
  deletes_after: Type.Integer(),
  frozen_time: Type.Integer(),
  livemode: Type.Boolean(),
  name: nullableText(),
  status: Type.String(),
  status_details: Type.Object({
    advancing: Type.Optional(Type.Object({ target_frozen_time: nullable(Type.Integer()) })),
  }),
});

export const deletedTestClockSchema = Type.Object({
  id: Type.String(),
  object: Type.Literal('test_helpers.test_clock'),
  deleted: Type.Literal(true),
});
