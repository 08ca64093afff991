/**
 * Strings made of others, under the bounds of the call that makes them.
 *
 * @module
 */

import {type PackedStrings, StringsBuilder} from './strings.js';
import {allocate} from './tensor.js';

const NOTHING = new Uint8Array(0);

/**
 * `count` strings, each the strings of one group in their order. The separator stands before each that something is before: as in
 * TensorFlow, none stands behind empty strings that a group begins with.
 *
 * @param groups - the group of each string; -1 for one of none
 */
export function joinGroups(
  strings: PackedStrings,
  groups: Int32Array,
  count: number,
  separator: Uint8Array = NOTHING,
): PackedStrings {
  // The members of each group one after the other, by counting: those of group `g` end up before `ends[g]`.
  const ends = allocate('int32', count + 1) as Int32Array;
  for (let i = 0; i < groups.length; i++) if (groups[i]! >= 0) ends[groups[i]! + 1]!++;
  for (let group = 0; group < count; group++) ends[group + 1]! += ends[group]!;
  const members = allocate('int32', ends[count]!) as Int32Array;
  const next = ends.slice();
  for (let i = 0; i < groups.length; i++) if (groups[i]! >= 0) members[next[groups[i]!]!++] = i;
  return join(strings, members, ends, separator, true);
}

/**
 * Strings joined in runs, `separator` between all of them: run `r` is those that `members` names from `bounds[r]` to
 * `bounds[r + 1]`.
 */
export function joinRuns(
  strings: PackedStrings,
  members: Int32Array,
  bounds: Int32Array,
  separator: Uint8Array,
): PackedStrings {
  return join(strings, members, bounds, separator, false);
}

function join(
  strings: PackedStrings,
  members: Int32Array,
  bounds: Int32Array,
  separator: Uint8Array,
  onlyBehindBytes: boolean,
): PackedStrings {
  const {bytes, starts, ends} = strings;
  const count = bounds.length - 1;
  let size = 0;
  for (let i = 0; i < members.length; i++) size += ends[members[i]!]! - starts[members[i]!]!;
  const out = new StringsBuilder(count, size + separator.length * Math.max(0, members.length - 1));
  for (let run = 0; run < count; run++) {
    const start = out.used;
    for (let i = bounds[run]!; i < bounds[run + 1]!; i++) {
      if (onlyBehindBytes ? out.used > start : i > bounds[run]!) out.append(separator);
      out.append(bytes, starts[members[i]!], ends[members[i]!]);
    }
    out.end();
  }
  return out.strings();
}
