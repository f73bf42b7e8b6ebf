// A merchant's side and a bank's side, each by its own code, and only the wire between them.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { describe, test } from 'node:test';
import { beginAuthentication, findAuthentication } from '#cards/three-ds';
import { asOwner } from '../../src/for-tests.ts';
import { charge, codeOf, connectGateway } from '../sandbox/support/gateway.ts';
import { CHALLENGED, challengesOf, FRICTIONLESS } from './challenges.ts';
import {
  codeIn,
  open,
  refreshOf,
  startPair,
  strangeServer,
  submit,
  toTheBank,
  untilBack,
} from './support.ts';

const pair = await startPair({ challengeMs: 600_000 });
const { context, scope, sandbox, told, sent, origin } = pair;
const bank = await connectGateway(sandbox.ports.acquirer);

const { challenge, acsUrl, answer, pass, stateOf, use } = challengesOf(pair);

let count = 500;
const authorize = async (
  number: string,
  proof: { eci: string; cavv: string | null; directoryServerTransactionId: string | null },
  more: { amount?: number } = {},
): Promise<unknown> => {
  count += 1;
  const tags: Record<string, string> = { '42': proof.eci };
  if (proof.cavv !== null) tags['43'] = proof.cavv;
  if (proof.directoryServerTransactionId !== null) tags['44'] = proof.directoryServerTransactionId;
  return codeOf(await bank.ask(charge(count, { card: number, tags, ...more })));
};

describe('a card whose bank is content', () => {
  test('is authenticated without its holder, and the bank honours the proof once', async () => {
    const card = await pair.keep(FRICTIONLESS);
    const beginning = pair.beginning(card);
    const begun = await beginAuthentication(context, beginning);
    assert.equal(begun.state, 'done');
    assert.ok(begun.state === 'done');
    assert.equal(begun.authentication.outcome, 'authenticated');
    assert.equal(begun.authentication.eci, '05');
    assert.equal(begun.authentication.version, '2.2.0');
    assert.equal(
      await authorize(FRICTIONLESS, { eci: '07', cavv: null, directoryServerTransactionId: null }),
      '1A',
    );

    const used = await use({ id: begun.id, card, beginning });
    assert.ok(used.ok);
    assert.deepEqual((await context.database.commit(scope, [used.write])).ok, true);
    assert.equal(await authorize(FRICTIONLESS, used.authentication), '00');
    assert.equal(await authorize(FRICTIONLESS, used.authentication), '63', 'a value is good once');
  });

  test('whoever begins is told by the answer, and listeners are let alone', async () => {
    const before = told.length;
    await beginAuthentication(context, pair.beginning(await pair.keep(FRICTIONLESS)));
    assert.equal(told.length, before);
  });
});

describe('a challenge', () => {
  test('is passed with the code, told to listeners, and honoured by the bank', async () => {
    const begun = await challenge();
    assert.equal(await pass(begun.url), begun.beginning.returnUrl);
    assert.deepEqual(
      told.filter(({ after }) => after.id === begun.id).map(({ after }) => after.state),
      ['completed'],
    );
    const used = await use(begun);
    assert.ok(used.ok);
    assert.ok((await context.database.commit(scope, [used.write])).ok);
    assert.equal(await authorize(CHALLENGED, used.authentication, { amount: 5_100 }), '63');
    assert.equal(await authorize(CHALLENGED, used.authentication), '00');
    const approved = sandbox
      .journal()
      .lines.map(({ fact }) => fact)
      .findLast((fact) => fact.fact === 'approved');
    assert.equal(approved?.proof, used.authentication.directoryServerTransactionId);
  });

  test('fails after three wrong codes, and nothing can be used', async () => {
    const begun = await challenge();
    let page = await toTheBank(begun.url);
    const wrong = codeIn(page) === '000000' ? '000001' : '000000';
    for (const left of ['2 tries are', 'One try is']) {
      page = await answer(page, wrong);
      assert.match(page.html, new RegExp(`${left} left`));
    }
    assert.equal(
      await untilBack(await submit(await answer(page, wrong), acsUrl()), origin),
      begun.beginning.returnUrl,
    );
    assert.equal(await stateOf(begun.id), 'failed');
    assert.deepEqual(await use(begun), { ok: false, code: 'not_completed' });
    const now = (await findAuthentication(context, scope, begun.id))?.now;
    assert.deepEqual(now, { state: 'refused', id: begun.id, why: 'not_authenticated' });
  });

  test('given up by its holder is abandoned', async () => {
    const begun = await challenge();
    const page = await toTheBank(begun.url);
    const back = await submit(page, acsUrl(), { do: 'cancel' });
    assert.equal(await untilBack(await submit(back, acsUrl()), origin), begun.beginning.returnUrl);
    assert.equal(await stateOf(begun.id), 'abandoned');
    assert.equal(
      told.findLast(({ after }) => after.id === begun.id)?.after.learned.why,
      'cancelled',
    );
  });

  test('is not decided by what the browser brings back', async () => {
    const begun = await challenge();
    await toTheBank(begun.url);
    const cres = Buffer.from(
      JSON.stringify({ messageType: 'CRes', transStatus: 'Y', threeDSServerTransID: begun.id }),
    ).toString('base64url');
    const response = await fetch(`${begun.url}/return`, {
      method: 'POST',
      body: new URLSearchParams({ cres }),
    });
    assert.match(await response.text(), /waiting for your bank/);
    assert.equal(await stateOf(begun.id), 'challenge');
  });

  test('whose address was kept and is none sends its payer back to the shop', async () => {
    const begun = await challenge();
    await asOwner(
      pair.on,
      `update cards.authentications
          set learned = jsonb_set(learned::jsonb, '{acsUrl}', '"https://[bank"') where id = $1`,
      [begun.id],
    );
    const page = await open(begun.url);
    assert.deepEqual([page.status, refreshOf(page)], [200, begun.beginning.returnUrl]);
  });

  test('waits with its payer for a bounded time', async () => {
    const begun = await challenge();
    const page = await open(`${begun.url}/return?waits=29`);
    assert.match(refreshOf(page) ?? '', /waits=30$/);
    assert.equal(refreshOf(await open(`${begun.url}/return?waits=30`)), begun.beginning.returnUrl);
    assert.equal(await stateOf(begun.id), 'challenge');
  });
});

describe('a payer whose browser is not known yet', () => {
  test('is seen by our page first, which then asks', async () => {
    const card = await pair.keep(CHALLENGED);
    const { browser: _, ...beginning } = pair.beginning(card);
    const begun = await beginAuthentication(context, beginning);
    assert.ok(begun.state === 'challenge');
    const page = await open(begun.url);
    assert.match(page.html, /asking your bank/);
    const next = await submit(page, begun.url, {
      script: 'yes',
      color_depth: '30',
      window_width: '390',
      window_height: '800',
      time_zone: '-60',
    });
    assert.match(next.html, /Taking you to your bank/);
    const areq = sent.findLast((body) => body.includes('AReq')) ?? '';
    assert.match(areq, /"browserColorDepth":"24"/);
    const bankPage = await submit(next, acsUrl());
    const back = await submit(await answer(bankPage, codeIn(bankPage)), acsUrl());
    assert.equal(await untilBack(back, origin), beginning.returnUrl);
    assert.equal(await stateOf(begun.id), 'completed');
  });

  test('goes straight back where the bank is content, and listeners are told', async () => {
    const { browser: _, ...beginning } = pair.beginning(await pair.keep(FRICTIONLESS));
    const begun = await beginAuthentication(context, beginning);
    assert.ok(begun.state === 'challenge');
    const next = await submit(await open(begun.url), begun.url);
    assert.equal(refreshOf(next), beginning.returnUrl);
    assert.equal(told.findLast(({ after }) => after.id === begun.id)?.after.state, 'completed');
  });

  test('sent twice by two tabs, the question is asked once', async () => {
    const { browser: _, ...beginning } = pair.beginning(await pair.keep(CHALLENGED));
    const begun = await beginAuthentication(context, beginning);
    assert.ok(begun.state === 'challenge');
    sent.length = 0;
    const page = await open(begun.url);
    await Promise.all([submit(page, begun.url), submit(page, begun.url)]);
    assert.equal(sent.filter((body) => body.includes('"AReq"')).length, 1);
  });
});

describe('what the bank says at once', () => {
  const table = [
    ['attempted', 'done', undefined],
    ['failed', 'refused', 'not_authenticated'],
    ['rejected', 'refused', 'rejected'],
    ['unavailable', 'not_possible', 'bank_unavailable'],
  ] as const;
  // These cards are not in anybody else's hands in this file.
  for (const [behaviour, state, why] of table) {
    test(`${behaviour} is ${state}`, async () => {
      sandbox.setAuthentication('4000002500003155', behaviour);
      const card = await pair.keep('4000002500003155');
      const begun = await beginAuthentication(context, pair.beginning(card));
      assert.equal(begun.state, state);
      assert.equal('why' in begun ? begun.why : undefined, why);
      if (begun.state !== 'done') return;
      assert.deepEqual(
        [begun.authentication.outcome, begun.authentication.eci],
        ['attempted', '06'],
      );
    });
  }

  test('a card that is not enrolled is not asked about, and its number does not leave', async () => {
    const card = await pair.keep('4242424242424242');
    sent.length = 0;
    const begun = await beginAuthentication(context, pair.beginning(card));
    assert.deepEqual(begun, { state: 'not_possible', id: null, why: 'not_enrolled' });
    assert.ok(sent.every((body) => !body.includes('4242424242424242')));
  });

  test('an error of the directory server makes it impossible, not refused', async () => {
    const card = await pair.keep('4000008400001280');
    const begun = await beginAuthentication(context, pair.beginning(card));
    assert.deepEqual(
      [begun.state, 'why' in begun && begun.why],
      ['not_possible', 'directory_error'],
    );
  });

  test('an exemption is granted where the bank agrees, without a value', async () => {
    const card = await pair.keep('4000000000003055');
    const wanted = pair.beginning(card, { preference: 'transaction_risk_analysis' });
    const begun = await beginAuthentication(context, wanted);
    assert.ok(begun.state === 'done');
    const { outcome, exemption, cavv } = begun.authentication;
    assert.deepEqual([outcome, exemption, cavv], ['exempted', 'transaction_risk_analysis', null]);
    const asked = await beginAuthentication(context, pair.beginning(card));
    assert.equal(asked.state, 'challenge');
  });

  test('a currency that nobody authenticates in is not possible', async () => {
    const card = await pair.keep(CHALLENGED);
    const begun = await beginAuthentication(context, pair.beginning(card, { currency: 'xau' }));
    assert.deepEqual(begun, { state: 'not_possible', id: null, why: 'currency_not_supported' });
  });
});

describe('a directory server', () => {
  test('that is not there makes it impossible', async () => {
    const card = await pair.keep(CHALLENGED);
    const wanted = pair.beginning(card, { directoryServer: 'http://127.0.0.1:9/directory' });
    const begun = await beginAuthentication(context, wanted);
    assert.deepEqual(begun, { state: 'not_possible', id: null, why: 'directory_silent' });
  });

  test('whose answer is lost after it was asked leaves nothing that could be used', async () => {
    sandbox.setFaults([{ id: 'lost', kind: 'reset', when: { mti: 'AReq' }, times: 1 }]);
    const card = await pair.keep(CHALLENGED);
    const begun = await beginAuthentication(context, pair.beginning(card));
    assert.deepEqual(
      [begun.state, 'why' in begun && begun.why],
      ['not_possible', 'directory_silent'],
    );
    sandbox.setFaults([]);
  });

  test('that answers for another transaction is not believed', async () => {
    const range = { startRange: CHALLENGED, endRange: CHALLENGED };
    const directoryServer = await strangeServer((asked) =>
      asked['messageType'] === 'PReq'
        ? { messageType: 'PRes', cardRangeData: [range] }
        : {
            messageType: 'ARes',
            messageVersion: '2.2.0',
            threeDSServerTransID: randomUUID(),
            acsTransID: randomUUID(),
            dsTransID: randomUUID(),
            transStatus: 'Y',
            eci: '05',
            authenticationValue: `${'A'.repeat(27)}=`,
          },
    );
    const card = await pair.keep(CHALLENGED);
    const begun = await beginAuthentication(context, pair.beginning(card, { directoryServer }));
    assert.deepEqual(
      [begun.state, 'why' in begun && begun.why],
      ['not_possible', 'directory_error'],
    );
  });

  test('that sends a payer to no address is not believed, and the payer goes back to the shop', async () => {
    const range = { startRange: CHALLENGED, endRange: CHALLENGED };
    const directoryServer = await strangeServer((asked) =>
      asked['messageType'] === 'PReq'
        ? { messageType: 'PRes', cardRangeData: [range] }
        : {
            messageType: 'ARes',
            messageVersion: '2.2.0',
            threeDSServerTransID: asked['threeDSServerTransID'],
            acsTransID: randomUUID(),
            dsTransID: randomUUID(),
            transStatus: 'C',
            acsURL: 'https://[bank',
          },
    );
    const card = await pair.keep(CHALLENGED);
    const { browser: _, ...beginning } = pair.beginning(card, { directoryServer });
    const begun = await beginAuthentication(context, beginning);
    assert.ok(begun.state === 'challenge');
    const next = await submit(await open(begun.url), begun.url);
    assert.deepEqual([next.status, refreshOf(next)], [200, beginning.returnUrl]);
    const found = await findAuthentication(context, scope, begun.id);
    assert.deepEqual(found?.now, { state: 'not_possible', id: begun.id, why: 'directory_error' });
  });

  test('that tells a result twice is heard once', async () => {
    sandbox.setFaults([{ id: 'again', kind: 'twice', when: { mti: 'RReq' }, times: 1 }]);
    const begun = await challenge();
    await pass(begun.url);
    assert.equal(told.filter(({ after }) => after.id === begun.id).length, 1);
    sandbox.setFaults([]);
  });

  test('that made its value over another amount is found out by the bank', async () => {
    sandbox.setFaults([{ id: 'lie', kind: 'wrong_amount', when: { mti: 'RReq' }, times: 1 }]);
    const begun = await challenge();
    await pass(begun.url);
    sandbox.setFaults([]);
    const used = await use(begun);
    assert.ok(used.ok);
    assert.equal(await authorize(CHALLENGED, used.authentication), '63');
  });
});

describe('what is kept and shown', () => {
  test('an address that nobody was given shows nothing, whatever it is', async () => {
    for (const path of ['x', 'A'.repeat(82), `${'A'.repeat(82)}/return`]) {
      const page = await open(`${origin}/3ds/${path}`);
      assert.equal(page.status, 404);
      assert.match(page.html, /nothing here/i);
    }
  });

  test('our pages run nothing but their own script, and only we may frame them', async () => {
    const begun = await challenge();
    const { headers, html } = await open(begun.url);
    const policy = headers.get('content-security-policy') ?? '';
    assert.match(policy, /^default-src 'none'; style-src 'sha256-/);
    assert.match(policy, new RegExp(`form-action http://127.0.0.1:${sandbox.ports.threeDs};`));
    assert.match(policy, /frame-ancestors 'self'/);
    assert.equal(headers.get('x-frame-options'), null);
    assert.equal(headers.get('cache-control'), 'no-store');
    assert.match(html, /Fern &amp; Ford/);
    assert.match(html, /€50\.00/);
  });

  test('a payer without an address to come back to is asked in the page of the shop, and stays there', async () => {
    const card = await pair.keep(CHALLENGED);
    const { returnUrl: _, ...beginning } = pair.beginning(card);
    const begun = await beginAuthentication(context, beginning);
    assert.ok(begun.state === 'challenge');
    const { headers } = await open(begun.url);
    assert.match(headers.get('content-security-policy') ?? '', /frame-ancestors https: http:/);
    const page = await submit(await toTheBank(begun.url), acsUrl(), { do: 'cancel' });
    const back = await submit(page, acsUrl());
    assert.match(back.html, /go back to the shop/);
    assert.equal(refreshOf(back), undefined);
  });

  test('a payer may give up at our page, before the bank has been asked and after, once', async () => {
    const giveUp = async (url: string) =>
      (await fetch(`${url}/abandon`, { method: 'POST' })).status;
    const { browser: _, ...unseen } = pair.beginning(await pair.keep(CHALLENGED));
    const early = await beginAuthentication(context, unseen);
    const late = await challenge();
    assert.ok(early.state === 'challenge');
    for (const { id, url } of [early, late]) {
      pair.told.length = 0;
      assert.deepEqual([await giveUp(url), await giveUp(url)], [200, 409]);
      const found = await findAuthentication(context, scope, id);
      assert.equal(found?.authentication.state, 'abandoned');
      assert.deepEqual(
        pair.told.map(({ after }) => after.id),
        [id],
      );
    }
    assert.equal(await giveUp(`${origin}/3ds/${'A'.repeat(82)}`), 409);
  });

  test('the value is sealed at rest, and gone once it was used', async () => {
    const begun = await challenge();
    await pass(begun.url);
    const found = await findAuthentication(context, scope, begun.id);
    const stored = found?.authentication.learned.cavv ?? '';
    assert.ok(found?.now?.state === 'done');
    assert.ok(stored.length > 28 && !stored.includes(found.now.authentication.cavv ?? ''));
    const used = await use(begun);
    assert.ok(used.ok);
    await context.database.commit(scope, [used.write]);
    const after = await findAuthentication(context, scope, begun.id);
    assert.equal(after?.authentication.learned.cavv, null);
    assert.equal(after?.now, null);
  });

  test('no row holds a number or a value as it is', async () => {
    const begun = await challenge();
    await pass(begun.url);
    const found = await findAuthentication(context, scope, begun.id);
    assert.ok(found?.now?.state === 'done');
    const rows = await asOwner(pair.on, 'select a::text as row from cards.authentications a');
    const text = JSON.stringify(rows);
    assert.match(text, new RegExp(begun.id));
    assert.doesNotMatch(text, /4000000000003220|4000000032200000/);
    assert.ok(!text.includes(found.now.authentication.cavv ?? assert.fail('There is no value')));
  });

  test('in live mode nothing is asked over an open line', async () => {
    const card = await pair.keep(CHALLENGED);
    sent.length = 0;
    const live = pair.beginning(card, { scope: { ...scope, livemode: true } });
    const begun = await beginAuthentication(context, live);
    assert.deepEqual(begun, { state: 'not_possible', id: null, why: 'directory_not_secure' });
    assert.deepEqual(sent, []);
  });

  test('nothing is asked of a directory server that this installation may not reach', async () => {
    const card = await pair.keep(CHALLENGED);
    sent.length = 0;
    const begun = await beginAuthentication(context, pair.beginning(card, { reach: null }));
    assert.deepEqual(begun, { state: 'not_possible', id: null, why: 'directory_not_allowed' });
    assert.deepEqual(sent, []);
  });

  test('the journal of the bank tells of every authentication, and of no number', () => {
    const facts = sandbox.journal().lines.map(({ fact }) => fact);
    const asked = facts.filter(({ fact }) => fact === 'authentication_asked');
    assert.ok(asked.length > 10);
    const ended = facts.flatMap((fact) => (fact.fact === 'authentication_ended' ? [fact.why] : []));
    assert.deepEqual(new Set(ended), new Set(['code', 'wrong_code', 'cancelled']));
    const text = JSON.stringify(facts, (_, value) =>
      typeof value === 'bigint' ? `${value}` : value,
    );
    assert.doesNotMatch(text, /4000000000003220|4000000032200000/);
  });
});
