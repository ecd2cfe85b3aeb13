import type { ServiceKind } from '../../target/target.ts';
import type { Sources } from '../sources.ts';
import { analyse } from './analysis.ts';
import { habitOf } from './fixed-address.ts';

/**
 * An address at which an app looks for a service whatever its variables say. A part that is missing is not
 * fixed: the app takes it from a variable, or does without. Where the host is a variable but other parts are
 * fixed, the address is this machine's, and the variable is given that (`Variable.local`).
 */
export interface Habit {
  service: ServiceKind;
  host: string;
  port: number;
  user?: string;
  password?: string;
  database?: string;
  file: string;
  line: number;
}

/** Addresses of services that are written into the source of the app in `folder`, or are a library's default. */
export function findHabits(sources: Sources, folder: string): Habit[] {
  const habits = analyse(sources, folder).connections.flatMap(habitOf);
  return [
    ...new Map(habits.map(({ file, line, ...what }) => [JSON.stringify(what), { ...what, file, line }])).values(),
  ];
}
