/** What is said of nodes that contradict their ops; `invalid_graphs.test.ts` holds what is refused against TensorFlow. */

import {expect, it} from 'vitest';
import {encodeUtf8} from '../algorithms/utf8.js';
import {FormatError} from '../errors.js';
import {AttrValue, DataType, encodeMessage, GraphDef, makeMessage, NodeDef} from '../proto/index.js';
import {readGraph} from './read_graph.js';

type Value = NonNullable<AttrValue['value']>;

const type = (value: DataType): Value => ({$case: 'type', value});
const [FLOAT, INT, TEXT] = [type(DataType.DT_FLOAT), type(DataType.DT_INT32), type(DataType.DT_STRING)];
const int = (value: number): Value => ({$case: 'i', value: BigInt(value)});

/** A node; attributes may be messages or bytes. */
const node = (
  op: string,
  input: readonly string[],
  attrs: Readonly<Record<string, Value | Uint8Array>> = {},
  name = 'y',
): NodeDef =>
  makeMessage(NodeDef, {
    name,
    op,
    input: [...input],
    attr: new Map(
      Object.entries(attrs).map(([key, value]) => [
        key,
        value instanceof Uint8Array ? value : encodeMessage(AttrValue, makeMessage(AttrValue, {value})),
      ]),
    ),
  });

const read = (...nodes: NodeDef[]) => readGraph(makeMessage(GraphDef, {node: nodes}));

const X = node('Placeholder', [], {dtype: FLOAT}, 'x');

it.each<[words: string, node: NodeDef]>([
  ["node 'y' (Neg) of the main graph takes 1 inputs and has 2", node('Neg', ['x', 'x'], {T: FLOAT})],
  ["takes int32 as input 0 and is given float32 by 'x' (Placeholder)", node('Neg', ['x'], {T: INT})],
  ['takes 2 inputs and has 1', node('AddN', ['x'], {T: FLOAT, N: int(2)})],
  ["node 'y' (Neg) of the main graph has no attribute 'T'", node('Neg', ['x'])],
  // A value of another wire type than its field has is none.
  [
    "node 'y' (Neg) of the main graph has no attribute 'T'",
    node('Neg', ['x'], {T: Uint8Array.of(0x35, 1, 0, 0, 0)}),
  ],
  ["attribute 'T' of node 'y' (Neg) of the main graph is a int, not a type", node('Neg', ['x'], {T: int(1)})],
  ["has string as the attribute 'T', which may be one of bfloat16, ", node('Neg', ['x'], {T: TEXT})],
  [
    "has FOLD as the attribute 'mode', which may be one of REFLECT, SYMMETRIC",
    node('MirrorPad', ['x', 'x'], {T: FLOAT, mode: {$case: 's', value: encodeUtf8('FOLD')}}),
  ],
  ["has 0 as the attribute 'N', which must be at least 1", node('AddN', [], {T: FLOAT, N: int(0)})],
  ["reads output 1 of 'x' (Placeholder), which has fewer outputs", node('Neg', ['x:1'], {T: FLOAT})],
  ["the main graph has a node with the invalid name 'a b'", node('NoOp', [], {}, 'a b')],
  [
    "node 'y' (Neg) of the main graph has an input after a control input",
    node('Neg', ['^x', 'x'], {T: FLOAT}),
  ],
  [
    "attribute 'N' of node 'y' (AddN) of the main graph counts 1073741824 tensors",
    node('AddN', ['x'], {T: FLOAT, N: int(2 ** 30)}),
  ],
])('refused with words: %s', (words, invalid) => {
  expect(() => read(X, invalid)).toThrowWithMessage(FormatError, words);
});

it('ops that nobody has defined are passed over, and who reads them', () => {
  const unknown = node('MyOp', ['x', 'x', 'x'], {}, 'mine');
  const reader = node('Neg', ['mine:3'], {T: INT});
  expect(read(X, unknown, reader).nodes).toHaveLength(3);
});

it('attributes that functions are instantiated with are known at a call', () => {
  const placeholder: Value = {$case: 'placeholder', value: 'T'};
  expect(read(X, node('Neg', ['x'], {T: placeholder})).nodes).toHaveLength(2);
});
