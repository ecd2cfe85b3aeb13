import type { CheckContext } from '../check.ts';
import { openSource } from '../source/source-tree.ts';
import type { OwnFile } from './own-source.ts';
import type { SuiteResult } from './suite-result.ts';
import { child, nameOf, parseSource, walk } from '../../platform/syntax.ts';

const CODE = ['**/*.{js,mjs,cjs,jsx,ts,mts,cts,tsx}'];
/** Words that stand in a call that compares something, in every usual assertion library. */
const ASSERTING = /^(?:assert\w*|expect\w*|should|rejects|throws|deepEqual|strictEqual|equal|is|ok|fail)$/;

/**
 * Notes whether anything in the suite compares a result with what it should be. It is a low bar: Jest has counted
 * an `expect` that held, or a file beside the source calls something that asserts. Whether the comparisons are worth
 * anything is not for this to tell.
 */
export async function looksAtResults(
  context: CheckContext,
  { assertions, run }: SuiteResult,
  own: readonly OwnFile[],
): Promise<void> {
  const counted = assertions !== undefined && assertions > 0;
  const holds = counted || (await asserts(context, own));
  context.record.assert('the tests compare results with what they should be', holds, {
    expected: 'calls of expect, assert or their like',
    received: holds
      ? 'there are some'
      : 'no test asserts anything: a suite that only runs code passes whatever the code gives',
    command: run,
  });
}

async function asserts({ target, signal }: CheckContext, own: readonly OwnFile[]): Promise<boolean> {
  const tree = await openSource(target.files);
  const program = new Set(own.map(({ path }) => path));
  for (const path of tree.matching(CODE)) {
    signal.throwIfAborted();
    if (!program.has(path) && callsAssertion(path, await tree.read(path))) return true;
  }
  return false;
}

function callsAssertion(path: string, text: string): boolean {
  const parsed = parseSource(path, text);
  if (!('program' in parsed)) return false;
  let found = false;
  walk(parsed.program, ({ node }) => {
    if (found) return false;
    if (node.type === 'CallExpression') {
      // Every name of `expect(x).toBe`, `assert.equal`, `request(app).get('/').expect`.
      for (
        let callee = child(node, 'callee');
        callee !== undefined;
        callee = child(callee, 'object') ?? child(callee, 'callee')
      ) {
        const name = nameOf(callee);
        if (name !== undefined && ASSERTING.test(name)) found = true;
      }
    }
    return undefined;
  });
  return found;
}
