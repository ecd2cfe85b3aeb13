import type { Report } from '../report/schema.ts';
import { documentReporter } from './file.ts';

/** One HTML file that needs nothing else: no network, no server, no other file. */
export const reporter = documentReporter(renderHtml);

/** A report as one HTML document. The template and plotting libraries are loaded only here. */
export async function renderHtml(report: Report): Promise<string> {
  const [{ render }, { page }, { drawPlots }] = await Promise.all([
    import('preact-render-to-string'),
    import('./html/page.ts'),
    import('./html/plot.ts'),
  ]);
  return `<!doctype html>\n${render(page(report, await drawPlots(report)))}\n`;
}
