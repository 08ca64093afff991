/**
 * Comparisons, logic and choices as ops of ONNX.
 *
 * @module
 */

import {elementAt} from '../../../host/tensor.js';
import type {OnnxBuilder, OnnxTensor} from '../../../onnx/builder.js';
import {notLowered} from '../../../onnx/not_lowered.js';
import {extremum, onlyForFloats, rankOf, same, shapedLike, tests, truth} from '../../lower_rules.js';
import type {Lower, LowerTable} from '../../lowering.js';

const negated =
  (rule: Lower): Lower =>
  (inputs, node, to) =>
    truth('Not', [rule(inputs, node, to) as OnnxTensor], to);

/** True for operands that broadcast, whatever their sizes turn out to be. */
function surelyBroadcast([x, y]: readonly OnnxTensor[]): boolean {
  const [a, b] = [x!.shape, y!.shape];
  if (a?.length === 0 || b?.length === 0) return true;
  if (a === null || b === null) return false;
  const count = Math.min(a.length, b.length);
  return Array.from({length: count}, (_, i) => [a.at(-1 - i), b.at(-1 - i)]).every(
    ([m, n]) => m === 1 || n === 1 || (m !== null && m === n),
  );
}

/** Shapes that do not broadcast may be no error: then what comes out is one truth value, which no op of ONNX says. */
const equal: Lower = (inputs, {attrs}, to) => {
  if (!attrs.bool('incompatible_shape_error') && !surelyBroadcast(inputs)) {
    notLowered('shapes that do not broadcast are no error');
  }
  return truth('Equal', inputs, to);
};

const approximatelyEqual: Lower = ([x, y], {attrs}, to) => {
  onlyForFloats(x!);
  const distance = to.op('Abs', [to.op('Sub', [x, shapedLike(y!, x!, to)])]);
  return truth('Less', [distance, to.scalar(x!.dtype, attrs.float('tolerance'))], to);
};

/** Elements of `x` where the condition holds, else of `y`. */
function choice(condition: OnnxTensor, x: OnnxTensor, y: OnnxTensor, to: OnnxBuilder): OnnxTensor {
  if (x.dtype !== 'bool') return to.op('Where', [condition, x, y]);
  const others = to.op('And', [to.op('Not', [condition]), y]);
  return to.op('Or', [to.op('And', [condition, x]), others]);
}

/** Knows no broadcasting, but takes a scalar or one truth value per row. */
const selectRows: Lower = ([condition, x, y], _node, to) => {
  const other = shapedLike(y!, x!, to);
  const [rows, rank] = [rankOf(condition!), rankOf(x!)];
  if (rows === 0) return choice(condition!, x!, other, to);
  if (rows === rank) return choice(shapedLike(condition!, x!, to), x!, other, to);
  if (rows !== 1) notLowered('the condition fits no rows');
  const axes = Array.from({length: rank - 1}, (_, axis) => axis + 1);
  return choice(to.unsqueeze(shapedLike(condition!, x!, to, 1), axes), x!, other, to);
};

const selectBroadcast: Lower = ([condition, x, y], _node, to) => choice(condition!, x!, y!, to);

/** TensorFlow's upper bound does not win over the lower one, as ONNX's does. */
const clip: Lower = ([x, low, high], _node, to) => {
  const [least, greatest] = [low, high].map((bound) => {
    const {value} = bound!;
    return value !== undefined && bound!.shape?.length === 0 ? Number(elementAt(value.data, 0)) : Number.NaN;
  });
  if (least! <= greatest! && x!.dtype !== 'int64') return to.op('Clip', [x, low, high]);
  const [lowest, highest] = [low!, high!].map((bound) =>
    rankOf(bound) === 0 ? bound : shapedLike(bound, x!, to),
  );
  return extremum('Max', extremum('Min', x!, highest!, to), lowest!, to);
};

export const comparisons: LowerTable = {
  Equal: equal,
  NotEqual: negated(equal),
  Less: tests('Less'),
  LessEqual: tests('LessOrEqual'),
  Greater: tests('Greater'),
  GreaterEqual: tests('GreaterOrEqual'),
  ApproximateEqual: approximatelyEqual,
  LogicalAnd: same('And'),
  LogicalOr: same('Or'),
  Select: selectRows,
  SelectV2: selectBroadcast,
  ClipByValue: clip,
};
