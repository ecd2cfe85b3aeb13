import type { AppView } from './app-view.ts';
import { afterOptions } from './command-options.ts';
import { parseLine, type Word, wordOf } from './shell-line.ts';

/** What nodemon runs: `--exec`'s command, else Node or ts-node on its file. */
export function withoutNodemon(rest: readonly Word[], app: AppView): Word[] | undefined {
  const flag = rest.findIndex(({ value }) => /^(-x|--exec)(=|$)/.test(value));
  const settings = nodemonSettings(app);
  const written = rest[flag]?.value.includes('=') ? rest[flag].value.replace(/^[^=]*=/, '') : rest[flag + 1]?.value;
  const command = flag === -1 ? settings : written;
  const used = flag === -1 ? -1 : rest[flag]?.value.includes('=') ? flag : flag + 1;
  const others = rest.filter((_word, index) => index > used || index < flag);
  const file = afterOptions(others) ?? [];
  if (command !== undefined) {
    const inner = parseLine(command);
    if (inner?.length !== 1)
      return [wordOf('sh'), wordOf('-c'), wordOf([command, ...file.map(({ raw }) => raw)].join(' '))];
    return [...(inner[0]?.env ?? []), ...(inner[0]?.words ?? []), ...file];
  }
  const [first, ...more] = file;
  if (first === undefined) {
    const main = app.manifest?.main ?? ['index.js', 'server.js', 'app.js'].find((name) => app.has(name));
    return main === undefined ? undefined : [wordOf('node'), wordOf(main)];
  }
  return [wordOf(/\.[cm]?ts$/.test(first.value) ? 'ts-node' : 'node'), first, ...more];
}

/** `exec` of nodemon.json or package.json. */
function nodemonSettings(app: AppView): string | undefined {
  for (const [file, key] of [
    ['nodemon.json', undefined],
    ['package.json', 'nodemonConfig'],
  ] as const) {
    try {
      const whole = JSON.parse(app.text(file) ?? '{}') as Record<string, unknown>;
      const settings = (key === undefined ? whole : whole[key]) as { exec?: unknown } | undefined;
      if (typeof settings?.exec === 'string') return settings.exec;
    } catch {
      // Broken settings are nodemon's trouble, which is not run.
    }
  }
  return undefined;
}
