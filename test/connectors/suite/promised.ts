// How the common suite asks: what a provider's definition promises, and what its other side can play.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Connector, ConnectorOperation } from '#rails/connectors';
import type { FaultName, Happened } from '../../../src/rails/connectors/for-tests-suite.ts';
import type { Stage } from '../support.ts';

/** What every part of the suite asks of one provider. */
export type Promised = ReturnType<typeof promisedBy>;

export const promisedBy = ({ definition }: Connector, stage: Stage) => {
  const { other } = stage;
  const can = (operation: ConnectorOperation): boolean =>
    definition.operations[operation] !== undefined;
  const told = definition.operations;
  const it = (
    name: string,
    promised: boolean,
    playable: boolean,
    run: () => Promise<void>,
  ): void => {
    if (!promised) return;
    if (playable) test(name, run);
    else void test.todo(name);
  };
  const plays = (...names: FaultName[]): boolean =>
    names.every((name) => other.faults.includes(name));
  const assertHappened = async (reference: string, expected: Partial<Happened>): Promise<void> => {
    const happened = await other.happened(reference);
    assert.deepEqual({ ...happened, ...expected }, happened);
  };

  return { stage, other, definition, told, can, it, plays, assertHappened };
};

/** Of what was refused on purpose nothing is held against the connector. */
export const expectRefusals = ({ other }: Stage): void => {
  (other.refusals as string[] | undefined)?.splice(0);
};
