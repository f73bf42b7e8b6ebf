import { Type } from 'typebox';
import { parameters, route } from '#platform/http';
import { disputeFilters } from './dispute-parameters.ts';
import { listFraudWarnings, retrieveFraudWarning } from './find-fraud-warning.ts';

const warningSchema = Type.Object({
  id: Type.String(),
  object: Type.Literal('radar.early_fraud_warning'),
  actionable: Type.Boolean({
    description: 'Whether something is left to give back and its holder has not contested it.',
  }),
  charge: Type.String(),
  created: Type.Integer({ description: 'Unix seconds.' }),
  fraud_type: Type.String(),
  livemode: Type.Boolean(),
  payment_intent: Type.Optional(Type.String()),
});

const common = {
  group: 'Early fraud warnings',
  object: 'radar.early_fraud_warning',
  keys: 'secret',
  answer: warningSchema,
} as const;

export const fraudWarningRoutes = [
  route({
    ...common,
    method: 'GET',
    path: '/v1/radar/early_fraud_warnings',
    operation: 'early_fraud_warnings.list',
    summary: 'List early fraud warnings',
    description: 'What banks told of payments that were likely fraud. Newest first.',
    list: true,
    parameters: disputeFilters,
    handle: listFraudWarnings,
  }),
  route({
    ...common,
    method: 'GET',
    path: '/v1/radar/early_fraud_warnings/:early_fraud_warning',
    operation: 'early_fraud_warnings.retrieve',
    summary: 'Retrieve an early fraud warning',
    parameters: parameters({}),
    handle: (context, { scope, path }) =>
      retrieveFraudWarning(context, scope, path['early_fraud_warning'] ?? ''),
  }),
];
