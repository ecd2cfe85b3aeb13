import type { Place } from '../../platform/errors.ts';
import type { ServiceKind } from '../../target/target.ts';
import type { PackageJson } from '../package-json.ts';
import type { Sources } from '../sources.ts';

/** What keeps an app from starting, by its kind. */
export type CauseKind =
  | 'missing-script'
  | 'missing-command'
  | 'missing-variable'
  | 'missing-module'
  | 'module-system'
  | 'syntax'
  | 'native-module'
  | 'node-version'
  | 'port-in-use'
  | 'port-denied'
  | 'file-denied'
  | 'disk-full'
  | 'service-refused'
  | 'service-credentials'
  | 'unknown-host'
  | 'missing-table'
  | 'missing-build'
  | 'error';

/** A likely cause: the end of a sentence that begins with what failed ("The app ended: it can’t find …"). */
export interface Cause {
  kind: CauseKind;
  cause: string;
  /** What to do about it, in the imperative. */
  mend: string;
  /** Where in the submission it shows, the most telling place first. */
  places: Place[];
}

/** What is known about a submission without running it, to tell causes more exactly. All of it may be empty. */
export interface Facts {
  sources: Pick<Sources, 'has' | 'paths' | 'text' | 'code'>;
  /** The app's folder within the sources; '' for the root. */
  appFolder: string;
  manifest: PackageJson | undefined;
  /** Variables that the source reads and nobody has set, without a default of their own. */
  missing: readonly MissingVariable[];
  /** Addresses of databases that stand in the source. */
  addresses: readonly WrittenAddress[];
  /** Ports that stand in the source, to be listened on. */
  ports: readonly { port: number; file: string; line: number }[];
}

export interface MissingVariable {
  name: string;
  file: string;
  line: number;
  /** What the app takes it for, as far as it is known: `secret`, `service`. */
  meaning: { kind: string; service?: ServiceKind; part?: string };
}

export interface WrittenAddress {
  service: ServiceKind;
  host: string;
  port: number;
  file: string;
  line: number;
}

/** A cause that can be read from one line of what an app printed. */
export interface Pattern {
  /** Without nested repetition: lines are long and hostile. */
  pattern: RegExp;
  /** undefined when the match turns out to be something else. `lines[at]` is the line that matched. */
  explain(match: RegExpExecArray, context: { lines: readonly string[]; at: number; facts: Facts }): Cause | undefined;
}

/** Nothing known: for commands that are not the app. */
export const NO_FACTS: Facts = {
  sources: { has: () => false, paths: [], text: () => undefined, code: () => [] },
  appFolder: '',
  manifest: undefined,
  missing: [],
  addresses: [],
  ports: [],
};
