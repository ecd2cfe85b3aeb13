import { z } from 'zod';
import type { Check } from '../checks/check.ts';
import type { CheckRegistry } from './load.ts';
import { rubricSchema } from './schema.ts';

/**
 * The JSON Schema (draft 2020-12) of a rubric.yaml, for editors: the rubric's own keys, and for each check
 * the parameters that it takes.
 */
export function rubricJsonSchema(checks: CheckRegistry): Record<string, unknown> {
  const toSchema = (schema: z.ZodType) => z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
  const schema = toSchema(rubricSchema) as unknown as { properties: { criteria: { items: Record<string, unknown> } } };
  schema.properties.criteria.items['allOf'] = [...(checks.values() as unknown as Iterable<Check<unknown>>)].map(
    ({ id, summary, params }) => {
      const { $schema: _, ...parameters } = toSchema(params);
      return {
        if: { properties: { check: { const: id } } },
        then: { properties: { with: { description: summary, ...parameters } } },
      };
    },
  );
  return { title: 'Rubric of grade', ...schema };
}
