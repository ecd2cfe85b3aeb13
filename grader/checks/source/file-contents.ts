import { messageOf } from '../../platform/errors.ts';
import { compare, type Judgement } from '../flow-expectation.ts';
import type { Matcher } from '../matcher.ts';
import { inWords } from '../matcher-words.ts';
import type { Recorder } from '../recorder.ts';
import type { SourceTree } from './source-tree.ts';

interface Contents {
  any: readonly string[];
  json?: Matcher;
  text?: Matcher;
}

/** Notes whether one of the files is there and holds what it should; of several, the best one counts. */
export async function checkContents(
  record: Recorder,
  source: SourceTree,
  { any, json, text }: Contents,
): Promise<void> {
  const names = any.length === 1 ? (any[0] ?? '') : `one of ${any.join(', ')}`;
  const found = source.matchingAnywhere(any);
  record.assert(`${names} is there`, found.length > 0, {
    expected: 'a file',
    received: found.length > 0 ? found.slice(0, 5).join(', ') : 'there is no such file',
  });
  for (const [facet, matcher, judge] of [
    ['JSON', json, judgeJson],
    ['text', text, compare],
  ] as const) {
    if (matcher === undefined) continue;
    const title = `${names} holds the right ${facet}`;
    let best: (Judgement & { path: string }) | undefined;
    for (const path of found) {
      const judgement = judge(matcher, await source.read(path), path);
      if (best === undefined || judgement.ok || lines(judgement) < lines(best)) best = { ...judgement, path };
      if (judgement.ok) break;
    }
    record.assert(title, best?.ok ?? false, {
      expected: best?.expected ?? inWords(matcher),
      received: best?.received ?? 'there is no such file',
    });
    if (best && !best.ok) record.position({ file: best.path, line: 1, message: `should hold: ${best.expected}` });
  }
}

function judgeJson(matcher: Matcher, text: string, path: string): Judgement {
  try {
    return compare(matcher, JSON.parse(text), path);
  } catch (error) {
    return { ok: false, expected: 'JSON', received: `${path}: ${messageOf(error)}` };
  }
}

function lines({ expected }: Judgement): number {
  return expected.split('\n').length;
}
