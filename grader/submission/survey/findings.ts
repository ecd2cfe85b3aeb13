import type { Assumption } from '../../report/schema.ts';
import type { FoundRoute } from '../../target/found-route.ts';
import type { ServiceKind } from '../../target/target.ts';
import type { ProgramSpec } from '../start/programs.ts';
import type { StartPlan } from '../submission.ts';
import type { Habit } from '../variables/habits.ts';
import type { Variable } from '../variables/variable.ts';
import type { FoundOperation } from './operations.ts';

/** The parts of a rubric that say what a submission should have. */
export interface SurveyedRubric {
  rubric: string;
  title: string;
  app: boolean;
  services: readonly ServiceKind[];
  env: Readonly<Record<string, string>>;
  contract: Readonly<Record<string, { request: string }>>;
  programs: Readonly<Record<string, ProgramSpec>>;
}

/** A fact about a submission; `at` is the place that shows it, such as `src/server.js:12`. */
export interface Fact {
  what: string;
  value: string;
  at?: string;
}

/** What keeps a submission from being graded as it should be, or may do so. */
export interface Gap {
  what: string;
  mend: string;
  at?: string;
}

/** Everything that can be read from a submission's files about how it is started and spoken to. */
export interface Survey {
  name: string;
  /** The app's folder; '' for the root. */
  folder: string;
  /** undefined when nothing tells how it is started, or the rubric needs no app. */
  plan: StartPlan | undefined;
  detected: Fact[];
  assumed: Assumption[];
  missing: Gap[];
  variables: Variable[];
  addresses: Habit[];
  ports: { port: number; file: string; line: number }[];
  routes: FoundRoute[];
  /** The rubric's operations, and where they seem to be; empty without a rubric. */
  operations: FoundOperation[];
  /** The rubric's programs, and how they are started. */
  programs: Record<string, string[]>;
}
