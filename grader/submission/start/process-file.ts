import { child, children, nameOf, walk } from '../../platform/syntax.ts';
import type { AppView } from './app-view.ts';

/** The script of the first app that a pm2 file (`ecosystem.config.js`, `processes.json`) names. */
export function pm2Script(app: AppView, file: string): string | undefined {
  if (file.endsWith('.json')) {
    try {
      const value = JSON.parse(app.text(file) ?? 'null') as { apps?: { script?: unknown }[]; script?: unknown } | null;
      const script = value?.apps?.[0]?.script ?? value?.script;
      return typeof script === 'string' ? script : undefined;
    } catch {
      return undefined;
    }
  }
  const path = app.inRepository(file);
  const tree = path === undefined ? undefined : app.sources.syntax(path);
  let script: string | undefined;
  if (tree)
    walk(tree, ({ node }) => {
      if (script !== undefined || node.type !== 'ObjectExpression') return;
      for (const property of children(node, 'properties')) {
        const value = child(property, 'value');
        if (nameOf(child(property, 'key')) === 'script' && value?.type === 'StringLiteral')
          script ??= String(value['value']);
      }
    });
  return script;
}
