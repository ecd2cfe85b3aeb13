import type { ServiceKind } from '../../target/target.ts';
import type { Sources } from '../sources.ts';
import type { Meaning } from '../variables/variable.ts';

export const SERVICE_TITLES: Readonly<Record<ServiceKind, string>> = {
  mongo: 'MongoDB',
  postgres: 'Postgres',
  redis: 'Redis',
};

/** A variable's meaning in a few words. */
export function describeMeaning(meaning: Meaning): string {
  switch (meaning.kind) {
    case 'listen':
      return meaning.part === 'port' ? 'where it listens' : 'the address that it listens on';
    case 'service': {
      const parts: Readonly<Record<string, string>> = { url: 'URL', 'server-url': 'URL, without a database' };
      return `${SERVICE_TITLES[meaning.service]}’s ${parts[meaning.part] ?? meaning.part}`;
    }
    case 'secret':
      return 'a secret, drawn anew for each run';
    case 'stripe-key':
      return 'a key of Stripe, made up';
    case 'pem':
      return `a ${meaning.half} key, made for each run`;
    case 'mode':
      return 'the mode, left as it is';
    case 'setting':
      return `a setting, ${JSON.stringify(meaning.value)}`;
    case 'unknown':
      return 'not known';
  }
}

/** The place of a text in a file, for a fact; nothing when it is not there. */
export function lineOf(sources: Sources, file: string, text: string): { at?: string } {
  const index = sources.text(file)?.indexOf(text) ?? -1;
  return index === -1 ? {} : { at: `${file}:${(sources.text(file) ?? '').slice(0, index).split('\n').length}` };
}

/** A command as grade.yaml has it: one line. */
export function commandLine(command: readonly string[]): string {
  const [program, flag, line] = command;
  return program === 'sh' && flag === '-c' && line !== undefined && command.length === 3 ? line : command.join(' ');
}
