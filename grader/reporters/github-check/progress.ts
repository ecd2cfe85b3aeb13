import { printableLine } from '../../platform/printable.ts';
import type { RunEvents } from '../../report/events.ts';
import { cut, markdown, paragraph, prose, strong, table, text } from '../markdown/nodes.ts';
import { MARKS } from '../markdown/sections.ts';
import { outcomeOf } from '../outcome.ts';

const MOST_ROWS = 60;

/** How far a run has come, for a check run that is in progress. It shows no score: there is none before the end. */
export class Progress {
  readonly #rubric: string;
  #title = '';
  #criteria: { id: string; title: string }[] = [];
  readonly #marks = new Map<string, string>();
  readonly #phases = new Map<string, string>();
  #done = 0;

  constructor(rubric: string) {
    this.#rubric = printableLine(rubric);
  }

  /** The hooks that feed it. @param changed called after each event that is worth showing */
  events(changed: () => void): RunEvents {
    return {
      begin: ({ title, criteria }) => {
        this.#title = title;
        this.#criteria = criteria;
        changed();
      },
      phase: ({ id, title, state }) => {
        if (state === 'started') this.#phases.set(id, title);
        else this.#phases.delete(id);
        changed();
      },
      criterionStart: ({ id }) => {
        this.#marks.set(id, '▶️');
        changed();
      },
      criterionEnd: (result) => {
        this.#marks.set(result.id, MARKS[outcomeOf(result)]);
        this.#done += 1;
        changed();
      },
    };
  }

  /** Title and Markdown summary of the moment. */
  output(): { title: string; summary: string } {
    const total = this.#criteria.length;
    const rows = this.#criteria
      .slice(0, MOST_ROWS)
      .map(({ id, title }) => [[text(this.#marks.get(id) ?? '·')], prose(cut(title, 120))]);
    return {
      title: `${this.#rubric} — grading${total === 0 ? '' : `, ${this.#done} of ${total} criteria looked at`}`,
      summary: markdown(
        [
          paragraph(
            strong('Being graded:'),
            ...prose(` ${this.#title || this.#rubric}`),
            text('. The score comes at the end.'),
          ),
          ...(this.#phases.size === 0 ? [] : [paragraph(...prose(`Now: ${[...this.#phases.values()].join('; ')}`))]),
          ...(rows.length === 0 ? [] : [table(['center', 'left'], [[[], [text('Criterion')]], ...rows])]),
        ],
        { alignTables: false },
      ),
    };
  }
}
