// The common suite: every provider's folder, by what its definition declares. Each scenario ends with
// what the other side's own books say. What an other side cannot play waits as a todo.

import { after, describe, test } from 'node:test';
import type { Connector } from '#rails/connectors';
import { discoverConnectors } from '#rails/psp';
import { lostAnswersSuite } from './suite/lost-answers.ts';
import { payerSuite } from './suite/payer.ts';
import { payingSuite } from './suite/paying.ts';
import { promisedBy } from './suite/promised.ts';
import { tellingSuite } from './suite/telling.ts';
import { otherSideOf, type Stage, stageOf } from './support.ts';

const suiteFor = (connector: Connector, stage: Stage): void => {
  const promised = promisedBy(connector, stage);
  after(() => stage.other.close());

  payingSuite(promised);
  payerSuite(promised);
  lostAnswersSuite(promised);
  tellingSuite(promised);

  test('at the end everything is concluded, and no card stands anywhere', () => stage.end());
};

for (const connector of await discoverConnectors()) {
  const { name } = connector.definition;
  const starter = await otherSideOf(name);
  if (starter === null) {
    void test.todo(`${name} has no other side for the common suite`);
    continue;
  }
  const played = starter.connector ?? connector;
  const stage = await stageOf(played, starter);
  describe(`the provider ${name}:`, () => suiteFor(played, stage));
}
