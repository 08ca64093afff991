/**
 * Facts about the ops of this family.
 *
 * @module
 */

import {type FactTable, factsFor} from '../facts_table.js';

export const facts: FactTable = factsFor(
  {handsOn: true},
  [
    'PartitionedCall',
    'StatefulPartitionedCall',
    'If',
    'StatelessIf',
    'Case',
    'StatelessCase',
    'While',
    'StatelessWhile',
    'For',
    'NoOp',
    'ControlTrigger',
    'LoopCond',
  ],
  factsFor({repeatable: true}, ['StatefulPartitionedCall', 'If', 'While', 'Case']),
);
