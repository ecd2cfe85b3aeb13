import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import axe from 'axe-core';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { type TempDir, tempDir } from '../platform/temp-dir.ts';
import type { Report } from '../report/schema.ts';
import { launchChromium, noChromium } from './html/chromium.ts';
import { renderHtml } from './html.ts';
import { bootFailureReport, hostileReport, perfectReport, sampleReport } from './sample-report.ts';

const HOSTILE = [
  '<img src=x onerror="window.owned=1">',
  '</script><script>window.owned=1</script>',
  '</style></title></textarea></pre></svg><svg onload=window.owned=1><script href="data:,window.owned=1"/>',
  '" onmouseover="window.owned=1" autofocus onfocus="window.owned=1" x="',
  "' onclick='window.owned=1",
  'javascript:window.owned=1//',
  '--><iframe src="javascript:parent.owned=1"></iframe><link rel=stylesheet href="http://127.0.0.1:9/x.css"><base href="http://127.0.0.1:9/">',
  '&lt;script&gt;window.owned=1&lt;/script&gt; &#60;b&#62;',
  '\u202Eevil\u0000\u001b[31m`<b>x</b>`\n${window.owned=1}{{window.owned=1}}',
];

test('stays small', async () => {
  assert.ok((await renderHtml(perfectReport())).length < 100_000);
  assert.ok((await renderHtml(sampleReport())).length < 150_000, 'with plots');
});

test('stays within bounds whatever was recorded', async () => {
  const report = sampleReport();
  const [first] = report.criteria;
  const [exchange] = first?.evidence.observation.exchanges ?? [];
  assert.ok(first && exchange?.response);
  exchange.response.body = 'x'.repeat(8192);
  first.evidence.observation.exchanges = Array.from({ length: 60 }, () => exchange);
  const page = await renderHtml(report);
  assert.ok(page.length < 400_000, `${page.length} characters`);
  assert.match(page, /35 more in the JSON report/);
});

test('shows control and bidi characters instead of sending them to the browser', async () => {
  const page = await renderHtml(hostileReport('a\u0000b\u001b[31mc\u202Ed\u0085'));
  // oxlint-disable-next-line no-control-regex -- it is what must not be there
  assert.doesNotMatch(page, /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e]/);
  assert.match(page, /a␀bc⟨U\+202E⟩d⟨U\+0085⟩/);
});

describe('the HTML report in Chromium', { skip: noChromium(process.env) }, () => {
  let browser: Browser;
  let dir: TempDir;
  before(async () => {
    [browser, dir] = await Promise.all([launchChromium(process.env), tempDir('html-report')]);
  });
  after(async () => {
    await browser?.close();
    await dir?.[Symbol.asyncDispose]();
  });

  /** Opens a report from a file and takes down everything that it asks for or complains about. */
  async function open(
    report: Report,
    options: BrowserContextOptions = {},
  ): Promise<{ page: Page; complaints: string[] } & AsyncDisposable> {
    const file = join(dir.path, 'report.html');
    await writeFile(file, await renderHtml(report));
    const context = await browser.newContext({
      viewport: { width: 1280, height: 900 },
      reducedMotion: 'reduce',
      ...options,
    });
    const page = await context.newPage();
    const url = pathToFileURL(file).href;
    const complaints: string[] = [];
    page.on('request', (request) => void (request.url() === url || complaints.push(`asked for ${request.url()}`)));
    page.on('console', (message) => void complaints.push(`console: ${message.text()}`));
    page.on('pageerror', (error) => void complaints.push(`error: ${error.message}`));
    page.on('dialog', (dialog) => void dialog.dismiss().then(() => complaints.push('dialog')));
    await page.goto(url);
    return { page, complaints, [Symbol.asyncDispose]: () => context.close() };
  }

  for (const [name, report] of [
    ['the sample', sampleReport()],
    ['a boot failure', bootFailureReport()],
    ['full marks', perfectReport()],
  ] as const) {
    test(`loads nothing and complains of nothing: ${name}`, async () => {
      await using opened = await open(report);
      await opened.page.getByRole('button', { name: 'Unfold all' }).click();
      assert.deepEqual(opened.complaints, []);
    });

    for (const colorScheme of ['light', 'dark'] as const) {
      test(`has no accessibility fault that axe knows of: ${name}, ${colorScheme}`, async () => {
        await using opened = await open(report, { colorScheme });
        await opened.page.evaluate('for (const details of document.querySelectorAll("details")) details.open = true');
        await opened.page.evaluate(axe.source);
        const result = (await opened.page.evaluate('axe.run()')) as {
          violations: { id: string; nodes: { html: string; failureSummary: string }[] }[];
        };
        assert.deepEqual(
          result.violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html} ${nodes[0]?.failureSummary}`),
          [],
        );
      });
    }

    test(`needs no sideways scrolling at 360 pixels: ${name}`, async () => {
      await using opened = await open(report, { viewport: { width: 360, height: 740 } });
      await opened.page.evaluate('for (const details of document.querySelectorAll("details")) details.open = true');
      assert.equal(await opened.page.evaluate('document.documentElement.scrollWidth'), 360);
    });
  }

  for (const text of [...HOSTILE, HOSTILE.join(' '), 'unbroken'.repeat(400)]) {
    test(`runs and loads nothing of a submission’s texts: ${JSON.stringify(text.slice(0, 40))}`, async () => {
      // Without the content security policy, so that escaping alone has to hold.
      await using opened = await open(hostileReport(text), { bypassCSP: true, viewport: { width: 360, height: 740 } });
      const { page } = opened;
      await page.evaluate('for (const details of document.querySelectorAll("details")) details.open = true');
      await page.locator('button.copy').first().click();
      await page.mouse.move(180, 400);
      assert.deepEqual(opened.complaints, []);
      assert.equal(await page.evaluate('window.owned'), undefined);
      assert.equal(
        await page.evaluate(
          'document.querySelectorAll("img,iframe,link,base,object,embed,form,textarea,title ~ title").length',
        ),
        0,
      );
      assert.equal(await page.evaluate('document.querySelectorAll("script").length'), 1);
      assert.equal(
        await page.evaluate(
          '[...document.querySelectorAll("*")].flatMap((e) => [...e.attributes]).filter((a) => /^on/i.test(a.name) || /^\\s*javascript:/i.test(a.value) && a.name === "href").length',
        ),
        0,
      );
      assert.equal(await page.evaluate('document.documentElement.scrollWidth'), 360);
      const plain = /^[ -~]*$/.test(text) && !text.includes('`') ? text : undefined;
      if (plain)
        assert.ok(((await page.locator('main').textContent()) ?? '').includes(plain), 'the text is shown as it is');
    });
  }

  test('would run no script but its own if escaping failed', async () => {
    await using opened = await open(sampleReport());
    const { page } = opened;
    await page.evaluate(
      `document.body.insertAdjacentHTML('beforeend', '<img src="http://127.0.0.1:9/x.png" onerror="window.owned=1"><button id="x" onclick="window.owned=1">x</button>'); document.getElementById('x').click(); document.body.append(Object.assign(document.createElement('script'), { textContent: 'window.owned=1' }))`,
    );
    assert.equal(await page.evaluate('window.owned'), undefined);
    // The image, its handler or not, the button's handler, the script.
    const refused = opened.complaints.filter((complaint) => complaint.includes('Content Security Policy'));
    for (const what of ['image', 'inline event handler', 'inline script'])
      assert.ok(
        refused.some((complaint) => complaint.includes(what)),
        what,
      );
  });

  test('can be worked with the keyboard alone', async () => {
    await using opened = await open(sampleReport());
    const { page } = opened;
    const focused = (): Promise<string> =>
      page.evaluate('document.activeElement.innerText || document.activeElement.id');
    await page.keyboard.press('Tab');
    assert.equal(await focused(), 'Skip to the criteria');
    await page.keyboard.press('Enter');
    assert.equal(await page.evaluate('document.activeElement.id'), 'criteria');
    await page.keyboard.press('Tab');
    assert.equal(await page.evaluate('document.activeElement.id'), 'filter-all');
    await page.keyboard.press('ArrowRight');
    assert.equal(await page.evaluate('document.activeElement.id'), 'filter-lost');
    assert.equal(await page.locator('.criterion:visible').count(), 8);
    await page.keyboard.press('ArrowRight');
    assert.equal(await page.locator('.criterion:visible').count(), 1);
    await page.keyboard.press('ArrowRight');
    assert.equal(await page.locator('.criterion:visible').count(), 12);
    await page.locator('#criterion-3 > details > summary').focus();
    await page.keyboard.press('Space');
    assert.equal(await page.locator('#criterion-3 > details').getAttribute('open'), null);
  });

  test('a link to a criterion unfolds it', async () => {
    await using opened = await open(sampleReport());
    await opened.page
      .getByRole('navigation', { name: 'Criteria' })
      .getByRole('link', { name: /Fifty buyers/ })
      .click();
    assert.notEqual(await opened.page.locator('#criterion-6 > details').getAttribute('open'), null);
    assert.equal(await opened.page.evaluate('document.activeElement.closest("article").id'), 'criterion-6');
  });

  test('follows the system’s theme until one is chosen', async () => {
    await using opened = await open(sampleReport(), { colorScheme: 'dark' });
    const { page } = opened;
    const background = (): Promise<string> => page.evaluate('getComputedStyle(document.body).backgroundColor');
    const dark = await background();
    await page.emulateMedia({ colorScheme: 'light' });
    const light = await background();
    assert.notEqual(light, dark);
    const button = page.getByRole('button', { name: /^Theme/ });
    const kept = (): Promise<string | null> => page.evaluate("localStorage.getItem('grade-theme')");
    assert.equal(await kept(), null, 'nothing is kept that nobody chose');
    await button.click();
    await button.click();
    assert.equal(await kept(), 'dark');
    assert.equal(await button.textContent(), 'Theme: dark');
    assert.equal(await background(), dark);
    await page.reload();
    assert.equal(await background(), dark);
    await page.emulateMedia({ media: 'print' });
    assert.equal(await background(), 'rgb(255, 255, 255)');
  });

  test('copies a request as a curl command for the app that one names', async () => {
    await using opened = await open(sampleReport(), { permissions: ['clipboard-read', 'clipboard-write'] });
    const { page } = opened;
    const put = page.locator('#criterion-3 .exchange').nth(2);
    await put.locator('summary').click();
    await put.getByRole('button', { name: 'Copy as curl' }).click();
    await put.getByRole('button', { name: 'Copied' }).waitFor();
    const command = (origin: string): string =>
      [
        `curl --include --globoff --path-as-is --url ${origin}/api/v1/products/17 \\`,
        '  --request PUT \\',
        "  --header 'accept: application/json' \\",
        "  --header 'content-type: application/json' \\",
        `  --data-raw '{"name":"Desk lamp","price":31.5,"stock":12}'`,
      ].join('\n');
    assert.equal(await page.evaluate('navigator.clipboard.readText()'), command('http://localhost:3000'));
    assert.equal(await page.getByRole('status').textContent(), 'Copied');
    await page.getByLabel('Send curl to').fill('https://shop.example:8443/ignored');
    assert.equal(await put.locator('.curl pre').textContent(), command('https://shop.example:8443'));
    await page.getByLabel('Send curl to').fill("javascript:alert('x')");
    assert.equal(await put.locator('.curl pre').textContent(), command('http://127.0.0.1:41837'));
  });

  test('plots are drawings with a text and a table', async () => {
    await using opened = await open(sampleReport());
    const { page } = opened;
    const drawing = page.getByRole('img', {
      name: /Latency by percentile.*your app: 18\.4 to 121; reference: 9\.8 to 58\.2/,
    });
    assert.equal(await drawing.count(), 1);
    await page.getByText('The numbers of “Latency by percentile”').click();
    assert.deepEqual(
      await page
        .getByRole('group', { name: 'Table: Latency by percentile' })
        .getByRole('row')
        .nth(4)
        .getByRole('cell')
        .allTextContents(),
      ['55.8', '24.4'],
    );
  });

  test('can be read without scripts', async () => {
    await using opened = await open(sampleReport(), { javaScriptEnabled: false });
    const { page } = opened;
    assert.equal(await page.getByRole('button').count(), 0);
    await page.locator('#filter-lost').check();
    assert.equal(await page.locator('.criterion:visible').count(), 8);
  });
});
