import { SERVICE_KINDS } from '../../target/target.ts';
import { missingVariables } from '../variables/missing.ts';
import { SERVICE_TITLES } from './describe.ts';
import type { Gap, Survey, SurveyedRubric } from './findings.ts';

/** What is missing, or may be. @param own variables that grade.yaml sets */
export function gaps(
  { variables, addresses, operations, plan, routes }: Survey,
  rubric: SurveyedRubric | undefined,
  own: Readonly<Record<string, string>>,
): Gap[] {
  const promised = { ...rubric?.env, ...own, ...plan?.env };
  const unset = missingVariables(variables, (name) => Object.hasOwn(promised, name)).filter(
    ({ meaning }) => meaning.kind === 'unknown',
  );
  const used = SERVICE_KINDS.filter((kind) =>
    [...variables.map(({ meaning }) => meaning), ...addresses].some((one) => 'service' in one && one.service === kind),
  );
  const strange = rubric === undefined ? [] : used.filter((kind) => !rubric.services.includes(kind));
  const places = new Map([
    ...variables.flatMap(({ meaning, file, line }) =>
      meaning.kind === 'service' ? [[meaning.service, `${file}:${line}`] as const] : [],
    ),
    ...addresses.map(({ service, file, line }) => [service, `${file}:${line}`] as const),
  ]);
  return [
    ...unset.map(({ name, file, line }) => ({
      what: `Nothing tells what ${name} should be`,
      mend: `Give it a default, or a value in .env.example or grade.yaml (env:), if the app needs it.`,
      at: `${file}:${line}`,
    })),
    ...strange.map((kind) => ({
      what: `It uses ${SERVICE_TITLES[kind]}, which is not there for ${rubric?.rubric ?? 'this rubric'}`,
      mend: 'Make sure that it works without.',
      ...(places.has(kind) ? { at: places.get(kind) ?? '' } : {}),
    })),
    // Routes that are made in ways which can't be read are no gap.
    ...operations.flatMap(({ name, request, route }) =>
      route === undefined && routes.length > 0
        ? [
            {
              what: `No route of the source looks like ${name} (${request})`,
              mend: 'Name it in grade.yaml (routes:), if it is there.',
            },
          ]
        : [],
    ),
  ];
}
