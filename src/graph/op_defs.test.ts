import {describe, expect, it} from 'vitest';
import {DTYPES} from '../host/dtypes.js';
import {OpDefProto} from '../proto/index.js';
import {type ArgDef, opDef, opDefFromProto, opNames} from './op_defs.js';

const dtypesOf = (arg: ArgDef) => (arg.kind !== 'list' && 'dtype' in arg.type ? [arg.type.dtype] : []);

describe('op definitions', () => {
  it('gives inputs and outputs by attribute or fixed dtype', () => {
    const conv = opDef('Conv2D')!;
    expect(conv.inputs).toEqual([
      {name: 'input', isRef: false, kind: 'single', type: {typeAttr: 'T'}},
      {name: 'filter', isRef: false, kind: 'single', type: {typeAttr: 'T'}},
    ]);
    expect(conv.outputs).toEqual([{name: 'output', isRef: false, kind: 'single', type: {typeAttr: 'T'}}]);
    expect(opDef('Shape')!.outputs[0]).toMatchObject({name: 'output', type: {typeAttr: 'out_type'}});
    expect(opDef('LookupTableFindV2')!.inputs[0]).toMatchObject({type: {dtype: 'resource'}});
  });

  it('tells repeated arguments and lists of dtypes from single ones', () => {
    expect(opDef('ConcatV2')!.inputs).toEqual([
      {name: 'values', isRef: false, kind: 'repeated', type: {typeAttr: 'T'}, numberAttr: 'N'},
      {name: 'axis', isRef: false, kind: 'single', type: {typeAttr: 'Tidx'}},
    ]);
    expect(opDef('IdentityN')!.inputs).toEqual([
      {name: 'input', isRef: false, kind: 'list', typeListAttr: 'T'},
    ]);
    expect(opDef('ShapeN')!.outputs).toEqual([
      {name: 'output', isRef: false, kind: 'repeated', type: {typeAttr: 'out_type'}, numberAttr: 'N'},
    ]);
    expect(opDef('ParseExample')!.inputs[3]).toMatchObject({kind: 'repeated', type: {dtype: 'string'}});
  });

  it('marks references', () => {
    expect(opDef('Assign')!.inputs.map((arg) => arg.isRef)).toEqual([true, false]);
    expect(opDef('Assign')!.outputs[0]!.isRef).toBe(true);
  });

  it('decodes defaults of every attribute type', () => {
    const defaultOf = (op: string, attr: string) => opDef(op)!.attrs.find(({name}) => name === attr)!.default;
    const bytes = (text: string) => new TextEncoder().encode(text);
    expect(defaultOf('Conv2D', 'data_format')).toEqual({type: 'string', value: bytes('NHWC')});
    expect(defaultOf('Conv2D', 'dilations')).toEqual({
      type: 'list',
      value: [1, 1, 1, 1].map((value) => ({type: 'int', value})),
    });
    expect(defaultOf('Conv2D', 'strides')).toBeUndefined();
    expect(defaultOf('Conv2D', 'use_cudnn_on_gpu')).toEqual({type: 'bool', value: true});
    expect(defaultOf('FusedBatchNormV3', 'epsilon')).toEqual({type: 'float', value: Math.fround(1e-4)});
    expect(defaultOf('ConcatV2', 'Tidx')).toEqual({type: 'type', value: 'int32'});
    expect(defaultOf('Placeholder', 'shape')).toEqual({type: 'shape', value: null});
    expect(defaultOf('VarHandleOp', 'allowed_devices')).toEqual({type: 'list', value: []});
    expect(defaultOf('InitializeTableFromTextFileV2', 'delimiter')).toEqual({
      type: 'string',
      value: bytes('\t'),
    });
    expect(defaultOf('ImageSummary', 'bad_color')).toEqual({
      type: 'tensor',
      value: {dtype: 'uint8', shape: [4], data: Uint8Array.of(255, 0, 0, 255)},
    });
  });

  it('says what attributes may be', () => {
    const attr = (op: string, name: string) => opDef(op)!.attrs.find((each) => each.name === name)!;
    expect(attr('GatherV2', 'Taxis')).toEqual({name: 'Taxis', type: 'type', allowed: ['int32', 'int64']});
    expect(attr('GatherV2', 'Tparams').allowed).toBeUndefined();
    expect(attr('MaxPool', 'padding').allowed).toEqual(['SAME', 'VALID', 'EXPLICIT']);
    expect(attr('MaxPool', 'ksize')).toEqual({name: 'ksize', type: 'list(int)', minimum: 4});
    expect(attr('DecodeJpeg', 'fancy_upscaling').minimum).toBeUndefined();
    expect(attr('AddN', 'N').minimum).toBe(1);
    expect(attr('DecodeBmp', 'channels').default).toEqual({type: 'int', value: 0});
    expect(attr('QuantizedMatMulWithBias', 'input_quant_mode')).toMatchObject({
      allowed: ['MIN_FIRST', 'SCALED'],
      default: {type: 'string'},
    });
  });

  it('says which ops are stateful', () => {
    const stateful = ['VarHandleOp', 'AssignVariableOp', 'RandomUniform', 'While', 'HashTableV2', 'PrintV2'];
    const pure = ['MatMul', 'StatelessWhile', 'Identity', 'StatelessRandomUniformV2'];
    expect(stateful.filter((name) => !opDef(name)!.stateful)).toEqual([]);
    expect(pure.filter((name) => opDef(name)!.stateful)).toEqual([]);
  });

  it('has the ops of 2.15 and those that later releases added', () => {
    expect([...opNames()].length).toBeGreaterThan(1900);
    expect(opDef('DecodeWebP')).toBeDefined();
    expect(opDef('NoSuchOp')).toBeUndefined();
  });

  it('parses every definition into dtypes and attributes that exist', () => {
    for (const name of opNames()) {
      const def = opDef(name)!;
      const attrs = new Set(def.attrs.map((attr) => attr.name));
      for (const arg of [...def.inputs, ...def.outputs]) {
        for (const dtype of dtypesOf(arg)) expect(DTYPES, `${name}.${arg.name}`).toHaveProperty(dtype);
        if (arg.kind === 'repeated') expect(attrs, name).toContain(arg.numberAttr);
        if (arg.kind === 'list') expect(attrs, name).toContain(arg.typeListAttr);
        else if ('typeAttr' in arg.type) expect(attrs, name).toContain(arg.type.typeAttr);
      }
    }
  });

  it('reads the definitions that a model carries', () => {
    const bytes = Uint8Array.from([
      // name: "Foo"; input_arg {name: "x" type_attr: "T" number_attr: "N"}; output_arg {name: "y" type: DT_INT64}
      ...[0x0a, 3, 0x46, 0x6f, 0x6f, 0x12, 9, 0x0a, 1, 0x78, 0x22, 1, 0x54, 0x2a, 1, 0x4e],
      ...[0x1a, 5, 0x0a, 1, 0x79, 0x18, 9],
      // attr {name: "T" type: "type"}; is_stateful: true
      ...[0x22, 9, 0x0a, 1, 0x54, 0x12, 4, 0x74, 0x79, 0x70, 0x65, 0x88, 1, 1],
    ]);
    const def = opDefFromProto(OpDefProto.decode(bytes), () => ({type: 'int', value: 0}));
    expect(def).toEqual({
      name: 'Foo',
      inputs: [{name: 'x', isRef: false, kind: 'repeated', type: {typeAttr: 'T'}, numberAttr: 'N'}],
      outputs: [{name: 'y', isRef: false, kind: 'single', type: {dtype: 'int64'}}],
      attrs: [{name: 'T', type: 'type'}],
      stateful: true,
    });
  });
});
