import assert from 'node:assert/strict';
import { beforeEach, describe, test } from 'node:test';
import { setImmediate as settled } from 'node:timers/promises';
import { createNames, FRESH_MS, NAMES_MAX, type Names, SLOW_MS } from './names.ts';

let nowMs: number;
let alarms: { readonly atMs: number; readonly ring: () => void }[];
let asked: string[];
type Asked = { answer: (addresses: readonly string[]) => void; fail: (code?: string) => void };
let open: Map<string, Asked>;
/** As the system says it. */
const noSuchName = (code = 'ENOTFOUND') => Object.assign(new Error('No such name'), { code });
let names: Names;

const passes = (ms: number): void => {
  nowMs += ms;
  for (const alarm of alarms.filter(({ atMs }) => atMs <= nowMs)) {
    alarms.splice(alarms.indexOf(alarm), 1);
    alarm.ring();
  }
};
const answer = async (name: string): Promise<void> => {
  open.get(name)?.answer([`address of ${name}`]);
  await settled();
};
const ask = (name: string): Promise<readonly string[]> => {
  const addresses = names(name);
  addresses.catch(() => {});
  return addresses;
};

beforeEach(() => {
  [nowMs, alarms, asked, open] = [0, [], [], new Map()];
  names = createNames({
    lookUp: (name) => {
      asked.push(name);
      return new Promise((resolve, reject) => {
        open.set(name, { answer: resolve, fail: (code) => reject(noSuchName(code)) });
      });
    },
    nowMs: () => nowMs,
    after: (ms, ring) => {
      const alarm = { atMs: nowMs + ms, ring };
      alarms.push(alarm);
      return () => void (alarms = alarms.filter((each) => each !== alarm));
    },
    places: 3,
    placesOfSlow: 1,
  });
});

describe('a name', () => {
  test('is asked for once, however long nobody answers', async () => {
    const first = ask('slow');
    passes(60_000);
    const second = ask('slow');
    assert.deepEqual(asked, ['slow']);
    await answer('slow');
    assert.deepEqual([await first, await second], [['address of slow'], ['address of slow']]);
  });

  test('is asked for again a second after its answer, and at once after a failure', async () => {
    void ask('shop');
    await answer('shop');
    passes(FRESH_MS - 1);
    assert.deepEqual(await ask('shop'), ['address of shop']);
    passes(1);
    void ask('shop');
    open.get('shop')?.fail();
    await settled();
    void ask('shop');
    assert.deepEqual(asked, ['shop', 'shop', 'shop']);
  });
});

describe('names that nobody answers', () => {
  test('leave places for those that are answered, once they are known for it', async () => {
    for (const name of ['one', 'two', 'three']) void ask(name);
    passes(SLOW_MS);
    void ask('shop');
    assert.deepEqual(asked, ['one', 'two', 'three'], 'All places are taken');
    for (const name of ['one', 'two', 'three']) await answer(name);
    assert.deepEqual(asked.splice(0), ['one', 'two', 'three', 'shop']);
    await answer('shop');

    passes(FRESH_MS);
    for (const name of ['one', 'two', 'three', 'shop', 'other']) void ask(name);
    assert.deepEqual(asked.splice(0), ['one', 'shop', 'other']);
    await answer('shop');
    assert.deepEqual(asked, [], 'A slow one waits for the place of the slow');
    await answer('one');
    assert.deepEqual(asked, ['two']);
  });

  test('are known for it however many others were asked for since', async () => {
    const silent = ['one', 'two', 'three'];
    for (const name of silent) void ask(name);
    passes(SLOW_MS);
    for (const name of silent) await answer(name);
    for (let n = 0; n < NAMES_MAX; n += 1) {
      void ask(`shop ${n}`);
      await answer(`shop ${n}`);
    }
    passes(FRESH_MS);
    asked.length = 0;
    for (const name of [...silent, 'shop']) void ask(name);
    assert.deepEqual(asked, ['one', 'shop']);
  });

  test('are forgotten where there are too many of them', async () => {
    for (let n = 0; n <= NAMES_MAX; n += 1) {
      void ask(`silent ${n}`);
      passes(SLOW_MS);
      await answer(`silent ${n}`);
    }
    passes(FRESH_MS);
    asked.length = 0;
    // The oldest alone: the others still share the place of those that are slow.
    for (const name of ['silent 0', 'silent 5', 'silent 6', 'shop']) void ask(name);
    assert.deepEqual(asked, ['silent 0', 'silent 5', 'shop']);
  });

  test('are as good as others again once they are answered in time', async () => {
    void ask('one');
    passes(SLOW_MS);
    await answer('one');
    passes(FRESH_MS);
    void ask('one');
    await answer('one');
    passes(FRESH_MS);
    for (const name of ['two', 'three']) void ask(name);
    passes(SLOW_MS);
    void ask('one');
    assert.deepEqual(asked, ['one', 'one', 'two', 'three', 'one']);
  });
});

test('A name that is answered is never behind those that nobody answers, also where nobody knows yet which these are', async () => {
  const probed = new Map<string, (isAnswered: boolean) => void>();
  names = createNames({
    lookUp: (name) => {
      asked.push(name);
      return new Promise((answered, reject) => {
        open.set(name, { answer: answered, fail: (code) => reject(noSuchName(code)) });
      });
    },
    nowMs: () => nowMs,
    after: () => () => {},
    places: 4,
    placesOfSlow: 2,
    placesOfAnswered: 1,
    isAnswered: (name) => new Promise((resolve) => void probed.set(name, resolve)),
  });
  for (const name of ['one', 'two', 'three', 'four', 'bank', 'shop']) void ask(name);
  assert.deepEqual(asked, ['one', 'two', 'three']);
  assert.deepEqual(
    [...probed.keys()],
    ['four', 'bank', 'shop'],
    'Who has a place is not asked twice',
  );
  probed.get('four')?.(false);
  await settled();
  assert.equal(asked.length, 3);
  for (const name of ['bank', 'shop']) {
    probed.get(name)?.(true);
    await settled();
    assert.equal(asked.at(-1), name);
    await answer(name);
  }
  passes(FRESH_MS);
  void ask('bank');
  assert.equal(asked.at(-1), 'bank', 'It is known from before');
  assert.equal(probed.size, 3);
  await answer('bank');
  await answer('one');
  assert.equal(asked.at(-1), 'four', 'It waits for a place of the slow all the same');
});

describe('a name that was answered before', () => {
  const lasting = (): Names => {
    const lookUp = () => {
      const asking = Promise.withResolvers<readonly string[]>();
      open.set('bank', {
        answer: asking.resolve,
        fail: (code) => asking.reject(noSuchName(code)),
      });
      return asking.promise;
    };
    const after = (ms: number, ring: () => void) => {
      const alarm = { atMs: nowMs + ms, ring };
      alarms.push(alarm);
      return () => void (alarms = alarms.filter((each) => each !== alarm));
    };
    return createNames({
      lookUp,
      nowMs: () => nowMs,
      after,
      places: 3,
      placesOfSlow: 1,
      lastCounts: true,
    });
  };

  test('leads where it led when the next answer takes long, and where that says from then on', async () => {
    names = lasting();
    void ask('bank');
    await answer('bank');
    passes(FRESH_MS);
    const [second, third] = [ask('bank'), ask('bank')];
    let heard = 0;
    for (const each of [second, third]) void each.then(() => (heard += 1));
    passes(SLOW_MS - 1);
    await settled();
    assert.equal(heard, 0, 'Whoever is answered takes some milliseconds');
    passes(1);
    assert.deepEqual(await Promise.all([second, third]), [
      ['address of bank'],
      ['address of bank'],
    ]);
    open.get('bank')?.answer(['moved']);
    await settled();
    assert.deepEqual(await ask('bank'), ['moved']);
    assert.deepEqual(alarms, []);
  });

  test('and of which it is said in time that there is none leads nowhere', async () => {
    names = lasting();
    void ask('bank');
    await answer('bank');
    passes(FRESH_MS);
    const second = ask('bank');
    open.get('bank')?.fail();
    await assert.rejects(second, /No such name/);
  });

  test('leads where it led when nobody can say, which is not that there is none', async () => {
    names = lasting();
    void ask('bank');
    await answer('bank');
    passes(FRESH_MS);
    const second = ask('bank');
    open.get('bank')?.fail('EAI_AGAIN');
    assert.deepEqual(await second, ['address of bank']);
  });
});
