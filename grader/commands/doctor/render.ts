import type { Colors } from 'picocolors/types.js';
import type { Finding } from './examine.ts';

/** Findings as lines for a terminal. */
export function renderFindings(findings: readonly Finding[], colors: Colors): string {
  const width = Math.max(...findings.map(({ what }) => what.length));
  const lines = findings.map(({ what, state, detail, mend }) => {
    const mark = state === 'there' ? colors.green('✓') : state === 'optional' ? colors.yellow('–') : colors.red('✗');
    const line = `${mark} ${what.padEnd(width)}  ${detail}`;
    return mend === undefined ? line : `${line}\n  ${' '.repeat(width)}  ${colors.dim(mend)}`;
  });
  const missing = findings.filter(({ state }) => state === 'missing').length;
  return `${lines.join('\n')}\n\n${missing === 0 ? 'Ready to grade.' : 'Not ready: mend what is marked ✗ first.'}\n`;
}
