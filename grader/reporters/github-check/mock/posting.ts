import type { Annotation } from '../check-runs.ts';
import { fixedToken } from '../client.ts';
import type { PosterOptions } from '../poster.ts';
import type { Posting } from '../posting.ts';
import type { MockGitHub } from './github.ts';

/** Options of a poster that posts to the mock, where a second of waiting takes a millisecond. */
export function posterTo(mock: MockGitHub, more: Partial<PosterOptions> = {}): PosterOptions {
  return {
    repository: { owner: 'school', repo: 'shop-api' },
    headSha: '3f9c2ab81d04e7c63f9c2ab81d04e7c63f9c2ab8',
    name: 'Grade / day-13',
    externalId: 'delivery-1',
    tokens: fixedToken('token-1'),
    apiUrl: mock.url,
    againButton: true,
    pace: { secondMs: 1, spaceWrites: false },
    progress: { firstMs: 1, longestMs: 1 },
    log: () => {},
    ...more,
  };
}

/** An end with so many annotations. */
export function postingWith(annotations: number): Posting {
  return {
    conclusion: 'failure',
    title: 'day-13 — 48 of 100',
    summary: 'Forty-eight.',
    text: 'Details.',
    annotations: Array.from({ length: annotations }, (_, index): Annotation => {
      const line = index + 1;
      return {
        path: 'src/app.js',
        start_line: line,
        end_line: line,
        annotation_level: 'failure',
        title: 'A secret is in the code (0 / 5)',
        message: `A key in line ${line}.`,
      };
    }),
  };
}
