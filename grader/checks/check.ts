import type { z } from 'zod';
import type { ServiceKind, Target } from '../target/target.ts';
import type { Accounts } from '../target/accounts.ts';
import type { Values } from '../target/values.ts';
import type { Recorder } from './recorder.ts';

/** What a check reads; the engine makes sure that it is there, or fails the criterion with the true reason. */
export type CheckInput = 'app' | 'workspace' | 'files' | 'reference' | ServiceKind;

/** Everything that one run of a check may use. */
export interface CheckContext {
  readonly target: Target;
  /** The reference app of the same rubric, booted in the same job; present when the check asks for it. */
  readonly reference: Target | undefined;
  /** Users of this criterion's own: registered and logged in the first time that they are named. */
  readonly accounts: Accounts;
  /** Random values that follow from the run's seed and this criterion's id. */
  readonly values: Values;
  /** Takes down what is seen: assertions, exchanges, measurements, positions. */
  readonly record: Recorder;
  /** Aborted at the criterion's timeout and on Ctrl-C; pass it to everything that waits. */
  readonly signal: AbortSignal;
  /** The folder of the rubric, for spec files that lie beside it. */
  readonly rubricDir: string;
}

/**
 * Code that observes a target. It never knows about points; it records what it saw.
 * What the submission does wrong is recorded as a failed assertion; what keeps the check from going
 * on because of the submission is thrown as a LearnerError; anything else thrown is the grader's own trouble.
 */
export interface Check<Params = unknown> {
  /** The file's name. */
  readonly id: string;
  /** One line for `grade list --checks` and the JSON Schema. */
  readonly summary: string;
  readonly params: z.ZodType<Params>;
  /** What it reads; a function where that follows from the parameters. */
  readonly inputs: readonly CheckInput[] | ((params: Params) => readonly CheckInput[]);
  /** True: runs while nothing else looks at the app. */
  readonly alone?: boolean;
  /** True: measures time, so that nothing else may be graded on this machine meanwhile. Such a check is also `alone`. */
  readonly quiet?: boolean;
  /** True: leaves the app in a state that others would suffer from (a rate limit used up); runs last, and the app is restarted after it. */
  readonly disruptive?: boolean;
  /** The default limit, in milliseconds; a criterion may set its own. Default 30,000. */
  readonly timeoutMs?: number;
  /** Names of operations that `params` refers to, so that the rubric loader can tell when one is not in the contract. */
  operations?(params: Params): string[];
  /** Services that it takes away from the app for a while (`target.outage`); they are among its `inputs`, too. */
  interrupts?(params: Params): readonly ServiceKind[];
  /** Names of the rubric's programs that `params` refers to. */
  programs?(params: Params): string[];
  run(context: CheckContext, params: Params): Promise<void>;
}

/** Infers the parameters' type from their schema; returns the check as it is. */
export function defineCheck<Params>(check: Check<Params>): Check<Params> {
  return check;
}
