import type { ReporterFactory } from './reporter.ts';

/** Every reporter by name, loaded when it is asked for. */
export const reporters = {
  terminal: async () => (await import('./terminal.ts')).reporter,
  json: async () => (await import('./json.ts')).reporter,
  html: async () => (await import('./html.ts')).reporter,
  junit: async () => (await import('./junit.ts')).reporter,
  markdown: async () => (await import('./markdown.ts')).reporter,
} satisfies Record<string, () => Promise<ReporterFactory>>;

/** Reporters that write one file; each is an option of `grade`. */
export const documents = ['junit', 'markdown'] as const satisfies (keyof typeof reporters)[];

export type ReporterName = keyof typeof reporters;
