/**
 * The page's own script; its hash stands in the page's content security policy. Everything can be
 * read without it: it adds the theme, unfolding of all, copying, and opening what a link points to.
 */
export const script = /* js */ `
(() => {
  const root = document.documentElement;
  root.classList.add('scripted');

  const themes = ['auto', 'light', 'dark'];
  const themeButton = document.getElementById('theme');
  const setTheme = (theme) => {
    if (theme === 'auto') delete root.dataset.theme;
    else root.dataset.theme = theme;
    themeButton.textContent = 'Theme: ' + theme;
    themeButton.dataset.theme = theme;
  };
  let saved = 'auto';
  try { saved = localStorage.getItem('grade-theme'); } catch {}
  setTheme(themes.includes(saved) ? saved : 'auto');
  themeButton.addEventListener('click', () => {
    setTheme(themes[(themes.indexOf(themeButton.dataset.theme) + 1) % themes.length]);
    // Only what somebody chose is kept: a page that could not read the choice must not write over it.
    try { localStorage.setItem('grade-theme', themeButton.dataset.theme); } catch {}
  });

  const cards = () => [...document.querySelectorAll('.criterion > details')];
  const fold = document.getElementById('fold');
  const someFolded = () => cards().some((card) => !card.open);
  const nameFold = () => { fold.textContent = someFolded() ? 'Unfold all' : 'Fold all'; };
  fold.addEventListener('click', () => {
    const open = someFolded();
    for (const card of cards()) card.open = open;
    nameFold();
  });
  document.addEventListener('toggle', nameFold, true);
  nameFold();

  const status = document.getElementById('status');
  const origin = document.getElementById('origin');
  const commands = [...document.querySelectorAll('pre[data-origin] code')].map((code) => ({ code, asSent: code.textContent, sentTo: code.parentElement.dataset.origin }));
  const aim = () => {
    let wanted;
    try { wanted = new URL(origin.value).origin; } catch {}
    for (const { code, asSent, sentTo } of commands) {
      code.textContent = /^https?:/.test(wanted) ? asSent.replace(sentTo, () => wanted) : asSent;
    }
  };
  if (origin) {
    origin.addEventListener('input', aim);
    aim();
  }
  const copy = async (text) => {
    try { await navigator.clipboard.writeText(text); return true; } catch {}
    const area = document.createElement('textarea');
    area.value = text;
    document.body.append(area);
    area.select();
    const done = document.execCommand('copy');
    area.remove();
    return done;
  };
  document.addEventListener('click', async (event) => {
    const button = event.target.closest('button.copy');
    if (!button) return;
    const done = await copy(button.closest('.curl').querySelector('pre').textContent);
    button.focus();
    status.textContent = button.textContent = done ? 'Copied' : 'Select the text and copy it';
    setTimeout(() => { button.textContent = 'Copy as curl'; status.textContent = ''; }, 2000);
  });

  const openTarget = () => {
    const target = document.getElementById(location.hash.slice(1));
    if (!target?.matches('.criterion')) return;
    const card = target.querySelector('details');
    card.open = true;
    card.querySelector('summary').focus();
  };
  addEventListener('hashchange', openTarget);
  openTarget();

  let folded = [];
  addEventListener('beforeprint', () => {
    folded = cards().filter((card) => !card.open);
    for (const card of folded) card.open = true;
  });
  addEventListener('afterprint', () => { for (const card of folded) card.open = false; });
})();
`;
