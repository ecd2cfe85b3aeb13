import type { CriterionResult, Report } from './schema.ts';

/**
 * What a run tells while it goes on. A reporter implements the hooks it cares about; the fan-out in
 * `reporters/fan-out.ts` calls them all. Hooks must not throw and must not block.
 */
export interface RunEvents {
  /** The run begins: what is graded against what. */
  begin?(run: {
    rubric: string;
    title: string;
    submission: string;
    criteria: { id: string; title: string; points: number }[];
  }): void;
  /** A phase such as "Installing dependencies" begins or ends. Phases may overlap. */
  phase?(phase: { id: string; title: string; state: 'started' | 'done' | 'failed'; detail?: string }): void;
  /** A criterion's check starts. */
  criterionStart?(criterion: { id: string; title: string }): void;
  /** A criterion has its verdict. */
  criterionEnd?(result: CriterionResult): void;
  /** How far a download or the like has come, 0 to 1; called many times. */
  progress?(progress: { what: string; fraction: number }): void;
  /** One line worth saying, such as how a service was provided. */
  notice?(line: string): void;
  /** The whole report; the last event. */
  report?(report: Report): void;
}
