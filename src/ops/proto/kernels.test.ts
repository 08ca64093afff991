/** Protocol buffer ops against TensorFlow's results. */

import {describe, expect, it} from 'vitest';
import {encodeUtf8} from '../../algorithms/utf8.js';
import {FormatError, UnsupportedOpError} from '../../errors.js';
import {stringValue} from '../../tensors/strings.js';
import type {Value} from '../../tensors/value.js';
import {runKernel, testOpFamily} from '../testing/op_cases.js';
import {proto} from './kernels.js';

testOpFamily('proto', proto, ['cpu']);

/** Decodes one field as a string. */
function decode(source: string, messageType: string, field = 'f', format = 'binary'): Value[] {
  const text = (value: string) => ({type: 'string', value: btoa(value)}) as never;
  const attrs = {
    descriptor_source: text(source),
    message_type: text(messageType),
    message_format: text(format),
    field_names: {type: 'list', value: [text(field)]} as never,
    output_types: {type: 'list', value: [{type: 'type', value: 'string'}]} as never,
    sanitize: {type: 'bool', value: false} as never,
  };
  return runKernel({op: 'DecodeProtoV2', attrs}, proto, [stringValue([1], [encodeUtf8('')])]);
}

describe('descriptors that cannot be had', () => {
  it('names a message that TensorFlow would have linked in', () => {
    expect(() => decode('local://', 'tensorflow.Summary')).toThrow(UnsupportedOpError);
    expect(() => decode('', 'tensorflow.Summary')).toThrowWithMessage(
      UnsupportedOpError,
      /tensorflow\.Summary .* bytes:\/\//,
    );
    expect(() => decode('local://', '#tensorflow.DataType')).toThrow(UnsupportedOpError);
  });

  it('refuses a file', () => {
    expect(() => decode('/tmp/descriptors.pb', 'p.M')).toThrowWithMessage(
      UnsupportedOpError,
      /from a file \('\/tmp\/descriptors\.pb'\)/,
    );
  });

  it('reports damaged descriptors', () => {
    expect(() => decode('bytes://\x0a\x05\x12', 'p.M')).toThrow(FormatError);
    expect(() => decode('bytes://\xff\xff', 'p.M')).toThrow(FormatError);
  });
});
