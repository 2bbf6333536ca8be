// Theme, row height, narrow sidebar: kept in this browser only.
import { $$, kept } from './page.js';

const root = document.documentElement;
const dark = matchMedia('(prefers-color-scheme: dark)');

function theme(name) {
  kept('theme', name);
  root.dataset.theme = name === 'auto' ? (dark.matches ? 'dark' : 'light') : name;
  show();
}

function show() {
  const chosen = kept('theme') || 'auto';
  $$('[data-theme-set]').forEach((b) => b.setAttribute('aria-pressed', b.dataset.themeSet === chosen));
  $$('[data-density-set]').forEach((b) => b.setAttribute('aria-pressed', b.dataset.densitySet === root.dataset.density));
}

document.addEventListener('click', ({ target }) => {
  const on = (selector) => target.closest?.(selector);
  let button;
  if (on('[data-theme-toggle]')) theme(root.dataset.theme === 'dark' ? 'light' : 'dark');
  if ((button = on('[data-theme-set]'))) theme(button.dataset.themeSet);
  if ((button = on('[data-density-set]'))) { root.dataset.density = kept('density', button.dataset.densitySet); show(); }
  if (on('[data-rail]')) root.dataset.side = kept('side', root.dataset.side === 'rail' ? '' : 'rail');
});
document.addEventListener('htmx:load', show);
show();
