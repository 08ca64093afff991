/**
 * Facts about the ops of this family.
 *
 * @module
 */

import {type FactTable, factsFor} from '../facts_table.js';

export const facts: FactTable = factsFor({handsOn: true}, [
  'ApplyGradientDescent',
  'ResourceApplyGradientDescent',
  'ApplyMomentum',
  'ResourceApplyMomentum',
  'ResourceApplyKerasMomentum',
  'ApplyAdam',
  'ResourceApplyAdam',
  'ResourceApplyAdamWithAmsgrad',
  'ApplyAdaMax',
  'ResourceApplyAdaMax',
  'ApplyAdagrad',
  'ResourceApplyAdagrad',
  'ApplyAdagradV2',
  'ResourceApplyAdagradV2',
  'ApplyAdadelta',
  'ResourceApplyAdadelta',
  'ApplyRMSProp',
  'ResourceApplyRMSProp',
  'ApplyCenteredRMSProp',
  'ResourceApplyCenteredRMSProp',
  'ApplyFtrl',
  'ResourceApplyFtrl',
  'ApplyFtrlV2',
  'ResourceApplyFtrlV2',
  'ApplyAddSign',
  'ResourceApplyAddSign',
  'ApplyPowerSign',
  'ResourceApplyPowerSign',
]);
