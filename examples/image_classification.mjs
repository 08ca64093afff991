// Image classification: a feature extractor that TensorFlow trained on the handwritten digits 0 to 4 learns to tell 5 to 9
// apart from 20 examples of each. Frozen, under a new dense layer, it gets at least 60 % of 796 other images right;
// fine-tuned, at least 92 %.
//
//   npm run example:image, or node examples/image_classification.mjs [SEED]

import {readFileSync} from 'node:fs';
import {fileURLToPath} from 'node:url';
import * as tf from '@tensorflow/tfjs-core';
import * as layers from '@tensorflow/tfjs-layers';
import * as hub from 'tensorflow-hub';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const seed = Number(process.argv[2] ?? 1);
const DIGITS = [5, 6, 7, 8, 9];
const EXAMPLES = 20;

// 1. The data (data/README.md): a byte for the digit, then 8x8 pixels from 0 to 16.
const bytes = readFileSync(here('data/digits.bin'));
const rows = Array.from({length: bytes.length / 65}, (_, i) => bytes.subarray(65 * i, 65 * i + 65));
const shuffled = shuffle(rows.filter(([digit]) => DIGITS.includes(digit)));
const examples = DIGITS.flatMap((digit) => shuffled.filter((row) => row[0] === digit).slice(0, EXAMPLES));
const others = shuffled.filter((row) => !examples.includes(row));
console.log(
  `${examples.length} images of ${DIGITS} to learn from, ${others.length} to be tested with; one of them:`,
);
for (let y = 0; y < 8; y++) {
  const line = Array.from(others[0].subarray(1 + 8 * y, 9 + 8 * y), (ink) => ' .:-=+*#%'[ink >> 1].repeat(2));
  console.log(`   ${line.join('')}`);
}

// 2. The feature extractor as a layer, frozen, and a new head.
const features = await hub.kerasLayer(here('models/digits'));
const [height, width] = hub.image.expectedSize(features);
console.log(`the feature extractor takes images of ${height}x${width}`);
const model = layers.sequential({
  layers: [
    features,
    layers.layers.dense({
      units: DIGITS.length,
      activation: 'softmax',
      kernelInitializer: layers.initializers.glorotUniform({seed}),
    }),
  ],
});

const images = hub.image.prepare(examples.map(decoded), features, {from: [0, 16]});
const labels = labelsOf(examples);
const testImages = hub.image.prepare(others.map(decoded), features, {from: [0, 16]});
const testLabels = labelsOf(others);

async function train(learningRate, epochs) {
  model.compile({
    optimizer: tf.train.adam(learningRate),
    loss: 'categoricalCrossentropy',
    metrics: ['accuracy'],
  });
  const {history} = await model.fit(images, labels, {epochs, batchSize: 20, verbose: 0});
  const [, accuracy] = model.evaluate(testImages, testLabels).map((value) => value.dataSync()[0]);
  console.log(
    `   loss ${history.loss[0].toFixed(3)} -> ${history.loss.at(-1).toFixed(3)} in ${epochs} epochs`,
  );
  return accuracy;
}

console.log(`\nfrozen: ${model.trainableWeights.length} weights are trained`);
const frozen = await train(0.05, 15);
console.log(`frozen accuracy ${frozen.toFixed(3)} on ${others.length} images`);

// 3. The same, with the feature extractor trained along, in small steps.
features.trainable = true;
console.log(`\nfine-tuned: ${model.trainableWeights.length} weights are trained`);
const tuned = await train(0.004, 8);
console.log(`fine-tuned accuracy ${tuned.toFixed(3)} on ${others.length} images`);

/** What hub.image takes: pixels, and how many in each direction. */
function decoded(row) {
  return {data: row.subarray(1), width: 8, height: 8};
}

function labelsOf(list) {
  return tf.oneHot(
    list.map(([digit]) => DIGITS.indexOf(digit)),
    DIGITS.length,
  );
}

/** In an order that depends on the seed alone. */
function shuffle(list) {
  let state = seed;
  const random = () => {
    // A linear congruential generator (Park and Miller, 1988).
    state = (state * 48271) % 2147483647;
    return state / 2147483647;
  };
  const order = [...list];
  for (let i = order.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [order[i], order[j]] = [order[j], order[i]];
  }
  return order;
}
