/** The page's styles; their hash stands in the page's content security policy, so inline styles have no effect. */
export const styles = /* css */ `
:root {
  color-scheme: light dark;
  --bg: light-dark(#f6f7f9, #12151a);
  --card: light-dark(#ffffff, #1a1f26);
  --sunken: light-dark(#f3f5f8, #13171c);
  --text: light-dark(#1b2330, #e7ebf1);
  --muted: light-dark(#566072, #a4afbf);
  --line: light-dark(#dce1e8, #2d3540);
  --control: light-dark(#7c8798, #6b7788);
  --accent: light-dark(#1f55c4, #8fb7ff);
  --good: light-dark(#17703c, #6fd493);
  --warn: light-dark(#8a5800, #f2bf5e);
  --bad: light-dark(#b42318, #ff9488);
  --info: light-dark(#0b6178, #70cde4);
  --good-bg: light-dark(#e7f6ed, #16291e);
  --warn-bg: light-dark(#fdf3e0, #2d2413);
  --bad-bg: light-dark(#fdecea, #311a18);
  --info-bg: light-dark(#e5f4f8, #122730);
  --good-fill: light-dark(#2f9d5c, #57c37f);
  --warn-fill: light-dark(#e2a32b, #e5b04a);
  --bad-fill: light-dark(#e58077, #b4554c);
  --info-fill: light-dark(#2aa3bf, #4fb3cc);
  --series-1: light-dark(#1f55c4, #8fb7ff);
  --series-2: light-dark(#b4500f, #f5a96b);
  --series-3: light-dark(#17703c, #6fd493);
  --series-4: light-dark(#7b3fb5, #cda4f5);
  --mono: ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', 'Liberation Mono', monospace;
  --radius: 10px;
}
:root[data-theme=light] { color-scheme: light; }
:root[data-theme=dark] { color-scheme: dark; }
*, ::before, ::after { box-sizing: border-box; }
html { scroll-behavior: smooth; scroll-padding-top: 1rem; }
body { margin: 0; background: var(--bg); color: var(--text); font: 16px/1.55 system-ui, -apple-system, 'Segoe UI', Roboto, 'Liberation Sans', sans-serif; overflow-wrap: anywhere; }
h1, h2, h3, h4, h5, p, ul, ol, dl, figure, fieldset { margin: 0; padding: 0; border: 0; }
ul, ol { list-style: none; }
code, pre { font-family: var(--mono); font-size: .85em; }
a { color: var(--accent); }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; border-radius: 4px; }
main:focus { outline: none; }
.hidden-text { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.skip { position: absolute; left: 1rem; top: -4rem; z-index: 2; padding: .5rem 1rem; background: var(--card); border-radius: 0 0 8px 8px; }
.skip:focus { top: 0; }
.sheet { position: absolute; }
.aside, .note { color: var(--muted); font-size: .9rem; }
.label { display: inline-block; font-weight: 600; margin-right: .35rem; }

.top { max-width: 78rem; margin: 0 auto; padding: 2.25rem 1.5rem 1.5rem; display: grid; grid-template-columns: minmax(0, 1fr) minmax(18rem, 24rem); gap: 2rem; align-items: center; }
.eyebrow { color: var(--muted); font-size: .85rem; font-weight: 600; letter-spacing: .02em; }
h1 { font-size: clamp(1.6rem, 4vw, 2.3rem); line-height: 1.2; letter-spacing: -.015em; margin: .15rem 0 .5rem; text-wrap: balance; }
.submission { color: var(--muted); }
.submission strong { color: var(--text); }
.score .figure { font-variant-numeric: tabular-nums; line-height: 1; }
.score .figure strong { font-size: clamp(2.8rem, 8vw, 4rem); letter-spacing: -.03em; }
.score .of { font-size: 1.5rem; color: var(--muted); }
.score .verdict { margin: .6rem 0 .75rem; color: var(--muted); font-size: .9rem; }
.badge { display: inline-block; padding: .1rem .65rem; margin-right: .4rem; border-radius: 99px; font-weight: 650; }
.passed .badge { background: var(--good-bg); color: var(--good); }
.failed .badge { background: var(--bad-bg); color: var(--bad); }
.undecided .badge { background: var(--info-bg); color: var(--info); }
.bar { display: block; width: 100%; height: 10px; border-radius: 5px; overflow: hidden; background: var(--line); }
.bar .full { fill: var(--good-fill); } .bar .partial { fill: var(--warn-fill); } .bar .not-graded { fill: var(--info-fill); } .bar .none { fill: var(--bad-fill); }
.counts { margin-top: .4rem; color: var(--muted); font-size: .82rem; }

.columns { max-width: 78rem; margin: 0 auto; padding: 0 1.5rem 4rem; display: grid; grid-template-columns: 19rem minmax(0, 1fr); gap: 2rem; align-items: start; }
.side { position: sticky; top: 1rem; max-height: calc(100vh - 2rem); overflow: auto; }
.index { background: var(--card); border: 1px solid var(--line); border-radius: var(--radius); padding: .5rem; }
.index a { display: grid; grid-template-columns: auto 1fr auto; gap: .6rem; align-items: start; padding: .4rem .5rem; border-radius: 6px; color: inherit; text-decoration: none; font-size: .88rem; line-height: 1.35; }
.index a:hover { background: var(--sunken); }
.index a:hover .title { text-decoration: underline; }
.points { font-variant-numeric: tabular-nums; white-space: nowrap; }
.points .of, .criterion .points { color: var(--muted); }
.criterion .points strong { color: var(--text); }
.icon { display: inline-flex; padding-top: 1px; }
.cut { stroke: var(--card); }
.icon.full { color: var(--good); } .icon.partial { color: var(--warn); } .icon.none { color: var(--bad); } .icon.not-graded { color: var(--info); }

.toolbar { display: flex; flex-wrap: wrap; gap: .75rem 1rem; align-items: center; justify-content: space-between; }
.filter { display: inline-flex; background: var(--card); border: 1px solid var(--control); border-radius: 8px; }
.filter label { position: relative; }
.filter input { position: absolute; inset: 0; margin: 0; opacity: 0; cursor: pointer; }
.filter span { display: block; padding: .35rem .8rem; border-radius: 7px; font-size: .9rem; }
.filter .count { display: inline; padding: 0; }
.filter input:checked + span { background: var(--text); color: var(--card); }
.filter input:focus-visible + span { outline: 3px solid var(--accent); outline-offset: 2px; }
.filter input:disabled + span { color: var(--muted); }
.filter input:checked + span .count { color: inherit; }
.count { color: var(--muted); font-weight: 400; font-variant-numeric: tabular-nums; }
.tools { display: none; flex-wrap: wrap; gap: .5rem .75rem; align-items: center; font-size: .85rem; }
.scripted .tools { display: flex; }
button, input[type=url] { font: inherit; font-size: .85rem; color: var(--text); background: var(--card); border: 1px solid var(--control); border-radius: 8px; padding: .35rem .75rem; }
button { cursor: pointer; }
button:hover { background: var(--sunken); }
.origin { color: var(--muted); }
input[type=url] { font-family: var(--mono); max-width: 100%; }
:root:has(#filter-lost:checked) .group:not([data-group=lost]), :root:has(#filter-not-graded:checked) .group:not([data-group=not-graded]) { display: none; }
:root:has(#filter-lost:checked) .index li:is([data-outcome=full], [data-outcome=not-graded]), :root:has(#filter-not-graded:checked) .index li:not([data-outcome=not-graded]) { display: none; }

main > section, .toolbar { margin-bottom: 2rem; }
h2 { font-size: 1.2rem; margin-bottom: .75rem; }
.criterion { background: var(--card); border: 1px solid var(--line); border-left: 4px solid var(--line); border-radius: var(--radius); margin-bottom: .85rem; }
.criterion[data-outcome=full] { border-left-color: var(--good-fill); } .criterion[data-outcome=partial] { border-left-color: var(--warn-fill); }
.criterion[data-outcome=none] { border-left-color: var(--bad-fill); } .criterion[data-outcome=not-graded] { border-left-color: var(--info-fill); }
summary { cursor: pointer; }
.criterion > details > summary { display: flex; gap: .65rem; align-items: start; padding: .8rem 1.1rem; list-style: none; border-radius: var(--radius); }
.criterion > details > summary::-webkit-details-marker { display: none; }
.criterion > details > summary .icon { padding-top: .2rem; }
.criterion > details > summary:hover h3 { text-decoration: underline; text-underline-offset: 3px; }
h3 { flex: 1; font-size: 1rem; line-height: 1.5; font-weight: 600; }
.tag { flex: none; font-size: .78rem; padding: .1rem .55rem; margin-top: .1rem; border-radius: 99px; background: var(--sunken); color: var(--muted); border: 1px solid var(--line); }
.inside { padding: 0 1.1rem 1.1rem; }
.inside > * + * { margin-top: .8rem; }
h4 { font-size: .92rem; font-weight: 600; }
.inside > h4 { margin-top: 1.3rem; padding-top: 1rem; border-top: 1px solid var(--line); }
.inside > h4 + * { margin-top: .5rem; }
.hint { background: var(--warn-bg); border-radius: 8px; padding: .6rem .85rem; font-size: .93rem; }
.hint .label { color: var(--warn); }
.assertion + .assertion { margin-top: 1.2rem; }
.assertion h4, .bare { display: flex; gap: .5rem; }
.assertion.bare { margin-top: .5rem; font-size: .93rem; }
.cross { color: var(--bad); }
.sent { margin: .35rem 0 .5rem; font-size: .9rem; }
.sent .label, .method { color: var(--muted); }
.method { font-family: var(--mono); font-size: .82rem; font-weight: 600; }
.sides { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 17rem), 1fr)); gap: .75rem; }
.sides > div { min-width: 0; }
h5 { font-size: .78rem; font-weight: 600; color: var(--muted); margin-bottom: .25rem; }
pre { margin: 0; padding: .65rem .8rem; background: var(--sunken); border: 1px solid var(--line); border-radius: 8px; white-space: pre-wrap; max-height: 26rem; overflow: auto; font-size: .82rem; line-height: 1.5; tab-size: 2; }
pre code { font-size: inherit; }
.expected pre { border-left: 3px solid var(--good); }
.received pre { border-left: 3px solid var(--bad); }
.marked pre { padding-left: 1.5rem; }
del, ins { position: relative; display: block; margin: 0 -.8rem 0 -1.5rem; padding: 0 .8rem 0 1.5rem; text-decoration: none; }
del { background: var(--good-bg); } ins { background: var(--bad-bg); }
del::before, ins::before { position: absolute; left: .55rem; color: var(--muted); }
del::before { content: '−' / ''; } ins::before { content: '+' / ''; }
.body { display: inline; }
.positions li + li, .assumed li + li { margin-top: .3rem; }
.positions, .assumed { font-size: .93rem; }
.held { font-size: .9rem; } .held ul { margin: .4rem 0 0 1rem; color: var(--muted); } .held summary { color: var(--muted); }
.exchange { border: 1px solid var(--line); border-radius: 8px; padding: .45rem .8rem; }
.inside > .exchange + .exchange { margin-top: .4rem; }
.exchange summary { font-size: .88rem; }
.exchange .path { font-family: var(--mono); font-size: .82rem; }
.exchange > * + * { margin-top: .6rem; }
.status { font-family: var(--mono); font-size: .82rem; font-weight: 600; white-space: nowrap; }
.status, .exchange .aside { margin-left: .3rem; }
.status.good { color: var(--good); } .status.warn { color: var(--warn); } .status.bad { color: var(--bad); }
.headers { margin-bottom: .5rem; font-family: var(--mono); font-size: .76rem; color: var(--muted); }
.headers dt, .headers dd { display: inline; margin: 0; } .headers dt::after { content: ': '; }
.curl-head { display: flex; align-items: center; justify-content: space-between; margin-bottom: .3rem; }
.curl .copy { display: none; } .scripted .curl .copy { display: block; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-size: .87rem; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: .3rem .9rem .3rem 0; border-bottom: 1px solid var(--line); vertical-align: top; overflow-wrap: normal; }
thead th { color: var(--muted); font-weight: 600; } tbody th { font-weight: 400; }
.unit { font-weight: 400; }
.plots { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 20rem), 1fr)); gap: 1.25rem; }
.plot { min-width: 0; }
.plot figcaption { font-weight: 600; font-size: .92rem; margin-bottom: .3rem; }
.plot details { font-size: .85rem; margin-top: .3rem; } .plot summary { color: var(--muted); }
:not(pre) > code { background: var(--sunken); border-radius: 4px; padding: .05em .3em; } .hint code { background: none; padding: 0; }
.drawing { display: block; width: 100%; height: auto; font-size: 12px; overflow: visible; }
.drawing text { white-space: pre; }
.legend { display: flex; flex-wrap: wrap; gap: .2rem 1.1rem; font-size: .85rem; }
.legend li { display: flex; gap: .4rem; align-items: center; }
.series-1 { color: var(--series-1); } .series-2 { color: var(--series-2); } .series-3 { color: var(--series-3); } .series-4 { color: var(--series-4); }
.boot-failure { background: var(--bad-bg); border: 1px solid var(--bad); border-radius: var(--radius); padding: 1.1rem 1.25rem; }
.boot-failure > * + * { margin-top: .7rem; } .boot-failure h2 { color: var(--bad); margin: 0; } .boot-failure .hint { background: var(--card); }
.boot-failure .reason { font-size: 1.05rem; }
.facts { display: grid; gap: .3rem; font-size: .92rem; margin-bottom: .75rem; }
.facts div { display: grid; grid-template-columns: 10rem minmax(0, 1fr); gap: .75rem; }
.facts dt { color: var(--muted); } .facts dd { margin: 0; }

@media (max-width: 60rem) {
  .top, .columns { grid-template-columns: minmax(0, 1fr); }
  .top { gap: 1.25rem; padding: 1.5rem 1rem 1.25rem; } .columns { padding: 0 1rem 3rem; }
  .side { position: static; max-height: none; }
}
@media (max-width: 32rem) {
  .drawing { font-size: 16px; }
  .criterion > details > summary { flex-wrap: wrap; } h3 { flex-basis: 60%; } .tag { order: 4; margin-left: 1.75rem; }
  .facts div { grid-template-columns: minmax(0, 1fr); gap: 0; }
  .filter span { padding: .35rem .6rem; }
}
@media (prefers-reduced-motion: no-preference) { .index a, button { transition: background-color .12s; } }
@media (prefers-reduced-motion: reduce) { html { scroll-behavior: auto; } }
@media (forced-colors: active) { .bar rect { forced-color-adjust: none; } .filter input:checked + span { outline: 2px solid; } }
@media print {
  :root, :root[data-theme] { color-scheme: light; }
  body { background: #fff; font-size: 11pt; }
  .toolbar, .skip, .side, .copy, .curl { display: none !important; }
  .columns { display: block; } pre { max-height: none; } .criterion { break-inside: avoid-page; }
}
`;
