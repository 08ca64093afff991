import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {opDef} from '../graph/op_defs.js';
import {FACT_COLUMNS} from './facts.js';
import type {OpFacts} from './facts_table.js';
import {makeOddCalls, readOddSizes} from './testing/odd_sizes.js';
import {caseFile, useBackend} from './testing/op_cases.js';

/** Where TensorFlow passes over what is out of bounds, or reads integers of 64 bits that no index is, we refuse. */
const MOST_REFUSED = 0.12;

describe('sizes, axes, bounds and indices that are odd', () => {
  const bases = readOddSizes(caseFile('odd_sizes', 'json.gz'));
  const refused: string[] = [];
  beforeAll(() => useBackend('cpu'));

  for (const op of new Set(bases.map((base) => base.op))) {
    it(`give what TensorFlow gives, or an error in words: ${op}`, () => {
      for (const base of bases) {
        if (base.op !== op) continue;
        const outcome = makeOddCalls(base);
        refused.push(...outcome.refused);
        expect(outcome.faults).toEqual([]);
      }
    });
  }

  afterAll(() => {
    const answered = bases.flatMap(({calls}) => calls).filter(([, , , answer]) => 'outputs' in answer);
    expect(refused.length / answered.length).toBeLessThan(MOST_REFUSED);
  });
});

it('states facts about inputs that ops have', () => {
  const facts = Object.values(FACT_COLUMNS).flatMap(Object.entries<OpFacts>);
  const unknown = facts.flatMap(([op, {inputRanks = {}, constantInputs = []}]) =>
    [...Object.keys(inputRanks), ...constantInputs].filter(
      (name) => !opDef(op)?.inputs.some((input) => input.name === name),
    ),
  );
  expect(unknown).toEqual([]);
});
