// What the vault promises, held by each way to have one.

import assert, { fail } from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { asOwner } from '../../platform/db/for-tests.ts';
import { vaultChecks } from './checks.ts';
import {
  keep,
  newScope,
  plainCard,
  randomNumber,
  reveal,
  served,
  type TestVault,
  testCaller,
  testVault,
} from './for-tests.ts';
import { certificates } from './for-tests-tls.ts';
import type { OpeningEntry, Vault } from './vault.ts';

const testCards = new Map([['4242424242424242', 'visa']]);

type Kind = { readonly name: string; readonly open: () => Promise<TestVault> };

const kinds: readonly Kind[] = [
  { name: 'in this process', open: () => testVault({ settings: { testCards } }) },
  {
    name: 'behind a socket',
    open: async () => served(await testVault({ settings: { testCards } })),
  },
  {
    name: 'over mutual TLS',
    open: async () => {
      const { of } = await certificates();
      const tls = { server: await of('vault'), client: await of('gateway') };
      return served(await testVault({ settings: { testCards } }), { tls });
    },
  },
];

for (const kind of kinds) {
  describe(`a vault ${kind.name}`, () => {
    let on: TestVault['on'];
    let vault: Vault;
    let database: TestVault['context']['database'];
    before(async () => {
      const opened = await kind.open();
      ({ vault, on } = opened);
      ({ database } = opened.context);
    });

    test('tells of a received card what may be known of it, and no more', async () => {
      const scope = newScope();
      const card = plainCard({ number: '4242 4242-4242 4242', cvc: '123' });
      const received = await vault.receiveCard(testCaller, { scope, card });
      assert.ok(received.ok);
      const { received: handle, ...facts } = received;
      assert.match(handle, /^[0-9A-Za-z]{22}$/);
      assert.deepEqual(facts, {
        ok: true,
        bin: '424242',
        prefix: '42424242',
        last4: '4242',
        length: 16,
        passesLuhn: true,
        testCard: 'visa',
        expMonth: 12,
        expYear: 2031,
        name: 'Ada Lovelace',
        cvcLength: 3,
      });
    });

    test('leaves at least three digits of a short number unknown', async () => {
      const scope = newScope();
      for (const [number, shown] of [
        ['500000000009', 5 + 4],
        ['5000000000009', 6 + 4],
        ['378282246310005', 6 + 4],
      ] as const) {
        const received = await vault.receiveCard(testCaller, {
          scope,
          card: plainCard({ number }),
        });
        assert.ok(received.ok);
        assert.equal(received.prefix.length + received.last4.length, shown);
        assert.ok(received.prefix.startsWith(received.bin));
      }
    });

    test('refuses what is no number or no CVC, without repeating it', async () => {
      const scope = newScope();
      const codeOf = async (changes: Parameters<typeof plainCard>[0]) => {
        const outcome = await vault.receiveCard(testCaller, { scope, card: plainCard(changes) });
        assert.deepEqual(Object.keys(outcome), ['ok', 'code']);
        return outcome.ok ? 'ok' : outcome.code;
      };
      for (const number of ['', '42424242424', '42424242424242424242', '4242x24242424242', ' ']) {
        assert.equal(await codeOf({ number }), 'number_malformed');
      }
      for (const cvc of ['', '12', '12345', '1a3']) {
        assert.equal(await codeOf({ cvc }), 'cvc_malformed');
      }
    });

    test('opens a sealed card for one operation, and zeroes it afterwards', async () => {
      const scope = newScope();
      const number = randomNumber();
      const { card } = await keep(vault, scope, plainCard({ number }));
      let kept: Buffer = Buffer.alloc(0);
      const outcome = await vault.withCard(
        testCaller,
        { scope, card, operation: 'op_1' },
        async (open) => {
          kept = open.number;
          assert.equal(open.cvc, null);
          assert.deepEqual([open.expMonth, open.expYear, open.name], [12, 2031, 'Ada Lovelace']);
          return open.number.toString('latin1');
        },
      );
      assert.deepEqual(outcome, { ok: true, value: number });
      assert.deepEqual(
        [...kept],
        Array.from({ length: 16 }, () => 0),
      );
    });

    test('zeroes the card also when its use fails, and hands the failure on', async () => {
      const scope = newScope();
      const { card } = await keep(vault, scope, plainCard({ cvc: '123' }), 'op_fails');
      let kept: Buffer[] = [];
      await assert.rejects(
        vault.withCard(
          testCaller,
          { scope, card, operation: 'op_fails', cvcFor: 'op_fails' },
          async ({ number, cvc }) => {
            kept = [number, cvc ?? Buffer.of(1)];
            throw new Error('the provider is away');
          },
        ),
        /the provider is away/,
      );
      assert.ok(kept.every((bytes) => bytes.every((byte) => byte === 0)));
    });

    test('seals a received card once, and only for who brought it', async () => {
      const scope = newScope();
      const receive = async () => {
        const received = await vault.receiveCard(testCaller, { scope, card: plainCard() });
        assert.ok(received.ok);
        return received.received;
      };
      const once = await receive();
      assert.ok((await vault.sealCard(testCaller, { scope, received: once })).ok);
      const gone = { ok: false, code: 'received_gone' };
      assert.deepEqual(await vault.sealCard(testCaller, { scope, received: once }), gone);
      const mine = await receive();
      assert.deepEqual(
        await vault.sealCard(testCaller, { scope: newScope(), received: mine }),
        gone,
      );
      assert.deepEqual(await vault.sealCard(testCaller, { scope, received: mine }), gone);
    });

    test('opens no card of another account or mode', async () => {
      const scope = newScope();
      const { card } = await keep(vault, scope);
      assert.equal(await reveal(vault, newScope(), card), null);
      assert.equal(await reveal(vault, { ...scope, livemode: true }, card), null);
      assert.notEqual(await reveal(vault, scope, card), null);
    });

    test('hands a CVC to its operation once and never again', async () => {
      const scope = newScope();
      const { card } = await keep(vault, scope, plainCard({ cvc: '987' }), 'op_2');
      const cvcOf = async (cvcFor: string) => {
        const outcome = await vault.withCard(
          testCaller,
          { scope, card, operation: cvcFor, cvcFor },
          async ({ cvc }) => cvc?.toString('latin1') ?? null,
        );
        assert.ok(outcome.ok);
        return outcome.value;
      };
      assert.equal(await cvcOf('another'), null);
      assert.equal(await cvcOf('op_2'), '987');
      assert.equal(await cvcOf('op_2'), null);

      const held = await vault.holdCvc(testCaller, { scope, cvcFor: 'op_3', cvc: '4567' });
      assert.deepEqual(held, { ok: true, cvcLength: 4 });
      assert.equal(await cvcOf('op_3'), '4567');
      await vault.holdCvc(testCaller, { scope, cvcFor: 'op_4', cvc: Buffer.from('111') });
      await vault.dropCvc(testCaller, { scope, cvcFor: 'op_4' });
      assert.equal(await cvcOf('op_4'), null);
    });

    test('gives one number one fingerprint within an account and mode, and another elsewhere', async () => {
      const [mine, theirs] = [newScope(), newScope()];
      const card = plainCard();
      const first = await keep(vault, mine, card);
      const second = await keep(vault, mine, card);
      assert.match(first.fingerprint, /^[0-9A-Za-z]{16}$/);
      assert.equal(second.fingerprint, first.fingerprint);
      assert.notEqual(second.card, first.card);
      assert.notEqual((await keep(vault, theirs, card)).fingerprint, first.fingerprint);
      const live = await keep(vault, { ...mine, livemode: true }, card);
      assert.notEqual(live.fingerprint, first.fingerprint);
      assert.notEqual((await keep(vault, mine)).fingerprint, first.fingerprint);
    });

    test('gives fifty cards of one number, sealed at once, one fingerprint', async () => {
      const scope = newScope();
      const card = plainCard();
      const kept = await Promise.all(Array.from({ length: 50 }, () => keep(vault, scope, card)));
      assert.equal(new Set(kept.map(({ fingerprint }) => fingerprint)).size, 1);
      assert.equal(new Set(kept.map(({ card }) => card)).size, 50);
    });

    test('knows one number over all accounts for risk, and over modes not', async () => {
      const [mine, theirs] = [newScope(), newScope()];
      const number = randomNumber();
      const riskOf = async (scope = mine) => {
        const { card } = await keep(vault, scope, plainCard({ number }));
        const outcome = await vault.riskFingerprints(testCaller, { scope, card });
        assert.ok(outcome.ok);
        return outcome.fingerprints;
      };
      assert.deepEqual(await riskOf(mine), await riskOf(theirs));
      assert.notDeepEqual(await riskOf(mine), await riskOf(newScope(true)));
      assert.match((await riskOf())[0] ?? '', /^risk1_[0-9A-Za-z]{16}$/);
    });

    test('changes an expiry and nothing else', async () => {
      const scope = newScope();
      const number = randomNumber();
      const { card } = await keep(vault, scope, plainCard({ number }));
      const expiry = { expMonth: 3, expYear: 2040 };
      assert.deepEqual(await vault.changeExpiry(testCaller, { scope, card, expiry }), { ok: true });
      const outcome = await vault.withCard(
        testCaller,
        { scope, card, operation: 'op' },
        async (open) => [open.number.toString(), open.expMonth, open.expYear, open.name],
      );
      assert.deepEqual(outcome, { ok: true, value: [number, 3, 2040, 'Ada Lovelace'] });
      assert.deepEqual(await vault.changeExpiry(testCaller, { scope: newScope(), card, expiry }), {
        ok: false,
        code: 'card_gone',
      });
    });

    test('forgets a deleted card at once, and says so the second time', async () => {
      const scope = newScope();
      const { card } = await keep(vault, scope);
      assert.equal(await vault.deleteCard(testCaller, { scope, card, why: 'asked' }), true);
      assert.equal(await reveal(vault, scope, card), null);
      assert.equal(await vault.deleteCard(testCaller, { scope, card, why: 'asked' }), false);
      assert.deepEqual(await vault.riskFingerprints(testCaller, { scope, card }), {
        ok: false,
        code: 'card_gone',
      });
      const left = await asOwner(on, 'select 1 from vault.card_keys where card_id = $1', [card]);
      assert.equal(left.length, 0);
    });

    test('writes every access into the audit log, with who and for what, before it happens', async () => {
      const scope = newScope();
      const caller = {
        actor: { kind: 'api_key', id: 'mk_1', requestId: 'req_1', address: '192.0.2.1' },
      } as const;
      const { card } = await keep(vault, scope);
      const entries = () =>
        asOwner(
          on,
          `select action, actor_id, request_id, origin, succeeded, details->>'operation' as operation
             from identity.audit_entries where target = $1 order by id`,
          [card],
        );
      await vault.withCard(caller, { scope, card, operation: 'op_9' }, async () => {
        assert.equal((await entries()).length, 2);
      });
      await vault.deleteCard(caller, { scope, card, why: 'asked' });
      await vault.withCard(caller, { scope, card, operation: 'op_10' }, async () => {});
      const who = { actor_id: 'mk_1', request_id: 'req_1', origin: '192.0.2.1' };
      assert.deepEqual((await entries()).slice(1), [
        { action: 'vault.card.open', ...who, succeeded: true, operation: 'op_9' },
        { action: 'vault.card.delete', ...who, succeeded: true, operation: null },
        { action: 'vault.card.open', ...who, succeeded: false, operation: 'op_10' },
      ]);
    });

    test('opens an expected card once, with one entry, and only for what it was expected for', async () => {
      const scope = newScope();
      const number = randomNumber();
      const { card } = await keep(vault, scope, plainCard({ number }));
      const { card: other } = await keep(vault, scope);
      const opening = (operation: string, of = card) => ({ scope, card: of, operation });
      const open = async (
        operation: string,
        expected: ReturnType<typeof vault.expectCard>,
        of = card,
      ): Promise<string | null> => {
        const input = { ...opening(operation, of), expected };
        const opened = await vault.withCard(testCaller, input, async (it) => it.number.toString());
        return opened.ok ? opened.value : null;
      };
      const entries = async () =>
        (
          await asOwner(
            on,
            `select details->>'operation' as operation from identity.audit_entries
              where target = any($1) and action = 'vault.card.open' and succeeded order by id`,
            [[card, other]],
          )
        ).map(({ operation }) => operation);

      const expected = vault.expectCard(testCaller, opening('op_1'));
      assert.equal(await open('op_1', expected), number);
      assert.deepEqual(await entries(), ['op_1']);
      assert.equal(await open('op_1', expected), number);
      assert.deepEqual(await entries(), ['op_1', 'op_1'], 'not a second time by one word');

      assert.notEqual(
        await open('op_2', vault.expectCard(testCaller, opening('op_2')), other),
        number,
      );
      assert.equal(await open('op_4', vault.expectCard(testCaller, opening('op_3'))), number);
      const told = await entries();
      assert.equal(told.filter((it) => it === 'op_4').length, 1);

      // An entry that its caller has committed is not made again: once, and for the opening that it is of.
      const entryOf = (operation: string): OpeningEntry =>
        vault.openingEntry(testCaller, opening(operation)) ?? fail('in a process of its own');
      const timesOf = async (operation: string): Promise<number> =>
        (await entries()).filter((it) => it === operation).length;
      if (vault.openingEntry(testCaller, opening('op_9')) !== null) {
        const forgotten = { ...opening('op_10'), entry: entryOf('op_10') };
        assert.equal(await open('op_10', vault.expectCard(testCaller, forgotten)), number);
        assert.equal(await timesOf('op_10'), 1, 'nobody had committed it');

        const given = { ...opening('op_13'), entry: entryOf('op_13') };
        assert.ok((await database.commit(scope, [given.entry.write])).ok);
        assert.equal(await open('op_13', vault.expectCard(testCaller, given)), number);
        assert.equal(await timesOf('op_13'), 1);
        assert.equal(await open('op_13', vault.expectCard(testCaller, given)), number);
        assert.equal(await timesOf('op_13'), 2);

        const foreign = { ...opening('op_11'), entry: entryOf('op_12') };
        assert.ok((await database.commit(scope, [foreign.entry.write])).ok);
        assert.equal(await open('op_11', vault.expectCard(testCaller, foreign)), number);
        assert.equal(await timesOf('op_11'), 1);
      }

      const gone = vault.expectCard(testCaller, opening('op_5'));
      assert.notEqual(
        await open('op_8', vault.expectCard(testCaller, opening('op_8')), other),
        null,
      );
      // By now it was loaded, and its entry made.
      await vault.deleteCard(testCaller, { scope, card, why: 'asked' });
      const late = vault.expectCard(testCaller, opening('op_6'));
      assert.equal(await open('op_6', late), null);
      assert.equal(await open('op_5', gone), null);
    });

    test('leaves a database that its checks find nothing wrong with', async () => {
      for (const { name, text } of vaultChecks) assert.deepEqual(await asOwner(on, text), [], name);
    });
  });
}
