/**
 * Facts about the ops of this family.
 *
 * @module
 */

import {type FactTable, factsFor} from '../facts_table.js';

export const facts: FactTable = factsFor(
  {residence: 'host'},
  [
    'RandomUniform',
    'RandomStandardNormal',
    'TruncatedNormal',
    'StatelessRandomUniform',
    'StatelessRandomNormal',
    'StatelessTruncatedNormal',
    'StatelessRandomUniformV2',
    'StatelessRandomNormalV2',
    'StatelessTruncatedNormalV2',
    'RandomUniformInt',
    'StatelessRandomUniformInt',
    'StatelessRandomUniformIntV2',
    'StatelessRandomUniformFullInt',
    'StatelessRandomUniformFullIntV2',
    'StatelessRandomGetKeyCounterAlg',
    'StatelessRandomGetAlg',
    'Multinomial',
    'StatelessMultinomial',
  ],
  factsFor(
    {constantInputs: ['shape']},
    [
      ...['RandomUniform', 'RandomUniformInt', 'RandomStandardNormal', 'TruncatedNormal'],
      ...['ParameterizedTruncatedNormal', 'StatelessParameterizedTruncatedNormal', 'RandomGamma'],
      ...['RandomPoisson', 'RandomPoissonV2', 'StatelessRandomUniform', 'StatelessRandomNormal'],
      ...['StatelessTruncatedNormal', 'StatelessRandomUniformInt', 'StatelessRandomUniformFullInt'],
      ...['StatelessRandomPoisson', 'StatelessRandomGammaV2', 'StatelessRandomGammaV3'],
      ...['StatelessRandomUniformV2', 'StatelessRandomNormalV2', 'StatelessTruncatedNormalV2'],
      ...['StatelessRandomUniformIntV2', 'StatelessRandomUniformFullIntV2', 'StatefulUniform'],
      ...['StatefulUniformInt', 'StatefulUniformFullInt', 'StatefulStandardNormalV2'],
      'StatefulTruncatedNormal',
    ],
    {
      RandomUniformInt: {inputRanks: {minval: 'scalar', maxval: 'scalar'}},
      ParameterizedTruncatedNormal: {gradient: 'none'},
      RandomPoisson: {gradient: 'none'},
      RandomPoissonV2: {gradient: 'none'},
      Multinomial: {inputRanks: {num_samples: 'scalar'}, constantInputs: ['num_samples']},
      StatelessRandomUniformInt: {inputRanks: {minval: 'scalar', maxval: 'scalar'}},
      StatelessMultinomial: {inputRanks: {num_samples: 'scalar'}, constantInputs: ['num_samples']},
      StatelessRandomGammaV3: {inputRanks: {key: 'vector', counter: 'vector', alg: 'scalar'}},
      StatelessRandomPoisson: {gradient: 'none'},
      StatelessRandomUniformV2: {inputRanks: {key: 'vector', counter: 'vector', alg: 'scalar'}},
      StatelessRandomNormalV2: {inputRanks: {key: 'vector', counter: 'vector', alg: 'scalar'}},
      StatelessTruncatedNormalV2: {inputRanks: {key: 'vector', counter: 'vector', alg: 'scalar'}},
      StatelessRandomUniformIntV2: {
        inputRanks: {key: 'vector', counter: 'vector', alg: 'scalar', minval: 'scalar', maxval: 'scalar'},
      },
      StatelessRandomUniformFullIntV2: {inputRanks: {key: 'vector', counter: 'vector', alg: 'scalar'}},
      StatefulUniform: {inputRanks: {algorithm: 'scalar'}},
      StatefulUniformInt: {inputRanks: {algorithm: 'scalar', minval: 'scalar', maxval: 'scalar'}},
      StatefulUniformFullInt: {inputRanks: {algorithm: 'scalar'}},
      StatefulStandardNormalV2: {inputRanks: {algorithm: 'scalar'}},
      StatefulTruncatedNormal: {inputRanks: {algorithm: 'scalar'}},
      RngReadAndSkip: {inputRanks: {alg: 'scalar', delta: 'scalar'}},
      RngSkip: {inputRanks: {algorithm: 'scalar', delta: 'scalar'}},
    },
  ),
);
