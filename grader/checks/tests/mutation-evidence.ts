import type { Recorder } from '../recorder.ts';
import { inWords } from './mutants.ts';
import type { Outcome } from './mutation-run.ts';

/** Takes down which mistakes the suite noticed, in all and by kind, and where those are that it did not. */
export function recordMutation(record: Recorder, outcomes: readonly Outcome[]): void {
  const noticed = outcomes.filter((outcome) => outcome.noticed !== undefined);
  record.measure('mutantsNoticed', Math.round((1000 * noticed.length) / outcomes.length) / 10, '%');
  record.measure('mutantsTried', outcomes.length, '');
  const survivors = outcomes
    .filter((outcome) => outcome.noticed === undefined)
    .toSorted((a, b) => a.mutant.file.path.localeCompare(b.mutant.file.path) || a.mutant.line - b.mutant.line);
  for (const { mutant } of survivors)
    record.position({ file: mutant.file.path, line: mutant.line, message: inWords(mutant) });

  const endless = noticed.filter((outcome) => outcome.noticed === 'endless').length;
  record.note(
    `The app was broken in ${outcomes.length} small ways, one at a time: the tests noticed ${noticed.length}${endless > 0 ? `, ${endless} of them by not coming to an end` : ''}.`,
  );
  const kinds = [...new Set(outcomes.map(({ mutant }) => mutant.operator))];
  const count = (kind: string, among: readonly Outcome[]) =>
    among.filter(({ mutant }) => mutant.operator === kind).length;
  if (kinds.length < 2) return;
  record.plot({
    title: 'Mistakes noticed, by kind',
    x: { label: 'what was broken', values: kinds },
    y: { label: 'mistakes' },
    series: [
      { name: 'noticed', values: kinds.map((kind) => count(kind, noticed)) },
      { name: 'made', values: kinds.map((kind) => count(kind, outcomes)) },
    ],
  });
}
