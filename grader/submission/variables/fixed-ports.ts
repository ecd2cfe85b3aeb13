import type { Sources } from '../sources.ts';
import { analyse } from './analysis.ts';
import { takenTexts } from './value.ts';

/**
 * The ports that the source itself fixes: `app.listen(3000)`, also through constants and settings of
 * its own. Not the default beside a variable, which is given: `process.env.PORT || 3000`.
 */
export function findFixedPorts(sources: Sources, folder: string): { port: number; file: string; line: number }[] {
  return analyse(sources, folder).listenings.flatMap(({ port, at }) =>
    takenTexts(port, () => true).flatMap((atoms) => {
      const [only] = atoms;
      const value = atoms.length === 1 && only?.kind === 'text' ? Number(only.text) : Number.NaN;
      return Number.isInteger(value) && value > 0 && value < 65_536 ? [{ port: value, ...at }] : [];
    }),
  );
}
