import {describe, expect, it} from 'vitest';
import {
  area,
  bicubic,
  bilinear,
  type Grid,
  nearest,
  type Resizing,
  SAMPLING_KERNELS,
  scaleAndTranslate,
} from './resampling.js';

const CORNERS: Grid = {alignCorners: true, halfPixelCenters: false};
const HALF: Grid = {alignCorners: false, halfPixelCenters: true};
const PLAIN: Grid = {alignCorners: false, halfPixelCenters: false};

/** The weights as a matrix, a row for each output pixel. */
function matrix(
  input: number,
  output: number,
  fill: (add: (out: number, at: number, weight: number) => void) => void,
): number[][] {
  const rows = Array.from({length: output}, () => new Array<number>(input).fill(0));
  fill((out, at, weight) => {
    rows[out]![at]! += weight;
  });
  return rows;
}

const resized = (resizing: Resizing, input: number, output: number, grid: Grid) =>
  matrix(input, output, (add) => resizing(input, output, grid, add));

describe('resizing', () => {
  it('takes the nearest pixel', () => {
    const picked = (grid: Grid) => resized(nearest, 2, 4, grid).map((row) => row.indexOf(1));
    expect(picked(PLAIN)).toEqual([0, 0, 1, 1]);
    // Positions 0, 1/3, 2/3 and 1.
    expect(picked(CORNERS)).toEqual([0, 0, 1, 1]);
  });

  it('goes from one pixel to the next', () => {
    expect(resized(bilinear, 2, 3, CORNERS)).toEqual([
      [1, 0],
      [0.5, 0.5],
      [0, 1],
    ]);
    // Centres at -1/4, 1/4, 3/4 and 5/4: what lies beyond the border is the border.
    expect(resized(bilinear, 2, 4, HALF)).toEqual([
      [1, 0],
      [0.75, 0.25],
      [0.25, 0.75],
      [0, 1],
    ]);
  });

  it('takes the mean of what an output pixel covers', () => {
    expect(resized(area, 4, 2, PLAIN)).toEqual([
      [0.5, 0.5, 0, 0],
      [0, 0, 0.5, 0.5],
    ]);
  });

  it.each([
    ['bilinear', bilinear],
    ['area', area],
    ['bicubic', bicubic],
  ])('gives weights that add up to 1: %s', (_, resizing) => {
    for (const grid of [CORNERS, HALF, PLAIN]) {
      for (const row of resized(resizing, 5, 7, grid)) {
        // Positions are in single precision.
        expect(row.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 5);
      }
    }
  });
});

describe('scaling and moving', () => {
  const moved = (scale: number, translation: number) =>
    matrix(3, 3, (add) =>
      scaleAndTranslate(3, 3, SAMPLING_KERNELS.triangle!, {scale, translation, antialias: true}, add),
    );

  it('leaves pixels where they are', () => {
    expect(moved(1, 0)).toEqual([
      [1, 0, 0],
      [0, 1, 0],
      [0, 0, 1],
    ]);
  });

  it('has no weights for pixels from beyond the input', () => {
    expect(moved(1, 1)).toEqual([
      [0, 0, 0],
      [1, 0, 0],
      [0, 1, 0],
    ]);
  });
});
