import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { businessDay, endOfDay, FED, TARGET, valueDate, WEEKDAYS } from '#books/calendars';
import { addBankDays, easter, isBankDay } from './calendars.ts';

describe('Easter', () => {
  const known = {
    2000: '2000-04-23',
    2008: '2008-03-23',
    2011: '2011-04-24',
    2019: '2019-04-21',
    2024: '2024-03-31',
    2025: '2025-04-20',
    2026: '2026-04-05',
    2027: '2027-03-28',
    2038: '2038-04-25',
    2049: '2049-04-18',
  };
  for (const [year, day] of Object.entries(known)) {
    test(`of ${year} is ${day}`, () => assert.equal(easter(Number(year)), day));
  }
});

describe('bank days', () => {
  const closed: readonly (readonly [typeof FED, string, string])[] = [
    [TARGET, '2026-01-01', 'New Year'],
    [TARGET, '2026-04-03', 'Good Friday'],
    [TARGET, '2026-04-06', 'Easter Monday'],
    [TARGET, '2026-05-01', 'Labour Day'],
    [TARGET, '2026-12-25', 'Christmas'],
    [TARGET, '2025-12-26', 'the day after Christmas'],
    [TARGET, '2026-07-04', 'a Saturday'],
    [FED, '2026-01-19', 'Martin Luther King day'],
    [FED, '2026-02-16', "Washington's birthday"],
    [FED, '2026-05-25', 'Memorial day'],
    [FED, '2026-06-19', 'Juneteenth'],
    [FED, '2026-09-07', 'Labor day'],
    [FED, '2026-10-12', 'Columbus day'],
    [FED, '2026-11-11', 'Veterans day'],
    [FED, '2026-11-26', 'Thanksgiving'],
    [FED, '2027-07-05', 'the Monday after a Sunday holiday'],
    [FED, '2023-01-02', 'the Monday after a New Year on Sunday'],
  ];
  for (const [calendar, day, why] of closed) {
    test(`${calendar.name} is closed on ${day}, ${why}`, () =>
      assert.equal(isBankDay(calendar, day), false));
  }

  const open: readonly (readonly [typeof FED, string, string])[] = [
    [FED, '2026-07-03', 'the Friday before a Saturday holiday'],
    [FED, '2021-12-31', 'the Friday before a New Year on Saturday'],
    [FED, '2026-04-03', 'Good Friday'],
    [TARGET, '2026-07-03', 'an ordinary Friday'],
    [TARGET, '2026-11-26', 'Thanksgiving'],
    [WEEKDAYS, '2026-12-25', 'a day of no calendar'],
  ];
  for (const [calendar, day, why] of open) {
    test(`${calendar.name} is open on ${day}, ${why}`, () =>
      assert.equal(isBankDay(calendar, day), true));
  }

  test('are counted over Easter and from a weekend', () => {
    assert.equal(addBankDays(TARGET, '2026-04-02', 1), '2026-04-07');
    assert.equal(addBankDays(TARGET, '2026-04-02', 0), '2026-04-02');
    assert.equal(addBankDays(FED, '2026-04-02', 1), '2026-04-03');
    assert.equal(addBankDays(WEEKDAYS, '2026-06-06', 0), '2026-06-08');
  });
});

describe('value dates', () => {
  const newYork = {
    days: 2,
    count: 'bank_days',
    zone: 'America/New_York',
    cutOffMinutes: 17 * 60,
  } as const;

  test('belong to the next day from the cut-off on, in the zone of the schedule', () => {
    assert.equal(businessDay(newYork, Date.parse('2026-01-14T21:59:59Z')), '2026-01-14');
    assert.equal(businessDay(newYork, Date.parse('2026-01-14T22:00:00Z')), '2026-01-15');
    // Summer time: the cut-off is an hour earlier in UTC.
    assert.equal(businessDay(newYork, Date.parse('2026-07-14T21:00:00Z')), '2026-07-15');
    assert.equal(businessDay(newYork, Date.parse('2026-07-14T20:59:59Z')), '2026-07-14');
  });

  test('end at a moment that daylight saving moves', () => {
    const berlin = { zone: 'Europe/Berlin', cutOffMinutes: 22 * 60 } as const;
    assert.equal(endOfDay(berlin, '2026-01-14'), Date.parse('2026-01-14T21:00:00Z'));
    assert.equal(endOfDay(berlin, '2026-07-14'), Date.parse('2026-07-14T20:00:00Z'));
    const atMidnight = { zone: 'America/New_York', cutOffMinutes: 24 * 60 } as const;
    // Clocks went forward on the 8th of March 2026, and back on the 1st of November.
    for (const day of ['2026-03-07', '2026-03-08', '2026-10-31', '2026-11-01', '2026-12-31']) {
      const endMs = endOfDay(atMidnight, day);
      assert.equal(businessDay(atMidnight, endMs - 60_000), day);
      assert.notEqual(businessDay(atMidnight, endMs), day);
    }
  });

  test('skip what the calendar closes', () => {
    // Thursday before the long weekend of Martin Luther King day.
    assert.equal(valueDate(newYork, FED, Date.parse('2026-01-15T15:00:00Z')), '2026-01-20');
    const threeDays = { ...newYork, count: 'calendar_days', days: 3 } as const;
    assert.equal(valueDate(threeDays, FED, Date.parse('2026-01-15T15:00:00Z')), '2026-01-20');
    assert.equal(valueDate(threeDays, FED, Date.parse('2026-01-12T15:00:00Z')), '2026-01-15');
  });
});
