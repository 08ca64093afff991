// The quickstart: loads two TensorFlow SavedModels that lie beside this file, and runs, inspects and differentiates
// them. No Python, no conversion, no download.
//
//   npm run quickstart

import {fileURLToPath} from 'node:url';
import * as tf from '@tensorflow/tfjs-core';
import * as hub from 'tensorflow-hub';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const title = (text) => console.log(`\n\x1b[1m${text}\x1b[0m`);
const SHADES = ' .:-=+*#%@';

/** An image of numbers from 0 to 1 as text, two characters a pixel. */
function show(pixels, size) {
  for (let row = 0; row < size; row++) {
    const line = Array.from(pixels.slice(row * size, (row + 1) * size), (value) => {
      const shade = SHADES[Math.round(Math.min(Math.max(value, 0), 1) * (SHADES.length - 1))];
      return shade + shade;
    });
    console.log(`   ${line.join('')}`);
  }
}

// 1. Load a model and look at it.
title('1. A SavedModel, straight from disk');
const started = performance.now();
const classifier = await hub.load(here('models/shapes'));
console.log(
  `   loaded in ${(performance.now() - started).toFixed(0)} ms; written by TensorFlow ${classifier.modelInfo.tensorflowVersion}`,
);
for (const [name, {inputs, outputs}] of Object.entries(classifier.signatures)) {
  const describe = (tensors) =>
    Object.values(tensors).map(
      ({name: key, dtype, shape}) => `${key}: ${dtype} [${shape.map((dim) => dim ?? 'n')}]`,
    );
  console.log(`   signature ${name}: (${describe(inputs)}) -> (${describe(outputs)})`);
}

// 2. Strings in, vectors out: tables, regular expressions and ragged tensors run inside the model.
title('2. Three sentences as vectors');
const embed = await hub.load(here('models/sentences'));
const sentences = [
  'The cat chased a mouse.',
  'My dog barked at the kitten!',
  'Cold rain and wind tomorrow...',
];
const vectors = embed(sentences);
const similarity = tf.matMul(vectors, vectors, false, true).arraySync();
console.log(`   ${sentences.length} strings -> ${vectors.dtype} [${vectors.shape}]; how alike they are:`);
sentences.forEach((sentence, i) => {
  const row = similarity[i].map((value) => value.toFixed(2).padStart(6)).join(' ');
  console.log(`   ${sentence.padEnd(32)} ${row}`);
});

// 3. Classify a drawing.
title('3. What is this?');
const DRAWING = [
  '                ',
  '                ',
  '      ####      ',
  '    ##    ##    ',
  '   #        #   ',
  '   #        #   ',
  '  #          #  ',
  '  #          #  ',
  '  #          #  ',
  '  #          #  ',
  '   #        #   ',
  '   #        #   ',
  '    ##    ##    ',
  '      ####      ',
  '                ',
  '                ',
];
const SHAPES = ['circle', 'square', 'triangle', 'cross'];
const pixels = DRAWING.flatMap((line) => Array.from(line, (char) => (char === '#' ? 1 : 0)));
const image = tf.tensor(pixels, [1, 16, 16, 1]);
show(pixels, 16);
const [probabilities] = classifier(image).arraySync();
SHAPES.forEach((shape, i) => {
  console.log(
    `   ${shape.padEnd(9)} ${(100 * probabilities[i]).toFixed(1).padStart(5)} %  ${'█'.repeat(Math.round(30 * probabilities[i]))}`,
  );
});

// 4. Differentiate through the loaded function, as through any tfjs code: which pixels does the answer hang on?
title('4. Why? The gradient of the answer, through the loaded model');
const best = probabilities.indexOf(Math.max(...probabilities));
const saliency = tf.tidy(() => {
  const score = (x) => tf.sum(tf.log(tf.slice(classifier(x), [0, best], [1, 1])));
  const gradient = tf.abs(tf.grad(score)(image));
  return tf.div(gradient, tf.max(gradient));
});
show(saliency.dataSync(), 16);

// 5. Its variables are ordinary tfjs variables, ready to be trained.
const trainable = classifier.trainableVariables;
title(`5. ${trainable.length} trainable variables, as tf.Variables`);
for (const variable of trainable) console.log(`   ${variable.name.padEnd(28)} [${variable.shape}]`);

classifier.dispose();
embed.dispose();
console.log(`
   Next:  npx tfhub show examples/models/sentences --all
          npx tfhub run examples/models/sentences --input '["hello from typescript"]'
          README.md
`);
