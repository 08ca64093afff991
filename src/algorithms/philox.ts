/**
 * Philox 4x32-10, the counter-based random number generator behind TensorFlow's random ops: the same key and counter give
 * the same bits here as there.
 *
 * Source: Salmon et al., "Parallel random numbers: as easy as 1, 2, 3" (2011); `tensorflow/core/lib/random/philox_random.h`
 * (tsl), and `GenerateKey` of `tensorflow/core/kernels/stateless_random_ops.cc` for the scrambling of seeds.
 *
 * @module
 */

const ROUNDS = 10;
const MULTIPLIER_A = 0xd2511f53;
const MULTIPLIER_B = 0xcd9e8d57;
const WEYL_A = 0x9e3779b9;
const WEYL_B = 0xbb67ae85;
/** The key under which TensorFlow mixes a stateless op's two seeds. */
const SCRAMBLE_KEY = 0x02461e293ec8f720n;

const MASK_64 = (1n << 64n) - 1n;
const MASK_128 = (1n << 128n) - 1n;

/** A stream of random bits. Each block has four unsigned 32-bit numbers. */
export class Philox {
  /** The current block, rewritten by `next`. */
  readonly block = new Uint32Array(4);
  readonly #key = new Uint32Array(2);
  readonly #counter = new Uint32Array(4);

  /** @param key - 64 bits; @param counter - 128 bits */
  constructor(key: bigint, counter: bigint) {
    setWords(this.#key, key);
    setWords(this.#counter, counter);
  }

  /** The generator of a stateful op with seeds of its own. */
  static fromSeeds(seed: bigint, seed2: bigint): Philox {
    return new Philox(seed & MASK_64, (seed2 & MASK_64) << 64n);
  }

  /** The generator of a stateless op. */
  static stateless(seed0: bigint, seed1: bigint): Philox {
    const {key, counter} = scrambleSeeds(seed0, seed1);
    return new Philox(key, counter);
  }

  get counter(): bigint {
    return words(this.#counter);
  }

  get key(): bigint {
    return words(this.#key);
  }

  /** A generator at the same place of the same stream. */
  clone(): Philox {
    return new Philox(this.key, this.counter);
  }

  /** Passes over `blocks` blocks. */
  skip(blocks: number | bigint): this {
    setWords(this.#counter, (this.counter + BigInt(blocks)) & MASK_128);
    return this;
  }

  /** The next block. */
  next(): Uint32Array {
    const counter = this.#counter;
    // Written out in words: this is the inner loop of every random op.
    let c0 = counter[0]!;
    let c1 = counter[1]!;
    let c2 = counter[2]!;
    let c3 = counter[3]!;
    let k0 = this.#key[0]!;
    let k1 = this.#key[1]!;
    for (let round = 0; round < ROUNDS; round++) {
      const high0 = multiplyHigh(MULTIPLIER_A, c0);
      const high1 = multiplyHigh(MULTIPLIER_B, c2);
      const low0 = Math.imul(MULTIPLIER_A, c0);
      c0 = (high1 ^ c1 ^ k0) >>> 0;
      c1 = Math.imul(MULTIPLIER_B, c2) >>> 0;
      c2 = (high0 ^ c3 ^ k1) >>> 0;
      c3 = low0 >>> 0;
      k0 = (k0 + WEYL_A) >>> 0;
      k1 = (k1 + WEYL_B) >>> 0;
    }
    const {block} = this;
    block[0] = c0;
    block[1] = c1;
    block[2] = c2;
    block[3] = c3;
    // A counter of 128 bits: each word carries into the next.
    for (let word = 0; word < 4; word++) {
      counter[word]!++;
      if (counter[word] !== 0) break;
    }
    return block;
  }
}

/** Takes numbers off a generator's blocks one by one. */
export class Singles {
  readonly #generator: Philox;
  #used = 4;

  constructor(generator: Philox) {
    this.#generator = generator;
  }

  next(): number {
    if (this.#used === 4) {
      this.#generator.next();
      this.#used = 0;
    }
    return this.#generator.block[this.#used++]!;
  }
}

/** Key and counter of a stateless op, such that neither seed needs to be a good one. */
export function scrambleSeeds(seed0: bigint, seed1: bigint): {key: bigint; counter: bigint} {
  const [m0, m1, m2, m3] = new Philox(SCRAMBLE_KEY, (seed0 & MASK_64) | ((seed1 & MASK_64) << 64n))
    .next()
    .map(Number) as unknown as [number, number, number, number];
  return {
    key: BigInt(m0) | (BigInt(m1) << 32n),
    counter: (BigInt(m2) << 64n) | (BigInt(m3) << 96n),
  };
}

/** The upper 32 bits of the product of two unsigned 32-bit numbers. */
function multiplyHigh(a: number, b: number): number {
  const aLow = a & 0xffff;
  const aHigh = a >>> 16;
  const bLow = b & 0xffff;
  const bHigh = b >>> 16;
  const middle = aHigh * bLow + aLow * bHigh + ((aLow * bLow) >>> 16);
  return (aHigh * bHigh + middle / 65536) >>> 0;
}

function setWords(out: Uint32Array, bits: bigint): void {
  for (let i = 0; i < out.length; i++) out[i] = Number((bits >> BigInt(32 * i)) & 0xffffffffn);
}

function words(array: Uint32Array): bigint {
  return array.reduceRight((bits, word) => (bits << 32n) | BigInt(word), 0n);
}
