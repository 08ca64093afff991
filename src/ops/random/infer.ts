/**
 * Shapes of random numbers.
 *
 * @module
 */

import type {Infer, InferTable} from '../../graph/infer.js';
import {dimensionFrom, SCALAR, shapeFrom, UNKNOWN} from '../../graph/known.js';
import {forAll, nothing, scalar, shapeOfInput, withRank} from '../infer_rules.js';

/** The shape stands in an input. */
const filled =
  (index: number): Infer =>
  (inputs) => [{shape: shapeFrom(inputs[index]!)}];

/** As many draws for each of the parameters, in front of their shape. */
const perParameter: Infer = ([shape, parameter]) => {
  const draws = shapeFrom(shape!);
  return [draws === null || parameter!.shape === null ? UNKNOWN : {shape: [...draws, ...parameter!.shape]}];
};

const multinomial: Infer = ([logits, samples], node) => {
  const [batch] = withRank(logits!, 2, 'logits', node);
  return [{shape: [batch!, dimensionFrom(samples)]}];
};

const KEY = {shape: [1]};
const COUNTER = {shape: [2]};

export const infer: InferTable = {
  ...forAll(filled(0), [
    ...['RandomUniform', 'RandomUniformInt', 'RandomStandardNormal', 'TruncatedNormal'],
    ...['ParameterizedTruncatedNormal', 'StatelessParameterizedTruncatedNormal'],
    ...['StatelessRandomUniform', 'StatelessRandomNormal', 'StatelessTruncatedNormal'],
    ...['StatelessRandomUniformInt', 'StatelessRandomUniformFullInt', 'StatelessRandomPoisson'],
    ...['StatelessRandomGammaV2', 'StatelessRandomGammaV3', 'StatelessRandomUniformV2'],
    ...['StatelessRandomNormalV2', 'StatelessTruncatedNormalV2', 'StatelessRandomUniformIntV2'],
    'StatelessRandomUniformFullIntV2',
  ]),
  // In front of the shape are the state and the algorithm.
  ...forAll(filled(2), [
    ...['StatefulUniform', 'StatefulUniformInt', 'StatefulUniformFullInt'],
    ...['StatefulStandardNormalV2', 'StatefulTruncatedNormal'],
  ]),
  ...forAll(perParameter, ['RandomGamma', 'RandomPoisson', 'RandomPoissonV2']),
  ...forAll(multinomial, ['Multinomial', 'StatelessMultinomial']),
  RandomShuffle: shapeOfInput(),
  StatelessRandomGetAlg: scalar,
  StatelessRandomGetKeyCounter: () => [KEY, COUNTER],
  StatelessRandomGetKeyCounterAlg: () => [KEY, COUNTER, SCALAR],
  // The state: a counter of two words, and a key.
  RngReadAndSkip: () => [{shape: [3]}],
  RngSkip: nothing,
};
