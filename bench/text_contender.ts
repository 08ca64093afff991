/**
 * What the sides of the text benchmark say to each other.
 *
 * @module
 */

import type {GivenStrings} from './text_lines.js';

/** A text model that was made. */
export interface BuiltText {
  readonly savedModel: string;
  readonly signature: string;
  /** Where the files of `text_data.py` are. */
  readonly data: string;
}

/** What a contender is asked to compute. */
export interface TextRequest {
  readonly strings: GivenStrings;
  /** Whether a call begins with values of the language or with a tensor that is there. */
  readonly from: 'values' | 'tensor';
  /** How long to call the model; without, it is called once. */
  readonly milliseconds?: number;
  /** Directory into which the results go; see `text_results.ts`. */
  readonly results?: string;
}

export interface TextAnswer {
  /** Of a call, the median. */
  readonly milliseconds: number;
  /** Processor time of a call, of all threads. */
  readonly processor: number;
  readonly calls: number;
}
